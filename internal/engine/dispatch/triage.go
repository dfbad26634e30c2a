package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// verdict is the decision about one finding before any record is read: a request, an answer, or neither. reason
// explains it in the log.
type verdict struct {
	target  target.Target
	request *decide.Request
	answer  *decide.Update
	reason  string
}

// triage decides whether a finding asks for a repair that Hubmend can make.
//
// A finding becomes NOTIFIED when it is answered and no person has certainly asked, because a note alone makes
// Security Hub send the finding again while it is NEW, and so on without end.
func triage(c Catalog, e finding.Event, f finding.Finding) verdict {
	ref := decide.Ref{ID: f.ID, Event: e.ID}
	answer := func(workflow, reason string) verdict {
		return verdict{reason: reason,
			answer: &decide.Update{Findings: []decide.Ref{ref}, Workflow: workflow, Note: decide.Note(reason)}}
	}
	control, known := c.Control(f)
	if e.Trigger.ByPerson() {
		if problem := notServed(c, e.ActionID, f, control, known); problem != "" {
			return answer("", problem)
		}
		if problem := nothingToDo(f, e.Trigger); problem != "" {
			return answer("", problem)
		}
	} else {
		if !known {
			return verdict{reason: fmt.Sprintf("no control repairs %s", subjectOf(f))}
		}
		if problem := nothingToDo(f, e.Trigger); problem != "" || f.Workflow != askedBy[e.Trigger] {
			return verdict{reason: "ignored: " + cmp.Or(problem, "the finding is "+f.Workflow)}
		}
	}
	if control.Guide != "" && e.Trigger == finding.Automatic {
		return verdict{reason: "ignored: only a person can repair " + control.ID}
	}
	if control.Guide != "" {
		workflow := ""
		if !e.Trigger.ByPerson() {
			workflow = finding.Notified
		}
		return answer(workflow, "Hubmend cannot repair this finding. "+control.Guide)
	}
	if f.Resources > 1 {
		return answer(finding.Notified,
			fmt.Sprintf("This finding names %d resources, and Hubmend repairs findings of one. Nothing was "+
				"changed. Repair each by hand.", f.Resources))
	}
	if f.ResourceType == finding.AccountType && control.Resource.Type != finding.AccountType {
		return answer(finding.Notified,
			fmt.Sprintf("This finding is about the whole account. %s repairs resources of type %s, and the finding "+
				"names none.",
				control.ID, control.Resource.Type))
	}
	t, parameters, err := control.Bind(f)
	if err != nil {
		return answer(finding.Notified, fmt.Sprintf("Hubmend refused this finding: %v.", err))
	}
	return verdict{target: t, reason: "request", request: &decide.Request{
		Ref: ref, Control: control.ID, Trigger: e.Trigger, By: e.By, Sender: e.Sender, At: e.Time, AsOf: asOf(e, f),
		Since: f.Since, EvidenceLag: control.EvidenceLag, Parameters: parameters, AccountName: f.AccountName,
		Severity: f.Severity, ConfigRule: f.ConfigRule, Despite: e.Despite,
	}}
}

// askedBy is the workflow status of a finding that asks where no person has certainly asked.
var askedBy = map[finding.Trigger]string{finding.Automatic: finding.New, finding.InProgress: finding.Notified}

// asOf is when what asks for the repair was true: the check's time, or the click's.
func asOf(e finding.Event, f finding.Finding) time.Time {
	if e.Trigger.ByPerson() {
		return e.Time
	}
	return f.ObservedAt
}

// mostNamed limits the controls that a note lists.
const mostNamed = 7

// notServed returns why a custom action cannot be used on a finding, or "".
func notServed(c Catalog, action string, f finding.Finding, control control.Control, known bool) string {
	chosen, ok := c.CustomAction(action)
	if !ok {
		return fmt.Sprintf("The custom action %s is not one of Hubmend's, so nothing was changed. If it belongs to "+
			"a newer version of a playbook, update the administrator's stack.", action)
	}
	if known && slices.Contains(chosen.Controls, control.ID) {
		return ""
	}
	repaired := "many controls, but not this one"
	if len(chosen.Controls) <= mostNamed {
		repaired = strings.Join(chosen.Controls, " and ")
	}
	return fmt.Sprintf("The custom action %q repairs %s; this finding is about %s. Nothing was changed.",
		chosen.Name, repaired, subjectOf(f))
}

// nothingToDo returns why a finding asks for nothing, or "". A WARNING says that its check could not tell, which
// a person may know better.
func nothingToDo(f finding.Finding, trigger finding.Trigger) string {
	switch {
	case f.Workflow == finding.Suppressed:
		return "This finding is SUPPRESSED, so Hubmend does not change its resource. Set it to NEW to have it repaired."
	case f.RecordState != finding.Active:
		return "This finding is archived; there is nothing to repair."
	case f.Compliance != finding.Failed && (f.Compliance != finding.Warning || !trigger.ByPerson()):
		return fmt.Sprintf("The check of this finding reports %s, not FAILED, so there is nothing to repair.",
			cmp.Or(f.Compliance, "no status"))
	}
	return ""
}

func subjectOf(f finding.Finding) string {
	if f.ControlID != "" {
		return f.ControlID
	}
	if f.Rule != "" {
		return f.Standard + " " + f.Rule
	}
	return "an unknown control"
}
