package decide

import "time"

// Outcome is how an execution ended.
type Outcome struct {
	ExecutionID string
	Succeeded   bool   // the runbook's own verification passed
	Change      string // what the runbook says it did
	Reason      string // why it failed, for people
}

// OnStarted records the execution of the record's last attempt. Save is not set when
// the attempt has ended already.
func OnStarted(rec Record, executionID string) Decision {
	d := Decision{Record: rec.clone()}
	if a := d.Record.last(); a != nil && a.State == Claimed {
		a.State, a.ExecutionID = Running, executionID
		d.Save = true
	}
	return d
}

// OnStartRefused ends the record's last attempt, which could not be started and will
// not be by trying again.
func OnStartRefused(rec Record, reason string, now time.Time) Decision {
	return end(rec, Outcome{Reason: reason}, now)
}

// OnOutcome ends the attempt that the outcome is of. An outcome that is late, repeated
// or of another execution changes nothing.
func OnOutcome(rec Record, o Outcome, now time.Time) Decision {
	a := rec.last()
	if a == nil || !a.inFlight() || a.State == Running && a.ExecutionID != o.ExecutionID {
		return Decision{Record: rec, Log: []string{"no attempt waits for this outcome"}}
	}
	return end(rec, o, now)
}

func end(rec Record, o Outcome, now time.Time) Decision {
	d := Decision{Record: rec.clone(), Save: true}
	a := d.Record.last()
	a.EndedAt, a.Change, a.Reason = now, o.Change, o.Reason
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
