package simulation

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/messages"
)

// These invariants hold whatever fails:
//
//   - At most one execution per target runs at a time.
//   - Automatic repair starts at most decide.Settings.MaxAttempts executions per target and Window.
//   - Nothing starts while Hubmend is paused. Nothing starts automatically while the breaker of its control is open,
//     for all accounts or its own. When the pause is over, one repair starts and the others wait for its outcome.
//     Failures in one account pause only that account.
//   - One target at a time tries an account that is not ready, and people are notified once. Deleted resources cause
//     no notification.
//   - Failures with one cause have one separate message in decide.Settings.DigestEvery, and one digest for the rest.
//     Without faults nothing is sent twice.
//   - The execution of an attempt began after the attempt was requested.
//   - A check whose data is older than a repair starts no other repair. It does not reopen the finding either, until
//     decide.Settings.ConfirmWithin and the control's lag have passed since the finding's own repair.
// - Nothing starts that the policy in force stops, or while the policy cannot be read. Automatic starts stay
// within the
//     budgets. A proposal is applied at most once, and only while the resource is as it was planned. No exemption lasts
//     longer than its rule.
//   - Each wait for the policy is announced when it begins, once. A proposal is announced when it is open and when
//     it is over. An approval is announced only of a plan that was proposed.
//   - Findings are RESOLVED only after an execution that verified the repair and was not undone.
//   - Only the latest repair is undone, and once. Then automatic repair is off until a person requests a repair.
//   - A suppressed finding is not changed, whichever Security Hub it was suppressed in.
//   - In the new Security Hub, Hubmend's own In Progress starts nothing. In the end both have the same status.
//   - In the end every finding is answered, no later check contradicts a resolution, no attempt is open, and every
//     message was handled or is a dead letter with its reason. The ledger has the result of every undo request.

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
		w.violate("an execution starts for %s although its repair was undone and no person has requested one since",
			r.arn)
	}
	if e.trigger.ByPerson() {
		return
	}
	w.checkBreaker(e)
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
	w.checkNeeded(e)
}

// moment is how well the clocks of functions and events tell what came first.
const moment = 10 * time.Second

func (w *world) checkUndo(e *execution) {
	if e.undo.undone {
		w.violate("%s is undone twice", e.undo.id)
	}
	if e.undo != e.resource.repaired {
		w.violate("%s is undone, and is not the latest repair", e.undo.id)
	}
}

func (w *world) checkUpdate(f *securityFinding, workflow string) {
	if f.Workflow == finding.Suppressed && workflow != "" && w.now.Sub(f.suppressedAt) > grace {
		w.violate("finding %s was suppressed, and is set %s", f.id, workflow)
	}
	if x := f.second; x.status == finding.Suppressed && workflow != "" && w.now.Sub(x.suppressedAt) > grace {
		w.violate("finding %s was suppressed in V2, and is set %s", f.id, workflow)
	}
	if workflow == finding.New && !f.resource.gone && f.knowsNothing() && w.settled(f.resource) &&
		w.now.Before(w.overdueFrom(f)) {
		w.violate("finding %s is opened again because of a check that cannot know of its repair", f.id)
	}
	if workflow == finding.Resolved && f.resource.verified[portOf[f.control]].IsZero() {
		w.violate("finding %s is RESOLVED, and no execution has verified that", f.id)
	}
}

// checkRecord looks at a record after each save, which is the only way in which it changes.
func (w *world) checkRecord(rec decide.Record) {
	w.noteBudget(rec)
	w.noteClick(rec)
	w.noteProposed(rec)
	w.checkExemptions(rec)
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
		if last && a.State == decide.Failed && a.Class == failure.NotReady && a.Undo == "" &&
			a.EndedAt.Sub(a.UnreadySince) < w.settings.ReadyWithin-grace {
			w.violate("attempt %d of %s is given up although its account may be ready soon", a.Number, rec.Target)
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
		w.checkBoth(f)
		failing := f.Compliance == finding.Failed && f.RecordState == finding.Active && f.second.suppressedAt.IsZero()
		if failing && f.Workflow == finding.New {
			w.violate("finding %s is unanswered", id)
		}
		if failing && f.Workflow == finding.Resolved && f.ObservedAt.After(w.provenBy(f)) {
			w.violate("finding %s is a false green", id)
		}
		if failing && f.Workflow == finding.Notified && !w.toldOf(f.resource) && !w.buried(id) &&
			f.resource.undoneAt.IsZero() {
			w.violate("finding %s was not repaired, and no notification was sent", id)
		}
	}
	w.memory.Each(func(rec decide.Record) {
		w.checkParked(rec)
		last := rec.Last()
		if last == nil {
			return
		}
		// The last of Security Hub's rounds may be too long ago to confirm the last repairs.
		waits := last.State == decide.Succeeded && w.now.Sub(last.EndedAt) <= w.settings.ConfirmWithin+slowLag+time.Hour
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
			if u, is, _ := messages.ParseUndo([]byte(m.body)); is {
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

// settled reports whether nothing is queued or in flight for a resource.
func (w *world) settled(r *resource) bool {
	settled := true
	w.memory.Each(func(rec decide.Record) {
		if last := rec.Last(); rec.Target.Resource == r.arn && last != nil {
			settled = last.State == decide.Succeeded || last.State == decide.Failed
		}
	})
	return settled
}

// buried reports whether a message about a finding is a dead letter, for which an alarm notifies people.
func (w *world) buried(id string) bool {
	return slices.ContainsFunc(w.findings.dead, func(m *message) bool { return strings.Contains(m.body, id) })
}

// toldOf reports whether people were notified of a resource.
func (w *world) toldOf(r *resource) bool {
	return r.gone || slices.ContainsFunc(w.notices, func(n decide.Notification) bool {
		return tells(n, r)
	})
}
