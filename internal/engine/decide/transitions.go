package decide

import "slices"

// Event is what a decision is about.
type Event string

// The events.
const (
	EventFinding       Event = "finding"        // Security Hub sends a finding that fails its check
	EventRequest       Event = "request"        // a person uses the custom action or hubmend remediate
	EventFollowUp      Event = "follow-up"      // the sweep finds that something is due
	EventUndo          Event = "undo request"   // a person uses hubmend undo
	EventStarted       Event = "started"        // Systems Manager accepts the start
	EventStartRefused  Event = "start refused"  // Systems Manager will never accept the start
	EventStartDeferred Event = "start deferred" // Systems Manager does not accept the start now, or the answer is lost
	EventNotReady      Event = "not ready"      // the account, the Region or the runbook is not set up
	EventSucceeded     Event = "succeeded"      // the execution ends, and its verification passed
	EventFailed        Event = "failed"         // the execution ends without success
	EventAnswer        Event = "answer"         // a person uses hubmend approve or hubmend reject
	EventPlanStarted   Event = "plan started"   // Systems Manager accepts the start of a planning execution
	EventPlanned       Event = "planned"        // a planning execution succeeds
	EventPlanFailed    Event = "plan failed"    // a planning execution fails or cannot be started
	EventReverted      Event = "reverted by"    // settle finds out who reverted a repair
	EventChecks        Event = "checks"         // the sweep compares the findings with Security Hub
)

// Transition is a row of the table of phases and events: what a decision does to a target. The simulation fails when
// it observes a step that is not in Transitions, and when it never observes a phase of a row.
type Transition struct {
	From []Phase // any when it is empty
	On   []Event
	Does string
	To   []Phase
	// Stays is set when the phase may also stay what it was.
	Stays bool
}

// The phases that the rows have in common.
var (
	notStarted = []Phase{PhasePaced, PhaseDeferred, PhaseRetry, PhasePaused, PhaseBroken, PhaseNotReady,
		PhaseOverBudget}
	mayRun    = []Phase{PhaseUnknown, PhaseStarting, PhaseRestarting, PhaseRunning}
	claimed   = []Phase{PhaseStarting, PhaseRestarting}
	undoWaits = []Phase{PhaseUndoWaiting, PhaseUndoUnknown}
	undoClaim = []Phase{PhaseUndoStarting, PhaseUndoRestarting}
	undoOpen  = []Phase{PhaseUndoUnknown, PhaseUndoStarting, PhaseUndoRestarting, PhaseUndoRunning}
	over      = []Phase{PhaseRepaired, PhaseConfirmed, PhaseFailed, PhaseGone, PhaseSuspended, PhaseUndoFailed}
	// begun is where a new attempt is: it starts, or waits for what stops it.
	begun = []Phase{PhaseStarting, PhasePaced, PhaseDeferred, PhasePaused, PhaseBroken, PhaseNotReady, PhaseOverBudget}
	// settled is where a target is without an attempt that is open.
	settled = slices.Concat(over, []Phase{PhaseIdle, PhaseUndone})
	failed  = []Phase{PhaseFailed, PhaseGone, PhaseRetry}
	wanted  = []Event{EventFinding, EventRequest}
)

