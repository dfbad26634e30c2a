package simulation

import (
	"slices"
	"strings"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/finding"
)

// What must always hold, whatever goes wrong.
//
//   - At most one execution per target runs at a time.
//   - Automatic repair starts at most decide.Settings.MaxAttempts executions per target and Window.
//   - Nothing starts while the switch says paused, and nothing by itself while the breaker of
//     its control is open.
//   - RESOLVED is said only after an execution that verified the repair.
//   - A finding that somebody suppressed is left alone.
//   - In the end every finding is answered, no resolution is contradicted by a later check, no
//     attempt is left open, and every message was handled or is a dead letter with its reason.

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
	if e.trigger == finding.CustomAction {
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
		if failing && f.Workflow == finding.Notified && !w.toldOf(f.resource) {
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
		}
	}
}

// toldOf says whether people have heard of a resource.
func (w *world) toldOf(r *resource) bool {
	return slices.ContainsFunc(w.notices, func(n decide.Notification) bool { return strings.Contains(n.Body, r.arn) })
}
