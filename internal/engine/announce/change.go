package announce

import (
	"slices"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
)

// change is what has happened to a target, with the attempt and the findings that it is about.
type change struct {
	state    State
	attempt  *decide.Attempt
	findings []decide.Ref
	at       time.Time
	reason   string
	request  *Request
	rule     *Rule
	until    time.Time
	proposal *Proposal
	group    string // distinguishes changes of one state
}

// changes compares a record as it was with a decision about it that was saved.
func changes(was decide.Record, d decide.Decision, now time.Time) []change {
	var all []change
	all = append(all, withdrawn(was, d.Record, now)...)
	all = append(all, proposalChanges(was, d, now)...)
	for i := range d.Record.Attempts {
		all = append(all, attemptChanges(was, d.Record, i, now)...)
	}
	if d.Record.Held() && !d.Record.HeldAt.Equal(was.HeldAt) {
		last := d.Record.Last() // the undo
		all = append(all, change{state: Held, attempt: last, findings: last.Findings, at: d.Record.HeldAt})
	}
	for _, n := range d.Notifications {
		if n.Kind == decide.Exhausted { // people are notified of the same control and findings
			all = append(all, change{state: Suspended, attempt: &n.Attempt, findings: n.Findings,
				at: d.Record.SuspendedAt})
		}
	}
	if r := d.Record.Refused; r.Request != was.Refused.Request {
		all = append(all, refusal(d))
	}
	all = append(all, stopped(was, d.Record, now)...)
	return append(all, checked(d, now)...)
}

// refusal is the change of a record that keeps why a person's undo or answer was refused.
func refusal(d decide.Decision) change {
	r := d.Record.Refused
	c := change{state: UndoRefused, attempt: refused(d.Record), at: r.At, reason: r.Reason,
		request: &Request{AskedBy: text(r.By), Sender: finding.Doubtful(r.Sender, r.By), Undoes: text(r.ExecutionID)}}
	if d.Event == decide.EventAnswer {
		c.state, c.attempt = AnswerRefused, &decide.Attempt{Control: d.Record.Proposal.Control}
	}
	return c
}

// refused returns the repair that was not undone. Of one that the record does not know it gives the control of
// the latest attempt, which is likely the same.
func refused(r decide.Record) *decide.Attempt {
	i := slices.IndexFunc(r.Attempts,
		func(a decide.Attempt) bool { return a.Undo == "" && a.ExecutionID == r.Refused.ExecutionID })
	switch last := r.Last(); {
	case i >= 0:
		return &r.Attempts[i]
	case last != nil:
		return &decide.Attempt{Control: last.Control}
	default:
		return &decide.Attempt{}
	}
}

// numbered returns the attempt with a number; a zero one when there is none.
func numbered(r decide.Record, number int) decide.Attempt {
	if i := slices.IndexFunc(r.Attempts, func(a decide.Attempt) bool { return a.Number == number }); i >= 0 {
		return r.Attempts[i]
	}
	return decide.Attempt{}
}

// withdrawn tells of an attempt that waited and was dropped.
func withdrawn(was, is decide.Record, now time.Time) []change {
	last := was.Last()
	if last == nil || last.State != decide.Queued && last.State != decide.Claimed ||
		numbered(is, last.Number).Number > 0 {
		return nil
	}
	return []change{{state: Withdrawn, attempt: last, findings: last.Findings, at: now}}
}

// attemptChanges returns what is new about one attempt. One that is claimed has not started, and
// what waits for the same as before is no news.
func attemptChanges(was, is decide.Record, i int, now time.Time) []change {
	a, before := &is.Attempts[i], numbered(was, is.Attempts[i].Number)
	one := change{attempt: a, findings: a.Findings, at: now, reason: a.Reason}
	switch {
	case a.State == decide.Claimed,
		a.State == before.State &&
			(a.State != decide.Queued || a.Cause == before.Cause && a.NotBefore.Equal(before.NotBefore)):
		return nil
	case a.State == decide.Queued && a.Cause == decide.Retry:
		return nil // the attempt before says it
	case a.State == decide.Queued:
		one.state = Queued
	case a.State == decide.Running:
		one.state = Started
	case a.State == decide.Succeeded && a.Undo != "":
		one.state = Undone
	case a.State == decide.Succeeded:
		one.state = Repaired
	case plannedAgain(is, *a):
		one.state = Retrying
	case i+1 < len(is.Attempts) && is.Attempts[i+1].Cause == decide.Retry:
		next, failed := is.Attempts[i+1], *a
		failed.NotBefore = next.NotBefore
		one.state, one.attempt, one.findings = Retrying, &failed, next.Findings
	case a.Class == failure.Gone:
		one.state = Gone
	default:
		one.state = Failed
	}
	return []change{one}
}

// checked returns what checks of Security Hub have made of a repair.
func checked(d decide.Decision, now time.Time) []change {
	var all []change
	repair := d.Record.LastSuccess()
	for _, c := range []change{
		{state: Confirmed, findings: d.Checked.Confirmed},
		{state: Reopened, findings: d.Checked.Reopened},
		{state: Unconfirmed, findings: d.Checked.Unconfirmed},
	} {
		if len(c.findings) > 0 {
			c.attempt, c.at = &repair, now
			all = append(all, c)
		}
	}
	return all
}