// Transitions is the table of phases and events.
var Transitions = []Transition{
	{From: slices.Concat(over, []Phase{PhaseIdle}), On: []Event{EventFinding},
		Does: "A new attempt starts, or waits for what stops it. The policy may have the finding wait.",
		To:   slices.Concat(begun, []Phase{PhaseParked})},
	{From: []Phase{PhaseRepaired, PhaseConfirmed, PhaseFailed, PhaseGone, PhaseUndoFailed}, On: wanted,
		Does: "Automatic repair has used up its attempts. People are notified.", To: []Phase{PhaseSuspended}},
	{From: []Phase{PhaseRepaired, PhaseConfirmed}, On: wanted,
		Does: "The check may be older than the repair: the finding is RESOLVED until a later check.",
		To:   []Phase{PhaseRepaired}},
	{From: []Phase{PhaseFailed, PhaseGone, PhaseSuspended, PhaseUndoFailed}, On: wanted,
		Does: "The finding gets the answer that others have had.", Stays: true},
	{From: settled, On: []Event{EventRequest},
		Does: "A new attempt starts, or waits for what stops it. A breaker does not stop it, nor does a hold. An " +
			"exemption does, and a policy that cannot be read.",
		To: []Phase{PhaseStarting, PhasePaced, PhaseDeferred, PhasePaused, PhaseNotReady, PhaseParked}},
	{From: []Phase{PhaseParked}, On: wanted,
		Does: "Another finding is stopped by the policy, or is repaired.",
		To:   slices.Concat(begun, over), Stays: true},
	{From: []Phase{PhaseParked}, On: []Event{EventFollowUp},
		Does: "A finding whose time has come, or that another policy lets start, is NEW again, and asks again. One " +
			"that needs no repair any longer is forgotten. A proposal expires.",
		To: settled, Stays: true},
	{On: []Event{EventPlanStarted, EventPlanFailed}, Does: "The planning execution of a proposal is recorded.",
		Stays: true},
	{On: []Event{EventPlanned},
		Does: "People are asked to approve the repair. If there is nothing to change, or the repair would be " +
			"refused, the " +
			"findings are answered.",
		To: settled, Stays: true},
	{From: slices.Concat(settled, []Phase{PhaseParked}), On: []Event{EventAnswer},
		Does: "The repair that a person approved starts, or waits for what stops it. Findings of a rejected repair " +
			"are answered.",
		To: slices.Concat(begun, settled), Stays: true},
	{On: []Event{EventReverted}, Does: "The findings' note says who reverted the repair.", Stays: true},
	{On: []Event{EventAnswer}, Does: "The answer is refused, and the reason recorded.", Stays: true},
	{From: settled, On: wanted, Does: "Findings that the policy had wait are forgotten.", Stays: true},
	{On: []Event{EventFollowUp}, Does: "Findings that the policy had wait are answered or forgotten.", Stays: true},

	{From: notStarted, On: []Event{EventFinding, EventRequest, EventFollowUp, EventAnswer},
		Does: "A finding joins. The attempt starts when its time has come and nothing stops it. It is withdrawn " +
			"when no finding needs it, so that the target is where it was before. It fails after 24 hours without a " +
			"ready account. The policy is asked again before the start.",
		To: slices.Concat(begun, settled, []Phase{PhaseParked}), Stays: true},

	{From: []Phase{PhaseUnknown}, On: []Event{EventFinding, EventRequest, EventFollowUp},
		Does: "It is started again with the same client token, which gives the execution that exists.",
		To:   []Phase{PhaseRestarting}, Stays: true},
	{From: claimed, On: wanted, Does: "The finding joins.", Stays: true},
	{From: claimed, On: []Event{EventFinding, EventRequest, EventFollowUp},
		Does: "The function that claimed it has died: it is started again when nothing stops it.",
		To:   []Phase{PhaseRestarting, PhaseUnknown}},
	{From: slices.Concat(claimed, []Phase{PhaseUnknown}),
		On:   []Event{EventFinding, EventRequest, EventFollowUp, EventAnswer},
		Does: "The policy does not allow to start it again: the attempt ends, and people are notified.",
		To:   []Phase{PhaseParked, PhaseFailed}},
	{From: slices.Concat(claimed, []Phase{PhaseUnknown}), On: []Event{EventAnswer},
		Does: "It is started again, as after a follow-up.", To: []Phase{PhaseRestarting, PhaseUnknown}},
	{From: []Phase{PhaseUnknown, PhaseStarting, PhaseRestarting}, On: []Event{EventRequest, EventFollowUp},
		Does: "After 24 hours without a ready account the attempt is given up.", To: []Phase{PhaseFailed}},

	{From: claimed, On: []Event{EventStarted}, Does: "The execution is recorded.", To: []Phase{PhaseRunning}},
	{From: claimed, On: []Event{EventStartRefused}, Does: "The attempt ends, and people are notified.",
		To: []Phase{PhaseFailed, PhaseParked}},
	{From: claimed, On: []Event{EventStartDeferred}, Does: "It waits for a backoff, and is given up after 24 hours.",
		To: []Phase{PhaseDeferred, PhaseUnknown, PhaseFailed, PhaseParked}},
	{From: claimed, On: []Event{EventNotReady},
		Does: "It waits until the account may be ready, and is given up after 24 hours. People are notified once for " +
			"the account.",
		To: []Phase{PhaseNotReady, PhaseUnknown, PhaseFailed, PhaseParked}},

	{From: mayRun, On: []Event{EventSucceeded},
		Does: "The findings are RESOLVED. If all were suppressed meanwhile, none has to be confirmed. Others of the " +
			"target may wait for the policy.",
		To: []Phase{PhaseRepaired, PhaseConfirmed, PhaseParked}},
	{From: mayRun, On: []Event{EventFailed},
		Does: "It is retried when the reason passes. Otherwise the findings are NOTIFIED, and people are notified.",
		To:   slices.Concat(failed, []Phase{PhaseParked})},
	{From: []Phase{PhaseRunning}, On: wanted, Does: "The finding joins.", Stays: true},

	{From: []Phase{PhaseRepaired}, On: []Event{EventChecks},
		Does: "Findings that passed are done. Those that failed are NEW again.",
		To:   []Phase{PhaseConfirmed}, Stays: true},
	{On: []Event{EventChecks},
		Does: "Findings of an earlier repair that passed are done. Those that failed are NEW again.", Stays: true},

	{From: slices.Concat(over, []Phase{PhaseParked}),
		On: []Event{EventUndo},
		Does: "The undo of the latest repair that succeeded starts, or waits for its slot. It fails when the " +
			"account is not ready.",
		To: []Phase{PhaseUndoStarting, PhaseUndoWaiting, PhaseUndoFailed}},
	{On: []Event{EventUndo}, Does: "The request is refused, and the reason recorded.", Stays: true},
	{From: slices.Concat(undoWaits, undoClaim), On: []Event{EventFinding, EventRequest, EventFollowUp, EventUndo},
		Does: "It is started again when nothing stops it, and given up after an hour. Findings wait for its end.",
		To:   []Phase{PhaseUndoStarting, PhaseUndoRestarting, PhaseUndoUnknown, PhaseUndoFailed}, Stays: true},
	{From: undoClaim, On: []Event{EventStarted}, Does: "The execution is recorded.", To: []Phase{PhaseUndoRunning}},
	{From: undoClaim, On: []Event{EventStartDeferred}, Does: "It waits for a backoff, and is given up after an hour.",
		To: []Phase{PhaseUndoWaiting, PhaseUndoUnknown, PhaseUndoFailed}},
	{From: undoOpen,
		On:   []Event{EventSucceeded},
		Does: "The findings are NOTIFIED, and automatic repair is off.", To: []Phase{PhaseUndone}},
	{From: undoOpen,
		On:   []Event{EventFailed},
		Does: "People are notified. A loop guard that has stopped the target stays.",
		To:   []Phase{PhaseUndoFailed, PhaseSuspended, PhaseParked}},
}

// Allows reports whether a row of the table has a step.
func (t Transition) Allows(from Phase, on Event, to Phase) bool {
	return (len(t.From) == 0 || slices.Contains(t.From, from)) && slices.Contains(t.On, on) &&
		(slices.Contains(t.To, to) || t.Stays && from == to)
}
