package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/finding"
)

// Plan is what the sweep does about one target.
type Plan struct {
	Wake bool   // have dispatch go on with it
	Look string // the execution whose outcome settle should fetch; "" for none
	// LookPlan is the planning execution whose outcome settle should fetch; "" for none.
	LookPlan string
	Check    bool // look how Security Hub has the unconfirmed findings
}

// OnSweep looks whether something about a target was left undone. hash is that of the policy in force; it is empty when
// that is not known.
func OnSweep(rec Record, paused bool, hash string, now time.Time, s Settings) Plan {
	plan := Plan{Check: len(rec.Unconfirmed) > 0 && !rec.undoing() && !now.Before(rec.checkDue(s))}
	plan.Wake = rec.dueParked(hash, now) || rec.Proposal.wakes(now)
	if rec.Proposal.State == Planning && !now.Before(rec.Proposal.due(s)) {
		plan.LookPlan = rec.Proposal.ExecutionID
	}
	a := rec.Last()
	switch {
	case a == nil || a.ended():
	case a.State == Running:
		if now.Sub(a.ClaimedAt) >= s.RunTime {
			plan.Look = a.ExecutionID
		}
	case paused && !a.dropsWhenPaused():
	case a.State == Claimed:
		plan.Wake = plan.Wake || a.leaseOver(now, s)
	default:
		plan.Wake = plan.Wake || !now.Before(a.wakeAt(s))
	}
	return plan
}

// SweepEvery is how often the sweep comes, which the template's schedule says too.
const SweepEvery = 5 * time.Minute

// OnChecks compares what the record says was resolved with what Security Hub found since.
func OnChecks(rec Record, seen map[string]Seen, now time.Time, s Settings) Decision {
	d := Decision{Event: EventChecks, Record: rec.Clone()}
	if len(rec.Attempts) == 0 || rec.undoing() {
		return d // a check that fails now may be due to the undo
	}
	repaired := rec.LastSuccess()
	sorted := map[verdict][]Ref{}
	for _, r := range rec.Unconfirmed {
		verdict := rec.judge(r, seen[r.ID], now, s)
		sorted[verdict] = append(sorted[verdict], r)
	}
	left, reopened, unconfirmed := sorted[waiting], sorted[contradicted], sorted[overdue]
	if len(left) == len(rec.Unconfirmed) {
		d.Record.CheckedAt, d.Save = now, s.ConfirmEvery > 0
		return d
	}
	d.Record.CheckedAt = now
	d.Record.Unconfirmed, d.Save = left, true
	for _, r := range sorted[proven] {
		d.Record.confirm(r, seen[r.ID])
	}
	d.Checked = Checked{Confirmed: sorted[proven], Reopened: reopened, Unconfirmed: unconfirmed}
	if len(reopened) > 0 {
		d.answer(Update{Findings: reopened, Workflow: finding.New, Note: reopenNote(d.Record.Target, repaired)})
		d.Notifications = append(d.Notifications,
			Notification{Kind: Contradicted, Record: d.Record, Attempt: repaired, Findings: reopened})
		d.Metrics = append(d.Metrics, MetricUnproven)
	}
	if len(unconfirmed) > 0 {
		d.Notifications = append(d.Notifications,
			Notification{Kind: NotConfirmed, Record: d.Record, Attempt: repaired, Findings: unconfirmed})
		d.Metrics = append(d.Metrics, MetricUnproven)
	}
	return d
}

// LastSuccess returns the latest repair that succeeded; a zero one when there is none.
func (r Record) LastSuccess() Attempt {
	for _, a := range slices.Backward(r.Attempts) {
		if a.Undo == "" && a.State == Succeeded {
			return a
		}
	}
	return Attempt{}
}
