package dispatch

import (
	"context"
	"errors"
	"slices"

	"hubmend/internal/engine/decide"
)

// readGate reads the breakers of the controls that may be repaired, and what their accounts lack: each once,
// and all at the same time. A target of which one cannot be read is left to its messages.
func (h *Handler) readGate(ctx context.Context, b *batch) {
	var controls, accounts []string
	for _, w := range b.works {
		controls, accounts = append(controls, w.controls()...), append(accounts, w.target.Account)
	}
	controls, accounts = distinct(controls), distinct(accounts)
	breakers, lacks := make([]decide.Breaker, len(controls)), make([]decide.Account, len(accounts))
	errControls, errAccounts := make([]error, len(controls)), make([]error, len(accounts))
	h.Together(ctx, len(controls)+len(accounts), func(ctx context.Context, i int) {
		if i < len(controls) {
			breakers[i], errControls[i] = h.Effects.Ledger.LoadBreaker(ctx, controls[i])
			return
		}
		i -= len(controls)
		lacks[i], errAccounts[i] = h.Accounts.LoadAccount(ctx, accounts[i])
	})
	failed := map[string]error{}
	b.gate.Breakers, b.gate.Accounts = map[string]decide.Breaker{}, map[string]decide.Account{}
	for i, control := range controls {
		b.gate.Breakers[control], failed[control] = breakers[i], errControls[i]
	}
	for i, account := range accounts {
		b.gate.Accounts[account], failed[account] = lacks[i], errAccounts[i]
	}
	b.works = slices.DeleteFunc(b.works, func(w *work) bool {
		err := failed[w.target.Account]
		for _, control := range w.controls() {
			err = errors.Join(err, failed[control])
		}
		if err != nil {
			h.Log.ErrorContext(ctx, "target not handled", "target", w.target.String(), "error", err)
			b.refuse(w, err)
		}
		return err != nil
	})
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
