package overview

import (
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
)

// State is how a target stands.
type State string

// The states. What failed, is suspended or held waits for a person; the others go on by themselves.
const (
	InFlight    State = "in flight"
	Queued      State = "queued"
	Failed      State = "failed"
	Suspended   State = "suspended"   // the loop guard lets nothing start by itself
	Held        State = "held"        // a repair was taken back, and nothing starts by itself
	Unconfirmed State = "unconfirmed" // repaired; no later check of Security Hub has said so yet
)

// states has them in the order in which they are shown.
var states = []State{Failed, Suspended, Held, InFlight, Queued, Unconfirmed}

// States lists the states in the order of an overview.
func States() []State { return append([]State(nil), states...) }

// Target is a target that waits for something or somebody.
type Target struct {
	State    State     `json:"state"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"` // when it goes on by itself, if that is known
	Why      string    `json:"why"`
	Key      string    `json:"key"`
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Resource string    `json:"resource"`
	Control  string    `json:"control"`
	Runbook  string    `json:"runbook"` // of the newest attempt
	Attempt  int       `json:"attempt"`
	Undo     bool      `json:"undo,omitempty"` // the newest attempt takes a repair back
	// Execution is the id of that of the newest attempt; empty when there is none.
	Execution string `json:"execution,omitempty"`
}

// stand says how the target of a record stands, and false when nothing is left to wait for.
func stand(rec decide.Record, o Options) (Target, bool) {
	last := rec.Last()
	if last == nil {
		return Target{}, false
	}
	t := Target{
		Key: rec.Target.Key(), Account: rec.Target.Account, Region: rec.Target.Region, Resource: rec.Target.Resource,
		Control: last.Control, Runbook: last.Runbook(rec.Target), Attempt: last.Number, Undo: last.Undo != "",
		Execution: last.ExecutionID,
	}
	switch lifted := guardLifts(rec, o.Settings); {
	case last.InFlight():
		t.State, t.Since, t.Why = InFlight, last.ClaimedAt, naming.Document(t.Runbook)+" runs"
		if last.State == decide.Claimed {
			t.Why = naming.Document(t.Runbook) + " is being started"
		}
	case last.State == decide.Queued:
		t.State, t.Since, t.Until, t.Why = Queued, last.QueuedAt, last.NotBefore, waitsFor(*last)
		if last.Cause == decide.Paused {
			t.Until = time.Time{}
		}
	case rec.Held():
		t.State, t.Since, t.Why = Held, rec.HeldAt, "its repair was taken back by "+
			rec.HeldBy+finding.SentBy(rec.HeldSender, rec.HeldBy)
	case !rec.SuspendedAt.IsZero() && lifted.After(o.Now):
		t.State, t.Since, t.Until = Suspended, rec.SuspendedAt, lifted
		t.Why = fmt.Sprintf("%d attempts within %g h did not keep it repaired", o.Settings.MaxAttempts,
			o.Settings.Window.Hours())
		if last.Reason != "" {
			t.Why += "; the last: " + last.Reason
		}
	case last.State == decide.Failed && last.Class == failure.Gone:
		return Target{}, false
	case last.State == decide.Failed && !last.EndedAt.Before(o.Since):
		t.State, t.Since, t.Why = Failed, last.EndedAt, last.Reason
	case last.State == decide.Succeeded && len(rec.Unconfirmed) > 0:
		t.State, t.Since, t.Why = Unconfirmed, last.EndedAt, last.Change
	default:
		return Target{}, false
	}
	return t, true
}

// guardLifts gives when so few repairs are left in the window that automatic repair may start
// one: when the oldest of as many as it may spend leaves it.
func guardLifts(rec decide.Record, s decide.Settings) time.Time {
	n := 0
	for i := len(rec.Attempts) - 1; i >= 0; i-- {
		if a := rec.Attempts[i]; a.Undo == "" && !a.ClaimedAt.IsZero() && a.CountsForGuard() {
			if n++; n == s.MaxAttempts {
				return a.ClaimedAt.Add(s.Window)
			}
		}
	}
	return time.Time{}
}

// waitsFor says why an attempt is queued.
func waitsFor(a decide.Attempt) string {
	switch a.Cause {
	case decide.Paced:
		return "its turn: Systems Manager starts one execution a second"
	case decide.Busy:
		return "Systems Manager took no more; it is tried again"
	case decide.Retry:
		return "the attempt before failed for a reason that should pass; it is tried again"
	case decide.Paused:
		return "the switch " + naming.Switch + " is paused"
	case decide.Unready:
		return "the account is not set up for this repair yet; it is tried again"
	case decide.Broken:
		return "automatic repair of " + a.Control + " is paused, because it failed for several resources"
	}
	return "it is about to start"
}
