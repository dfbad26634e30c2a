// Package effect carries out what package decide decided, in the order that decide
// demands. It decides nothing itself.
package effect

import (
	"context"
	"errors"
	"fmt"

	"hubmend/internal/decide"
	"hubmend/internal/ledger"
)

// Findings updates findings in Security Hub.
type Findings interface {
	Update(ctx context.Context, u decide.Update) error
}

// Notifier tells people.
type Notifier interface {
	Notify(ctx context.Context, n decide.Notification) error
}

// Effects are the means to carry a decision out.
type Effects struct {
	Ledger   ledger.Ledger
	Findings Findings
	Notifier Notifier
}

// Run does everything of a decision but Start and Later, and gives the record as it is
// stored then. It stops at the first error; doing the whole decision again is harmless.
func (e Effects) Run(ctx context.Context, d decide.Decision) (decide.Record, error) {
	if err := e.update(ctx, d.Updates); err != nil {
		return decide.Record{}, err
	}
	for _, n := range d.Notifications {
		if err := e.Notifier.Notify(ctx, n); err != nil {
			return decide.Record{}, err
		}
	}
	rec := d.Record
	if d.Save {
		saved, err := e.Ledger.Save(ctx, rec)
		if err != nil {
			return decide.Record{}, err
		}
		rec = saved
	}
	return rec, e.update(ctx, d.Announce)
}

// maxConflicts bounds how often a decision is made anew. Conflicts come from the few
// functions that work on the same target in the same moment.
const maxConflicts = 10

// Transact decides about a record as it was loaded, and carries the decision out. When
// somebody else saved the record meanwhile it does both again with the new one. It gives
// the decision that held and the record as stored.
func (e Effects) Transact(ctx context.Context, rec decide.Record, choose func(decide.Record) decide.Decision) (decide.Decision, decide.Record, error) {
	for range maxConflicts {
		d := choose(rec)
		stored, err := e.Run(ctx, d)
		if !errors.Is(err, ledger.ErrConflict) {
			return d, stored, err
		}
		if rec, err = ledger.Open(ctx, e.Ledger, rec.Target); err != nil {
			return decide.Decision{}, decide.Record{}, err
		}
	}
	return decide.Decision{}, decide.Record{}, fmt.Errorf("decide about %s %d times: %w", rec.Target, maxConflicts, ledger.ErrConflict)
}

func (e Effects) update(ctx context.Context, updates []decide.Update) error {
	for _, u := range updates {
		if err := e.Findings.Update(ctx, u); err != nil {
			return err
		}
	}
	return nil
}
