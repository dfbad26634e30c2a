package overview

import (
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/parked"
)

// State is the state of a target.
type State string

// The states. Those up to Undecided need attention. The others continue automatically, Exempt only when its rule ends.
const (
	Failed          State = "failed"
	Suspended       State = "suspended"         // the loop guard has stopped automatic remediation
	Held            State = "held"              // a repair was undone, and automatic remediation is off
	PendingApproval State = "pending approval"  // a person has to approve or reject the remediation
	Undecided       State = "policy unreadable" // or a fact that the policy depends on
	InFlight        State = "in progress"
	Queued          State = "queued"
	OverBudget      State = "over budget" // a budget of the policy is used up
	Delayed         State = "delayed"     // by the policy
	Exempt          State = "exempt"      // by the policy
	Unconfirmed     State = "unconfirmed" // repaired, and Security Hub has not re-checked it yet
)

// states lists those of Overview.Targets in the order in which they are shown.
var states = []State{Failed, Suspended, Held, PendingApproval, Undecided, InFlight, Queued, OverBudget, Delayed}

// States lists the states of Overview.Targets in their order.
func States() []State { return append([]State(nil), states...) }

// NeedsAttention reports whether a state ends only when somebody acts.
func (s State) NeedsAttention() bool {
	return s == Failed || s == Suspended || s == Held || s == PendingApproval || s == Undecided
}

// Target is a target that needs attention, is in progress, is held back by the policy, or waits for a re-check.
type Target struct {
	State    State     `json:"state"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"` // when it continues automatically, if that is known
	Why      string    `json:"why"`
	Key      string    `json:"key"`
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Resource string    `json:"resource"`
	Control  string    `json:"control"`
	Runbook  string    `json:"runbook"` // of the latest attempt
	Attempt  int       `json:"attempt"`
	Undo     bool      `json:"undo,omitempty"` // the latest attempt is an undo
	// Execution is that of the latest attempt; empty when there is none.
	Execution string `json:"execution,omitempty"`
	// Findings is how many findings Security Hub has not re-checked yet, or how many the policy holds back.
	Findings int `json:"findings,omitempty"`
	// IDs are the ids of the findings that Findings counts, or of those of the latest attempt.
	IDs []string `json:"-"`
	// V2IDs are the ids that these findings have in the new Security Hub, by their ids.
	V2IDs map[string]string `json:"v2Ids,omitempty"`
	// Rule is the name of the policy's rule that decided. Owner and Ticket are what it says.
	Rule   string `json:"rule,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Ticket string `json:"ticket,omitempty"`
	// Proposal is the id that `hubmend approve` takes; of PendingApproval only.
	Proposal string `json:"proposal,omitempty"`
}

// targetOf gives what the attempts of a record's target show, and false when there is nothing to show.
func targetOf(rec decide.Record, o Options) (Target, bool) {
	last := rec.Last()
	if last == nil {
		return Target{}, false
	}
	t := Target{
		Key: rec.Target.Key(), Account: rec.Target.Account, Region: rec.Target.Region, Resource: rec.Target.Resource,
		Control: last.Control, Runbook: last.Runbook(rec.Target), Attempt: last.Number, Undo: last.Undo != "",
		Execution: last.ExecutionID, IDs: idsOf(last.Findings),
	}
	switch lifted := guardLifts(rec, o.Settings); {
	case last.InFlight():
		t.State, t.Since, t.Why = InFlight, last.ClaimedAt, naming.Document(t.Runbook)+" is running"
		if last.State == decide.Claimed {
			t.Why = naming.Document(t.Runbook) + " is starting"
		}
	case last.State == decide.Queued:
		t.State, t.Since, t.Until, t.Why = Queued, last.QueuedAt, last.NotBefore, waitsFor(*last)
		switch {
		case last.Cause == decide.Paused:
			t.Until = time.Time{}
		case last.Cause == decide.OverBudget:
			t.State = OverBudget
		case parked.Undecided(*last):
			t.State = Undecided
		}
	case rec.Held():
		t.State, t.Since, t.Why = Held, rec.HeldAt, "The repair was undone by "+rec.HeldBy+
			finding.SentBy(rec.HeldSender, rec.HeldBy)+"."
	case !rec.SuspendedAt.IsZero() && lifted.After(o.Now):
		t.State, t.Since, t.Until = Suspended, rec.SuspendedAt, lifted
		t.Why = fmt.Sprintf("%d attempts within %g h did not keep it compliant.", o.Settings.MaxAttempts,
			o.Settings.Window.Hours())
		if last.Reason != "" {
			t.Why += " Latest: " + last.Reason
		}
	case last.State == decide.Failed && (last.Class == failure.Gone || heldBack(rec, last.Findings)):
		return Target{}, false
	case last.State == decide.Failed && !last.EndedAt.Before(o.Since):
		t.State, t.Since, t.Why = Failed, last.EndedAt, last.Reason
	case last.State == decide.Succeeded && len(rec.Unconfirmed) > 0:
		t.State, t.Since, t.Why, t.Findings = Unconfirmed, last.EndedAt, last.Change, len(rec.Unconfirmed)
		t.IDs = idsOf(rec.Unconfirmed)
	default:
		return Target{}, false
	}
	t.V2IDs = Recorded(rec, t.IDs)
	return t, true
}

// guardLifts gives when the loop guard allows automatic remediation again: when the oldest of the
// attempts that count leaves the window.
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
	switch {
	case parked.Undecided(a):
		return parked.UndecidedWhy
	case a.Cause == decide.OverBudget:
		return "A budget of the policy is used up."
	}
	switch a.Cause {
	case decide.Paced:
		return "Waiting for its turn: Systems Manager starts one execution per second."
	case decide.Busy:
		return "Systems Manager accepts no more executions at the moment. Hubmend retries."
	case decide.Retry:
		return "The previous attempt failed for a temporary reason. Hubmend retries."
	case decide.Paused:
		return "Hubmend is paused: the parameter " + naming.Switch + " is not active."
	case decide.Unready:
		return "The account is not set up for this remediation yet. Hubmend retries."
	case decide.Broken:
		return "Automatic remediation of " + a.Control + " is paused, because it failed for several resources."
	}
	return "About to start."
}
