package simulation

import (
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
)

// account is a member account.
type account struct {
	readyAt time.Time // when its role comes
	// tried is when a start last failed for want of the role, and by which resource.
	tried   time.Time
	triedBy *resource
	// known is when the ledger first recorded that something is missing, and told when it recorded a notification.
	known, told time.Time
	says        time.Time // the ledger's ToldAt
}

func (w *world) account(id string) *account {
	if w.accounts[id] == nil {
		w.accounts[id] = &account{}
	}
	return w.accounts[id]
}

// leastDistance is how far apart two targets try an account that is not ready: a person's may be a minute after
// the one before, and clocks differ.
const leastDistance = 45 * time.Second

// checkReady refuses a start in an account that has no role yet.
func (w *world) checkReady(r *resource) error {
	a := w.account(r.account)
	if !w.now.Before(a.readyAt) {
		return nil
	}
	if !a.known.IsZero() && w.now.Sub(a.known) > grace && w.now.Sub(a.tried) < leastDistance && a.triedBy != r {
		w.violate("account %s is not ready, and is tried by one target right after another", r.account)
	}
	a.tried, a.triedBy = w.now, r
	return &executions.Refused{Reason: "There is no role; deploy it.", Class: failure.NotReady, Scope: failure.Account}
}

// noteAccount remembers what the ledger has, after each save.
func (w *world) noteAccount(saved decide.Account) {
	a := w.account(saved.ID)
	if a.known.IsZero() && len(saved.Missing) > 0 {
		a.known = w.now
	}
	if !saved.ToldAt.Equal(a.says) {
		a.told, a.says = w.now, saved.ToldAt
	}
}

func (w *world) checkNotice(n decide.Notification) {
	switch {
	case n.Kind == decide.NotRepaired && (n.Attempt.Class == failure.Gone || n.Attempt.Class == failure.NotReady):
		w.violate("people are notified of %s, which is %s", n.Record.Target, n.Attempt.Class)
	case n.Kind == decide.AccountNotReady:
		a := w.account(n.Record.Target.Account)
		if since := w.now.Sub(a.told); !a.told.IsZero() && since > grace && since < w.settings.ReadyWithin-grace {
			w.violate("people are notified of account %s again", n.Record.Target.Account)
		}
	}
}
