package decide

import (
	"hash/fnv"
	"slices"
	"time"
)

// Due is when the sweep first may find something to do about an open record. It is never later than
// that, and may be earlier: a record that is started and settled as it should be keeps its time, because
// each change costs the ledger's index two writes.
func (r Record) Due(s Settings) time.Time {
	var due []time.Time
	if a := r.Last(); a != nil && !a.ended() {
		due = append(due, a.due(s))
	}
	for _, p := range r.Parked {
		due = append(due, p.due())
	}
	if at := r.Proposal.due(s); !at.IsZero() {
		due = append(due, at)
	}
	if len(r.Unconfirmed) > 0 {
		repaired := r.LastSuccess()
		if r.checkedSince(repaired) {
			due = append(due, r.checkDue(s))
		} else {
			due = append(due, repaired.ClaimedAt)
		}
	}
	if len(due) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(due, time.Time.Compare)
}

// due is Due of an attempt that is not over.
func (a Attempt) due(s Settings) time.Time {
	if a.State == Queued {
		return a.wakeAt(s)
	}
	return a.ClaimedAt
}

// wakeAt is when a queued attempt should continue. An attempt that is pending for its slot or its message gets a
// minute more, because the message usually comes.
func (a Attempt) wakeAt(s Settings) time.Time {
	if a.WaitsAs().in(PhaseRetry, PhasePaused, PhaseBroken, PhaseNotReady, PhaseOverBudget) {
		return a.NotBefore
	}
	return a.NotBefore.Add(s.ClaimLease)
}

// checkDue is when the sweep should look again whether what was repaired is confirmed: first within
// ConfirmEvery of the repair, at a time that differs from target to target, and then each ConfirmEvery. After Config
// was asked for an evaluation, each sweep looks for a while.
// The clock of the sweep is not exact, so half its interval is given away.
func (r Record) checkDue(s Settings) time.Time {
	repaired := r.LastSuccess()
	switch {
	case r.awaitsEvaluation():
		return later(repaired.EvaluatedAt, r.CheckedAt).Add(SweepEvery / 2)
	case r.checkedSince(repaired):
		return r.CheckedAt.Add(max(0, s.ConfirmEvery-SweepEvery/2))
	}
	h := fnv.New32a()
	h.Write([]byte(r.Target.Key())) // never fails
	return repaired.EndedAt.Add(time.Duration(float64(s.ConfirmEvery) * float64(h.Sum32()%1000) / 1000))
}

// checkedSince reports whether the sweep has looked at a record's findings after a repair.
func (r Record) checkedSince(repaired Attempt) bool { return r.CheckedAt.After(repaired.EndedAt) }
