// Package apply carries out what package decide decided, in the order that decide
// demands. It decides nothing itself.
package apply

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/metrics"
)

// Findings reads and updates findings in Security Hub.
type Findings interface {
	// Read returns how findings are now, by id. Those that do not exist have a zero Seen.
	Read(ctx context.Context, refs []decide.Ref) (map[string]decide.Seen, error)
	Update(ctx context.Context, u decide.Update) error
}

// Notifier notifies people.
type Notifier interface {
	Notify(ctx context.Context, n decide.Notification) error
}

// Announcer tells programs what was saved. It returns no error: what was saved stays so.
type Announcer interface {
	Target(was decide.Record, d decide.Decision, is decide.Record)
	Breaker(was, is decide.Breaker)
}

// Effects are the means to carry a decision out.
type Effects struct {
	Ledger    ledger.Ledger
	Findings  Findings
	Notifier  Notifier
	Announcer Announcer        // nil announces nothing
	Digests   ledger.Digests   // nil sends each message separately
	Now       func() time.Time // for Digests
	Settings  decide.Settings
	Log       *slog.Logger
}

// Run does everything of a decision up to the save, and gives the record as it is stored
// then. It stops at the first error; doing the whole decision again is harmless.
func (e Effects) Run(ctx context.Context, d decide.Decision) (decide.Record, error) {
	if err := e.Update(ctx, d.Updates); err != nil {
		return decide.Record{}, err
	}
	if err := e.notify(ctx, d.Notifications); err != nil {
		return decide.Record{}, err
	}
	if d.Ended != nil {
		if err := e.end(ctx, d.Record, *d.Ended); err != nil {
			return decide.Record{}, err
		}
	}
	if !d.Save {
		return d.Record, nil
	}
	return e.Ledger.Save(ctx, d.Record)
}

// end keeps the history of an attempt and counts it for the breaker of its control.
func (e Effects) end(ctx context.Context, rec decide.Record, ended decide.Ended) error {
	if err := e.Ledger.Archive(ctx, rec, ended); err != nil {
		return err
	}
	failure := decide.TargetFailure{
		Key: rec.Target.Key(), Account: rec.Target.Account, Resource: rec.Target.Resource, At: ended.Attempt.EndedAt,
	}
	for range maxConflicts {
		b, err := e.Ledger.LoadBreaker(ctx, ended.Attempt.Control)
		if ledger.IsNewer(err) {
			// Nothing of this control starts meanwhile, and the findings should have their answer, once.
			e.Log.WarnContext(ctx, "end not counted for the breaker", "target", rec.Target.String(), "control",
				ended.Attempt.Control, "reason", err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		d := b.OnEnded(ended, failure, ended.Attempt.EndedAt, e.Settings)
		if !d.Save {
			return nil
		}
		if err := e.notify(ctx, d.Notifications); err != nil {
			return err
		}
		err = e.Ledger.SaveBreaker(ctx, d.Breaker)
		if err == nil && e.Announcer != nil {
			e.Announcer.Breaker(b, d.Breaker)
		}
		if err == nil {
			e.Count(ctx, d.Metrics, "control", ended.Attempt.Control)
		}
		if !errors.Is(err, ledger.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("count the end of an attempt of %s %d times: %w", rec.Target, maxConflicts, ledger.ErrConflict)
}

// maxConflicts limits how often a decision is made again. Conflicts come from the few
// functions that work on the same target at the same time.
const maxConflicts = 10

// Transact decides about a record as it was loaded, and carries the decision out. If another function
// saved the record meanwhile, Transact repeats both with the new record. It returns the decision that
// held and the record as stored. The caller announces the decision to findings.
func (e Effects) Transact(ctx context.Context, rec decide.Record,
	choose func(decide.Record) decide.Decision) (decide.Decision, decide.Record, error) {
	for range maxConflicts {
		d := choose(rec)
		stored, err := e.Run(ctx, d)
		if err == nil {
			e.Count(ctx, d.Metrics, "target", rec.Target.String())
		}
		if err == nil && d.Save && e.Announcer != nil {
			e.Announcer.Target(rec, d, stored)
		}
		if !errors.Is(err, ledger.ErrConflict) {
			return d, stored, err
		}
		if rec, err = ledger.Open(ctx, e.Ledger, rec.Target); err != nil {
			return decide.Decision{}, decide.Record{}, err
		}
	}
	return decide.Decision{}, decide.Record{},
		fmt.Errorf("decide about %s %d times: %w", rec.Target, maxConflicts, ledger.ErrConflict)
}

// Update updates findings. Updates that say the same go out together, because Security Hub
// accepts ten calls per second and a hundred findings in each.
func (e Effects) Update(ctx context.Context, updates []decide.Update) error {
	for _, u := range merge(updates) {
		if err := e.Findings.Update(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func merge(updates []decide.Update) []decide.Update {
	var merged []decide.Update
	type text struct {
		workflow, note string
		onlyV2         bool
	}
	place := map[text]int{}
	for _, u := range updates {
		key := text{u.Workflow, u.Note, u.OnlyV2}
		if i, ok := place[key]; ok {
			merged[i].Findings = append(merged[i].Findings[:len(merged[i].Findings):len(merged[i].Findings)],
				u.Findings...)
			continue
		}
		place[key] = len(merged)
		merged = append(merged, u)
	}
	return merged
}

func (e Effects) notify(ctx context.Context, notifications []decide.Notification) error {
	for _, n := range notifications {
		if err := e.NotifyOrCollect(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// Count counts metrics, with what they are about.
func (e Effects) Count(ctx context.Context, counts []decide.Metric, about ...any) {
	for _, m := range counts {
		metrics.Count(ctx, e.Log, m, about...)
	}
}
