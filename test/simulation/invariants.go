package simulation

import (
	"maps"
	"slices"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/errand"
	"hubmend/internal/finding"
)

// What must always hold, whatever goes wrong.
//
//   - At most one execution per target runs at a time.
//   - Automatic repair starts at most decide.Settings.MaxAttempts executions per target and Window.
//   - Nothing starts while the switch says paused, and nothing by itself while the breaker of
//     its control is open.
//   - The execution of an attempt began after the attempt was asked for.
//   - RESOLVED is said only after an execution that verified the repair, and that nobody took back.
//   - Only the newest repair is taken back, and once. Then nothing starts by itself until a person asks.
//   - A finding that somebody suppressed is left alone.
//   - In the end every finding is answered, no resolution is contradicted by a later check, no
//     attempt is left open, and every message was handled or is a dead letter with its reason.
//     Whoever wanted a repair taken back can read in the ledger what came of it.

// grace is how long a function may go by what it found out before.
const grace = 5 * time.Minute

func (w *world) checkStart(e *execution) {
	r := e.resource
	if r.running > 0 {
		w.violate("two executions run for %s", r.arn)
	}
	if w.paused && w.now.Sub(w.pausedAt) > grace {
		w.violate("an execution starts although everything is paused")
	}
	if e.undo != nil {
		w.checkUndo(e)
		return
	}
	if r.undoneAt.After(r.askedAt.Add(moment)) {
		w.violate("an execution starts for %s although its repair was taken back and nobody has asked since", r.arn)
	}
	if e.trigger != finding.Automatic {
		return
	}
	if b := w.breakers[e.control]; w.now.Sub(b.openedAt) > grace && b.openUntil.Sub(w.now) > grace {
		w.violate("an execution for %s starts by itself although its breaker is open", e.control)
	}
	recent := 0
	for _, at := range r.automatic {
		if w.now.Sub(at) < w.settings.Window-grace {
			recent++
		}
	}
	if recent >= w.settings.MaxAttempts {
		w.violate("automatic execution %d of %s within the window", recent+1, r.arn)
	}
	r.automatic = append(r.automatic, w.now)
}

// moment is how well the clocks of functions and events tell what came first.
const moment = 10 * time.Second

func (w *world) checkUndo(e *execution) {
	if e.undo.undone {
		w.violate("%s is taken back twice", e.undo.id)
	}
	if e.undo != e.resource.repaired {
		w.violate("%s is taken back, and is not the newest repair", e.undo.id)
	}
}

// breaker is what the ledger says of the breaker of a control.
type breaker struct{ openedAt, openUntil time.Time }

// noteBreaker remembers when a breaker was opened, after each save.
func (w *world) noteBreaker(b decide.Breaker) {
	known := w.breakers[b.Control]
	if !b.OpenUntil.Equal(known.openUntil) {
		w.breakers[b.Control] = breaker{w.now, b.OpenUntil}
	}
}

func (w *world) checkUpdate(f *securityFinding, workflow string) {
	if f.Workflow == finding.Suppressed && workflow != "" && w.now.Sub(f.suppressedAt) > grace {
		w.violate("finding %s was suppressed, and is set %s", f.id, workflow)
	}
	if workflow == finding.Resolved && f.resource.verified[portOf[f.control]].IsZero() {
		w.violate("finding %s is RESOLVED, and no execution has verified that", f.id)
	}
}

// checkRecord looks at a record after each save, which is the only way in which it changes.
func (w *world) checkRecord(rec decide.Record) {
	for i, a := range rec.Attempts {
		last := i == len(rec.Attempts)-1
		if !last && a.State != decide.Succeeded && a.State != decide.Failed {
			w.violate("attempt %d of %s is %s and not the last", a.Number, rec.Target, a.State)
		}
		if a.State == decide.Running && a.ExecutionID == "" {
			w.violate("attempt %d of %s runs, and nobody knows as what", a.Number, rec.Target)
		}
		if e := w.ssm.byID[a.ExecutionID]; last && e != nil && e.began.Before(a.QueuedAt.Add(-grace)) {
			w.violate("attempt %d of %s is given execution %s, which began before it", a.Number, rec.Target, e.id)
		}
		if last && a.Request != "" && (a.State == decide.Succeeded || a.State == decide.Failed) {
			w.undos[a.Request] = true
		}
	}
	if rec.Refused.Request != "" {
		w.undos[rec.Refused.Request] = true
	}
}

func (w *world) checkEnd() {
	for _, id := range w.hub.ids {
		f := w.hub.findings[id]
		failing := f.Compliance == finding.Failed && f.RecordState == finding.Active
		if failing && f.Workflow == finding.New {
			w.violate("finding %s is unanswered", id)
		}
		if failing && f.Workflow == finding.Resolved && f.ObservedAt.After(f.resolvedAt.Add(grace)) {
			w.violate("finding %s is a false green", id)
		}
		if failing && f.Workflow == finding.Notified && !w.toldOf(f.resource) && f.resource.undoneAt.IsZero() {
			w.violate("finding %s was not repaired, and nobody was told", id)
		}
	}
	w.memory.Each(func(rec decide.Record) {
		last := rec.Last()
		if last == nil {
			return
		}
		// The last of Security Hub's rounds may be too long ago to confirm the last repairs.
		waits := last.State == decide.Succeeded && w.now.Sub(last.EndedAt) <= w.settings.ConfirmWithin+time.Hour
		if rec.Open() && !waits {
			w.violate("%s is still open: attempt %s, %d unconfirmed", rec.Target, last.State, len(rec.Unconfirmed))
		}
	})
	for _, q := range []*queue{w.findings, w.outcomes} {
		if len(q.messages) > 0 {
			w.violate("%d messages are left on the queue %s", len(q.messages), q.name)
		}
		for _, m := range q.dead {
			if m.reason == "" {
				w.violate("a dead letter has no reason: %s", m.body)
			}
			if u, is, _ := errand.ParseUndo([]byte(m.body)); is {
				w.undos[u.ID] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.undos)) {
		if !w.undos[id] {
			w.violate("the undo %s is unanswered", id)
		}
	}
}

// toldOf says whether people have heard of a resource.
func (w *world) toldOf(r *resource) bool {
	return slices.ContainsFunc(w.notices, func(n decide.Notification) bool { return n.Record.Target.Resource == r.arn })
}
