package decide

import (
	"time"

	"hubmend/internal/engine/policy"
)

// Decision is a new record and what to do, in the order of the fields.
//
// The order is what makes a crash between any two steps harmless: a message that was
// not finished comes back, and everything before the crash is repeated without harm.
type Decision struct {
	// Event is what was decided about.
	Event Event

	// NeedsSlot is set when an attempt would start if it had a slot: reserve one and
	// decide again. Nothing else is set then.
	NeedsSlot bool
	// NeedsProbe is set when the last attempt of Record would start if it were the one that is let through:
	// take what Gate.Probe gives and decide again. Nothing else is set then.
	NeedsProbe bool
	// NeedsFact is set when the policy depends on a fact about the target: read it and decide again. Nothing
	// else is set then.
	NeedsFact policy.Need
	// NeedsBudget is set when an attempt would start if it is within the budgets of the policy for this
	// control: take one of each and decide again. Nothing else is set then.
	NeedsBudget string

	// Updates go out first. An update for a finding that joins precedes the record, so
	// that it cannot overwrite the answer of an attempt that ends at the same time.
	Updates []Update
	// Notifications go out before the record is saved: one that is sent twice is better
	// than one that is lost.
	Notifications []Notification
	// Ended is the attempt that this decision ends, for the breaker and the history.
	Ended *Ended
	// Record is to be saved when Save is set. If the stored version has changed, nothing
	// after this is done and the decision is made again.
	Record Record
	Save   bool
	// Announce goes out when the record is saved and before the start, so that it cannot
	// overwrite the answer of a runbook that ends quickly.
	Announce []Update
	// Start is set when the record's last attempt is to be started, at StartAt.
	Start   bool
	StartAt time.Time
	// Plan is set when the planning execution of the record's proposal is to be started, at PlanAt.
	Plan   bool
	PlanAt time.Time
	// Later lists the requests, by index, whose messages go back to the queue for a while.
	Later []Later
	// Resume is set when the attempt waits for its slot: a follow-up that woke it comes back
	// after so long.
	Resume time.Duration
	// ProposalEnd is how the proposal of the record that was loaded ended, if it was answered or has expired.
	ProposalEnd ProposalEnd
	// Checked is the result of the Security Hub checks of the target's resolved findings.
	Checked Checked
	// Metrics are counted when all of this is done.
	Metrics []Metric
	// Log says what was decided about each request, by index, in a word or two.
	Log []string
}

// Update sets the workflow status and the note of findings.
type Update struct {
	Findings []Ref
	Workflow string // empty leaves the status alone
	Note     string // at most 512 characters
	// OnlyV2 leaves the finding in Security Hub CSPM alone: only the new Security Hub lacks this.
	OnlyV2 bool
}

// Checked are findings that were resolved, sorted by the result of their checks.
type Checked struct {
	Confirmed   []Ref // a later check passed, or there is nothing to check any longer
	Reopened    []Ref // a later check failed
	Unconfirmed []Ref // there was no later check in time
}

// Ended is an attempt that is over, with all that is kept of it.
type Ended struct {
	Attempt Attempt
	Outcome Outcome // whole, where the attempt has it in brief
	// Counts is set if the attempt counts for the breaker of the control.
	Counts bool
}

// Later sends a request back to the queue.
type Later struct {
	Request int
	After   time.Duration
	Exact   bool // something happens then, so it should not wait longer than that
}

// Metric names something that is counted, and alarmed on.
type Metric string

// The metrics.
const (
	MetricRepaired  Metric = "Repaired"
	MetricCompliant Metric = "Compliant" // see Attempt.Compliant
	MetricFailed    Metric = "RepairFailed"
	MetricSuspended Metric = "Suspended"
	MetricBreaker   Metric = "BreakerOpened"
	// MetricUnproven counts repairs that a later check contradicts, or that none has confirmed in time.
	MetricUnproven Metric = "Unproven"
	// MetricSwept is counted by every sweep that did all of its work.
	MetricSwept Metric = "Swept"
	// MetricPaused is counted by every sweep while Hubmend is paused.
	MetricPaused Metric = "Paused"
	// MetricUnreported counts executions that ended without a status event: only the sweep found out.
	MetricUnreported Metric = "Unreported"
	// MetricNotAnnounced counts events that could not be put on the bus.
	MetricNotAnnounced Metric = "NotAnnounced"
	// MetricV2Refused counts calls and findings that the new Security Hub refused. Remediation goes on without it.
	MetricV2Refused Metric = "V2Refused"
	// MetricOverBudget counts repairs that wait because a budget is used up, and MetricPolicyUnreadable those that wait
	// because the policy, or a fact that it depends on, cannot be read.
	MetricOverBudget       Metric = "OverBudget"
	MetricPolicyUnreadable Metric = "PolicyUnreadable"
)
