package overview

import (
	"slices"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/outcomes"
)

// Confirmations are the times from repairs to the first check of Security Hub that passed. Reevaluated are the repairs
// for which AWS Config was asked to evaluate the rule again, Scheduled all others.
type Confirmations struct {
	Reevaluated outcomes.Times `json:"reevaluated"`
	Scheduled   outcomes.Times `json:"scheduled"`
}

// Confirmed is how long Security Hub took to confirm repairs, and how it was checked.
type Confirmed struct {
	outcomes.Times
	How string
}

// Shown gives those to show, in the words of all commands and pages.
func (c Confirmations) Shown() []Confirmed {
	all := []Confirmed{{c.Reevaluated, "after AWS Config was asked to evaluate the rule again"},
		{c.Scheduled, "at the next regular check"}}
	return slices.DeleteFunc(all, func(one Confirmed) bool { return one.Count == 0 })
}

// addConfirmations adds those of a target. Only its record has them: an attempt is archived when it ends, and
// confirmed later.
func (b *Builder) addConfirmations(rec decide.Record) {
	for _, a := range rec.Attempts {
		if b.wants(a.Control, rec.Target.Account) && b.options.covers(a.EndedAt) && !a.ConfirmedAt.IsZero() {
			again := !a.EvaluatedAt.IsZero()
			b.confirmed[again] = append(b.confirmed[again], a.ConfirmedAt.Sub(a.EndedAt))
		}
	}
}
