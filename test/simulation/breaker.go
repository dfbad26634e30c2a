package simulation

import (
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// breaker is what the ledger says of the breaker of a control, or of its pause in one account.
type breaker struct{ openedAt, openUntil time.Time }

// noteBreaker remembers when a breaker was opened, after each save.
func (w *world) noteBreaker(b decide.Breaker) {
	accounts := map[string]bool{}
	for _, f := range b.Failures {
		accounts[f.Account] = true
	}
	if known := w.breakers[b.Control]; b.OpenUntil.After(known.openUntil) && len(accounts) < 2 {
		w.violate("the failures of one account pause %s everywhere", b.Control)
	}
	w.note(b.Control, b.OpenUntil)
	for id := range w.accounts {
		w.note(b.Control+" "+id, b.In(id).OpenUntil)
	}
}

func (w *world) note(name string, until time.Time) {
	if known := w.breakers[name]; !until.Equal(known.openUntil) {
		w.breakers[name] = breaker{w.now, until}
	}
}

// checkBreaker looks at an automatic start.
func (w *world) checkBreaker(e *execution) {
	for _, name := range []string{e.control, e.control + " " + e.resource.account} {
		b := w.breakers[name]
		if w.now.Sub(b.openedAt) > grace && b.openUntil.Sub(w.now) > grace {
			w.violate("an execution for %s starts automatically although its breaker is open", name)
		}
		if b.openUntil.IsZero() || w.now.Before(b.openUntil) {
			continue
		}
		for _, x := range w.ssm.byID {
			concerns := x.control == e.control && (name == e.control || x.resource.account == e.resource.account)
			waits := x.began.After(b.openUntil) && w.now.Sub(x.began) < w.settings.ProbeLease/2
			if x != e && x.undo == nil && x.trigger == finding.Automatic && concerns && waits && !x.ended {
				w.violate("an execution for %s starts while another one tries", name)
			}
		}
	}
}
