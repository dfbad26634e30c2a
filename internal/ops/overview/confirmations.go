package overview

import (
	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/outcomes"
)

// Confirmations are the times from repairs to the first check of Security Hub that passed. Reevaluated are the repairs
// for which AWS Config was asked to evaluate the rule again, Scheduled all others.
type Confirmations struct {
	Reevaluated outcomes.Times `json:"reevaluated"`
	Scheduled   outcomes.Times `json:"scheduled"`
}

// addConfirmations adds those of the latest repairs of a target, which its record has.
func (b *Builder) addConfirmations(rec decide.Record) {
	for _, a := range rec.Attempts {
		if b.wants(a.Control, rec.Target.Account) && !a.EndedAt.Before(b.options.Since) && !a.ConfirmedAt.IsZero() {
			again := !a.EvaluatedAt.IsZero()
			b.confirmed[again] = append(b.confirmed[again], a.ConfirmedAt.Sub(a.EndedAt))
		}
	}
}
