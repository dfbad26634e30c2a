package announce

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/aws/console"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

const (
	mostFindings = 10
	textLimit    = 600 // characters of what others wrote
)

// idSpace makes the ids of events differ from every other use of version 5 UUIDs.
var idSpace = uuid.MustParse("5b2f0c1e-4c0e-4f5b-8f43-0d6c1f8a9b27")

// id names an event of a moment. Without the moment, versions would make the same ids again after a
// record has expired or was deleted, and receivers would drop the events as copies.
func id(at time.Time, parts ...string) string {
	parts = append(parts, at.UTC().Format(time.RFC3339Nano))
	return uuid.NewSHA1(idSpace, []byte(strings.Join(parts, "\n"))).String()
}

// repairEvent writes a change of a record as it is stored now.
func (a *Announcer) repairEvent(is decide.Record, c change) Event {
	detail := Repair{
		Version: Version, State: c.state, Control: a.control(c.attempt.Control), Target: a.target(is),
		Request: c.request, Rule: c.rule, Until: when(c.until), Proposal: c.proposal,
		Reason: text(decide.Brief(c.reason, textLimit)), Change: text(c.attempt.Change), Findings: []string{},
		FindingCount: len(c.findings),
	}
	for _, r := range c.findings[:min(len(c.findings), mostFindings)] {
		detail.Findings = append(detail.Findings, text(r.ID))
	}
	if c.attempt.Number > 0 {
		detail.Attempt = a.attempt(is.Target, *c.attempt)
	}
	parts := []string{is.Target.Key(), strconv.Itoa(is.Version), strconv.Itoa(c.attempt.Number), string(c.state)}
	if c.group != "" {
		parts = append(parts, c.group)
	}
	detail.ID = id(c.at, parts...)
	return Event{Type: RepairType, At: c.at, Detail: detail}
}

// breakerEvent writes that a breaker has opened or closed.
func (a *Announcer) breakerEvent(was, is decide.Breaker, now time.Time) Event {
	detail := Breaker{Version: Version, State: Opened, Control: a.control(is.Control), Until: when(is.OpenUntil),
		Failed: []Failure{}}
	failures := is.Failures
	if is.OpenUntil.IsZero() {
		detail.State, failures = Closed, was.Failures
	}
	for _, f := range failures[max(0, len(failures)-mostFindings):] {
		detail.Failed = append(detail.Failed, Failure{Key: f.Key, Resource: text(f.Resource), At: f.At.UTC()})
	}
	detail.ID = id(now, is.Control, strconv.Itoa(was.Version+1), string(detail.State))
	return Event{Type: BreakerType, At: now, Detail: detail}
}

func (a *Announcer) control(id string) Control {
	control, known := a.Control(id)
	if !known {
		return Control{ID: text(id)}
	}
	return Control{ID: id, Title: text(control.Title), Risk: control.Risk, Reversible: control.Reversible}
}

func (a *Announcer) target(is decide.Record) Target {
	t := is.Target
	return Target{Key: t.Key(), Account: t.Account, AccountName: text(is.AccountName), Region: t.Region,
		Resource: text(t.Resource), Runbook: t.Runbook}
}

func (a *Announcer) attempt(t target.Target, of decide.Attempt) *Attempt {
	is := &Attempt{
		Number: of.Number, Kind: "repair", Trigger: string(of.Trigger), AskedBy: text(of.By),
		Sender: finding.Doubtful(of.Sender, of.By), Undoes: of.Undo,
		QueuedAt: when(of.QueuedAt), EndedAt: when(of.EndedAt), WaitsFor: string(of.Cause),
		NotBefore:    when(of.NotBefore),
		FailureClass: string(of.Class), ExecutionID: of.ExecutionID, Compliant: of.Compliant(),
		DespitePolicy: text(of.Despite),
	}
	if of.ApprovedBy != "" {
		is.AskedBy, is.ApprovedBy = text(of.AskedBy), text(of.ApprovedBy)
	}
	if of.Undo != "" {
		is.Kind = "undo"
	}
	if of.ExecutionID != "" {
		region := t.Region
		if region == target.Global {
			region = a.Home
		}
		is.ExecutionURL = console.Execution(region, of.ExecutionID)
	}
	return is
}

// when returns a moment to write, or nil for one that has not come.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// quotable takes from a text what would end the quotes of an input transformer, which escapes nothing, and what
// chat programs make links and mentions of.
var quotable = strings.NewReplacer(`"`, "'", `\`, "/", "<", "(", ">", ")")

// text makes a line of what others wrote.
func text(s string) string { return decide.Line(quotable.Replace(s), textLimit) }
