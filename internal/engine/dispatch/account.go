package dispatch

import (
	"context"
	"errors"
	"fmt"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// takeProbes takes the probes that the last attempt of a record asks for, and gives the gate as it is then. When
// another function was faster the gate says so, and the decision that is made again waits.
func (h *Handler) takeProbes(ctx context.Context, g decide.Gate, rec decide.Record) (decide.Gate, error) {
	p := g.Probe(rec, h.Now(), h.Settings)
	var breaker, account error
	if p.TookBreaker {
		breaker = h.Effects.Ledger.SaveBreaker(ctx, p.Breaker)
	}
	if p.TookAccount && breaker == nil {
		account = h.Accounts.SaveAccount(ctx, p.Account)
	}
	if err := errors.Join(breaker, account); err != nil && !errors.Is(err, ledger.ErrConflict) {
		return g, err
	}
	b, err := h.Effects.Ledger.LoadBreaker(ctx, rec.Starting().Control)
	if err != nil {
		return g, err
	}
	a, err := h.Accounts.LoadAccount(ctx, rec.Target.Account)
	return g.With(b, a), err
}

// maxAnew limits how often a decision about an account is made again.
const maxAnew = 10

// account decides about an account and carries that out, and decides again when another function saved it meanwhile.
func (h *Handler) account(ctx context.Context, id string,
	choose func(decide.Account) decide.AccountDecision) (decide.AccountDecision, error) {
	for range maxAnew {
		a, err := h.Accounts.LoadAccount(ctx, id)
		if err != nil {
			return decide.AccountDecision{}, err
		}
		d := choose(a)
		if !d.Save {
			return d, nil
		}
		for _, n := range d.Notifications {
			if err := h.Effects.NotifyOrCollect(ctx, n); err != nil {
				return decide.AccountDecision{}, err
			}
		}
		if err = h.Accounts.SaveAccount(ctx, d.Account); !errors.Is(err, ledger.ErrConflict) {
			return d, err
		}
	}
	return decide.AccountDecision{}, fmt.Errorf("decide about account %s %d times: %w", id, maxAnew, ledger.ErrConflict)
}
