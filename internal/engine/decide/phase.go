package decide

import (
	"slices"

	"hubmend/internal/engine/failure"
)

// Phase is where the remediation of a target stands. It is derived from what the ledger stores, which versions
// before and after this one read too. Transitions lists how phases follow each other.
type Phase string

// The phases of a repair and then those of an undo. Phases says what each means.
const (
	PhaseIdle       Phase = "idle"
	PhaseRequested  Phase = "requested" // to be started at once; never stored
	PhasePaced      Phase = "waits for slot"
	PhaseDeferred   Phase = "deferred"
	PhaseRetry      Phase = "waits for retry"
	PhasePaused     Phase = "paused"
	PhaseBroken     Phase = "breaker open"
	PhaseNotReady   Phase = "account not ready"
	PhaseOverBudget Phase = "over budget"
	PhaseUnknown    Phase = "start unknown"
	PhaseStarting   Phase = "starting"
	PhaseRestarting Phase = "starting again"
	PhaseRunning    Phase = "running"
	PhaseRepaired   Phase = "repaired"
	PhaseConfirmed  Phase = "confirmed"
	PhaseFailed     Phase = "failed"
	PhaseGone       Phase = "gone"
	PhaseSuspended  Phase = "suspended"
	PhaseParked     Phase = "parked"

	PhaseUndoWaiting    Phase = "undo waits"
	PhaseUndoUnknown    Phase = "undo start unknown"
	PhaseUndoStarting   Phase = "undo starting"
	PhaseUndoRestarting Phase = "undo starting again"
	PhaseUndoRunning    Phase = "undo running"
	PhaseUndone         Phase = "undone"
	PhaseUndoFailed     Phase = "undo failed"
)

// Stage sums phases up, for a diagram.
type Stage string

// The stages.
const (
	StageIdle     Stage = "Idle"
	StageWaiting  Stage = "Waiting"
	StageStarting Stage = "Starting"
	StageRunning  Stage = "Running"
	StageEnded    Stage = "Ended"
	StageUndoing  Stage = "Undoing"
	StageUndone   Stage = "Undone"
)

// Phases lists the phases that are stored, with their stages and meanings.
var Phases = []struct {
	Phase Phase
	Stage Stage
	Means string
}{
	{PhaseIdle, StageIdle, "No attempt is known."},
	{PhasePaced, StageWaiting, "Its start slot is reserved."},
	{PhaseDeferred, StageWaiting, "Systems Manager did not accept the start."},
	{PhaseRetry, StageWaiting, "The attempt before failed for a transient reason."},
	{PhasePaused, StageWaiting, "The administrator has paused Hubmend."},
	{PhaseBroken, StageWaiting, "Too many repairs of the control failed."},
	{PhaseNotReady, StageWaiting, "The account, the Region or the runbook is not set up."},
	{PhaseOverBudget, StageWaiting, "A budget of the policy is used up."},
	{PhaseUnknown, StageStarting, "It waits, and an earlier start of it may have succeeded."},
	{PhaseStarting, StageStarting, "A function has claimed it."},
	{PhaseRestarting, StageStarting, "A function has claimed it, and an earlier start of it may have succeeded."},
	{PhaseRunning, StageRunning, "Its execution is known."},
	{PhaseRepaired, StageEnded, "Findings are RESOLVED. Security Hub has not confirmed all of them yet."},
	{PhaseConfirmed, StageEnded, "Nothing is left to do."},
	{PhaseFailed, StageEnded, "The latest attempt failed."},
	{PhaseGone, StageEnded, "The resource was deleted."},
	{PhaseSuspended, StageEnded, "Automatic repair has used up its attempts."},
	{PhaseParked, StageWaiting, "The policy exempts it, delays it, asks a person, or cannot be read."},
	{PhaseUndoWaiting, StageUndoing, "An undo waits for what stops it."},
	{PhaseUndoUnknown, StageUndoing, "It waits, and an earlier start of it may have succeeded."},
	{PhaseUndoStarting, StageUndoing, "A function has claimed it."},
	{PhaseUndoRestarting, StageUndoing, "A function has claimed it, and an earlier start of it may have succeeded."},
	{PhaseUndoRunning, StageUndoing, "Its execution is known."},
	{PhaseUndone, StageUndone, "Automatic repair is off until a person requests a repair."},
	{PhaseUndoFailed, StageEnded, "The latest repair is still in place, or a part of it."},
}

var phaseOfCause = map[Cause]Phase{
	"": PhaseRequested, Paced: PhasePaced, Busy: PhaseDeferred, Retry: PhaseRetry, Paused: PhasePaused,
	Broken: PhaseBroken, Unready: PhaseNotReady, OverBudget: PhaseOverBudget,
}

// Phase returns the phase of an attempt, whether it is a repair or an undo.
func (a Attempt) Phase() Phase {
	switch {
	case a.State == Queued && a.MayRun:
		return PhaseUnknown
	case a.State == Queued:
		return phaseOfCause[a.Cause]
	case a.State == Claimed && a.MayRun:
		return PhaseRestarting
	case a.State == Claimed:
		return PhaseStarting
	case a.State == Running:
		return PhaseRunning
	case a.State == Succeeded:
		return PhaseRepaired
	case a.Class == failure.Gone:
		return PhaseGone
	}
	return PhaseFailed
}

var phaseOfUndo = map[Phase]Phase{
	PhaseUnknown: PhaseUndoUnknown, PhaseStarting: PhaseUndoStarting, PhaseRestarting: PhaseUndoRestarting,
	PhaseRunning: PhaseUndoRunning,
}

// Phase returns the phase of a target: that of its last attempt, or what has followed from it.
func (r Record) Phase() Phase {
	last := r.Last()
	switch {
	case last != nil && !last.ended() && last.Undo == "":
		return last.Phase()
	case last != nil && !last.ended():
		if undo, is := phaseOfUndo[last.Phase()]; is {
			return undo
		}
		return PhaseUndoWaiting
	case r.Held():
		return PhaseUndone
	case r.Suspended():
		return PhaseSuspended
	case r.waitsForPolicy():
		return PhaseParked
	case last == nil:
		return PhaseIdle
	case last.Undo != "":
		return PhaseUndoFailed
	case last.State == Succeeded && len(r.Unconfirmed) == 0:
		return PhaseConfirmed
	}
	return last.Phase()
}

// WaitsAs returns what a queued attempt waits for, as the phase that it would have if no start of it were unknown.
// It is empty for an attempt that is not queued.
func (a Attempt) WaitsAs() Phase {
	if a.State != Queued {
		return ""
	}
	return phaseOfCause[a.Cause]
}

// waiting reports whether a repair is queued, inFlight whether one has an execution or is about to, and undoing whether
// an undo is one or the other.
func (p Phase) waiting() bool {
	return p.in(PhaseRequested, PhasePaced, PhaseDeferred, PhaseRetry, PhasePaused, PhaseBroken, PhaseNotReady,
		PhaseOverBudget, PhaseUnknown)
}

func (p Phase) inFlight() bool { return p.in(PhaseStarting, PhaseRestarting, PhaseRunning) }

func (p Phase) undoing() bool {
	return p.in(PhaseUndoWaiting, PhaseUndoUnknown, PhaseUndoStarting, PhaseUndoRestarting, PhaseUndoRunning)
}

func (p Phase) in(phases ...Phase) bool { return slices.Contains(phases, p) }
