package decide

import (
	"slices"
	"time"
)

// Outcome is how an execution ended.
type Outcome struct {
	ExecutionID string
	Succeeded   bool   // the runbook's own verification passed
	Change      string // what the runbook says it did
	Reason      string // why it failed, for people
}

// OnStarted records the execution of an attempt. Save is not set when the attempt has
// ended already, or is no longer the last.
func OnStarted(rec Record, number int, executionID string) Decision {
	d := Decision{Record: rec.Clone()}
	if a := d.Record.last(); a.waitsForStart(number) {
		a.State, a.ExecutionID = Running, executionID
		d.Save = true
	}
	return d
}

// OnStartRefused ends an attempt that could not be started and will not be by trying
// again. Nothing happens when somebody else started it meanwhile.
func OnStartRefused(rec Record, number int, reason string, now time.Time) Decision {
	if !rec.last().waitsForStart(number) {
		return Decision{Record: rec, Log: []string{"the attempt is no longer to be started"}}
	}
	return end(rec, Outcome{Reason: reason}, now)
}

func (a *Attempt) waitsForStart(number int) bool {
	return a != nil && a.Number == number && a.State == Claimed
}

// OnOutcome ends the attempt that the outcome is of. An outcome that is late, repeated
// or of another execution changes nothing.
func OnOutcome(rec Record, o Outcome, now time.Time) Decision {
	if !rec.waitsFor(o.ExecutionID) {
		return Decision{Record: rec, Log: []string{"no attempt waits for this outcome"}}
	}
	return end(rec, o, now)
}

// waitsFor says whether the last attempt may be that of an execution. A claimed one does
// not know its execution yet: it may be any that is not of an attempt before.
func (r Record) waitsFor(executionID string) bool {
	a := r.last()
	if a == nil || !a.inFlight() {
		return false
	}
	if a.State == Running {
		return a.ExecutionID == executionID
	}
	return !slices.ContainsFunc(r.Attempts, func(x Attempt) bool { return x.ExecutionID == executionID })
}

func end(rec Record, o Outcome, now time.Time) Decision {
	d := Decision{Record: rec.Clone(), Save: true}
	a := d.Record.last()
	a.EndedAt, a.Change, a.Reason = now, Clip(o.Change, storedLimit), Clip(o.Reason, storedLimit)
	a.State = Failed
	if o.Succeeded {
		a.State = Succeeded
	}
	if o.ExecutionID != "" {
		a.ExecutionID = o.ExecutionID
	}
	d.Updates = []Update{answer(d.Record.Target, *a, a.Findings)}
	if !o.Succeeded {
		d.Notifications = []Notification{failureNotification(d.Record.Target, *a)}
	}
	d.Log = []string{string(a.State)}
	return d
}
