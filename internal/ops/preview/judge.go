package preview

import (
	"cmp"
	"fmt"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
)

// judge decides about findings one by one.
type judge struct {
	Options
	enabled map[string]bool // ids of controls
	known   map[string]policy.Control
}

func newJudge(o Options) judge {
	j := judge{Options: o, enabled: map[string]bool{}, known: map[string]policy.Control{}}
	for _, g := range o.Enabled {
		for _, id := range g.Controls {
			j.enabled[id] = true
		}
	}
	return j
}

// control returns what conditions need of a control.
func (j judge) control(c catalog.Control) policy.Control {
	known, ok := j.known[c.ID]
	if !ok {
		known = dispatch.PolicyControl(c, j.Catalog.Groups(c.ID))
		j.known[c.ID] = known
	}
	return known
}

// row says what would happen to a finding at its next check, which is assumed to come now and to fail again.
func (j judge) row(f Finding) Row {
	r := Row{Account: f.Account, AccountName: f.AccountName, Region: f.Region, Resource: f.ResourceID, Finding: f.ID,
		V2ID: f.V2.UID, Control: cmp.Or(f.ControlID, f.Rule), Severity: f.Severity, Since: f.Since, OU: j.ou(f.Account),
		raw: f.Raw}
	tags := j.tags(f)
	r.ManagedBy = policy.ManagedBy(tags)
	control, known := j.Catalog.Control(f.Finding)
	if !known {
		return r.because(Uncovered, "No control of Hubmend remediates this finding.")
	}
	r.Control, r.Risk = control.ID, control.Risk
	r.Irreversible = control.Guide == "" && !control.Reversible
	switch {
	case control.Guide != "":
		return r.because(Manual, control.Guide)
	case !j.enabled[control.ID]:
		return r.because(Uncovered, "Its control group is not ENABLED.")
	case f.Workflow != finding.New:
		return r.because(Notified, "Its workflow status is "+f.Workflow+". Set it to NEW to have it remediated.")
	}
	f.ObservedAt = j.Now
	t, request, err := dispatch.Automatic(j.Catalog, f.Finding, j.Now)
	if err != nil {
		return r.because(Refused, err.Error())
	}
	r.Target, r.Region = t.Key(), t.Region
	record := j.Records[r.Target]
	record.Target = t
	subject := dispatch.Subject(j.control(control), f.Finding, t, j.Now)
	v := j.Policy.Decide(subject, policy.Facts{OUs: j.Facts.OUs[f.Account], Tags: tags}, j.Now)
	return j.weigh(r, v, j.obstacle(record, request))
}

// weigh combines what the policy says with what else stands against a repair, in the order in which dispatch asks.
func (j judge) weigh(r Row, v policy.Verdict, stopped Row) Row {
	if v.Needs != "" {
		return r.because(Unknown, fmt.Sprintf("It depends on %s, which are not known.", v.Needs))
	}
	r.Rule, r.Owner, r.Ticket = v.Rule.Name, v.Rule.Owner, v.Rule.Ticket
	switch v.Decision {
	case policy.Exempt:
		r.Until = v.Rule.Until
		return r.because(Exempt, v.Rule.Reason)
	case policy.Ask:
		r.Until = v.Rule.Until
		return r.because(Asked, v.Rule.Reason)
	case policy.Delay:
		r.Until = v.NotBefore
		return r.because(Delayed, v.Rule.Reason)
	}
	if stopped.Outcome != "" {
		r.Until = stopped.Until
		return r.because(stopped.Outcome, stopped.Reason)
	}
	return r.because(Repaired, "")
}

func (r Row) because(o Outcome, reason string) Row {
	r.Outcome, r.Reason = o, reason
	return r
}

// obstacle returns what stands against a repair besides the policy. Its outcome is empty when nothing does.
func (j judge) obstacle(record decide.Record, request decide.Request) Row {
	control := request.Control
	gate := decide.Gate{Paused: j.Paused, Slot: j.Now,
		Breakers: map[string]decide.Breaker{control: j.Breakers[control]}}
	d := decide.OnFindings(record, []decide.Request{request}, nil, gate, j.Now, j.Settings)
	last := d.Record.Last()
	switch {
	case d.Start || d.NeedsProbe:
	case d.Record.Held() && (last == nil || last.State != decide.Queued):
		return Row{Outcome: Held, Reason: "The latest repair was undone by " + d.Record.HeldBy + "."}
	case d.Record.Suspended() && (last == nil || last.State != decide.Queued):
		return Row{Outcome: Suspended, Reason: fmt.Sprintf("%d attempts within %g h did not keep it compliant.",
			j.Settings.MaxAttempts, j.Settings.Window.Hours())}
	case last != nil && last.State == decide.Queued:
		return Row{Outcome: Waiting, Reason: waits(*last), Until: last.NotBefore}
	case last != nil && last.State == decide.Succeeded:
		return Row{Outcome: Notified, Reason: "It was just repaired, and Security Hub has not checked it since."}
	}
	return Row{}
}

// waits says what a queued attempt waits for.
func waits(a decide.Attempt) string {
	switch a.Cause {
	case decide.Paused:
		return "Hubmend is paused."
	case decide.Broken:
		return "Automatic remediation of " + a.Control + " is paused, because it failed for several resources."
	case decide.Unready:
		return "The account is not set up for this remediation yet."
	}
	return "A repair of it is queued already."
}

func (j judge) tags(f Finding) map[string]string {
	if tags, known := j.Facts.Tags[f.ResourceID]; known {
		return tags
	}
	return f.Tags
}

// ou returns the organizational unit that an account is in, or "".
func (j judge) ou(account string) string {
	if all := j.Facts.OUs[account]; len(all) > 0 {
		return all[0]
	}
	return ""
}
