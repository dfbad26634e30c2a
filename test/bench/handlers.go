package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// handlers measures what the code itself takes for one finding, with a ledger in memory and
// an AWS that answers at once.
func handlers(context.Context) ([]measurement, error) {
	r, err := loadRepair()
	if err != nil {
		return nil, err
	}
	var all []measurement
	for _, b := range []struct {
		what string
		run  func(*testing.B, repair) error
	}{
		{"binding a finding to its target", benchmarkBind},
		{"deciding about a finding", benchmarkOnFindings},
		{"deciding about an outcome", benchmarkOnOutcome},
		{"dispatch, for a finding", benchmarkDispatch},
		{"settle, for a finding", benchmarkSettle},
	} {
		fmt.Fprintf(os.Stderr, "      %s\n", b.what)
		rows, err := benchmark(b.what, func(tb *testing.B) error { return b.run(tb, r) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.what, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

func benchmark(what string, run func(*testing.B) error) ([]measurement, error) {
	var failed error
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		if failed = run(b); failed != nil {
			b.FailNow()
		}
	})
	if failed == nil && result.N == 0 {
		failed = errors.New("it did not run")
	}
	if failed != nil {
		return nil, failed
	}
	return []measurement{
		{What: what + ", time", Value: float64(result.NsPerOp()) / 1000, Unit: "us"},
		{What: what + ", allocations", Value: float64(result.AllocsPerOp())},
	}, nil
}

// round is after how many findings a benchmark begins again with an empty ledger, so that
// each finding is of a target that is not known yet.
const round = 1000

func benchmarkDispatch(b *testing.B, r repair) error {
	w := newWorld(r, &ledger.Memory{})
	batches, _, err := r.batches(w.now)
	if err != nil {
		return err
	}
	h, i := w.rush(), 0
	for b.Loop() {
		if i%round == 0 {
			w.forget()
			h = w.rush()
		}
		if err := handled(h.Handle(b.Context(), batches[i%round])); err != nil {
			return err
		}
		if i++; len(w.started) != (i-1)%round+1 {
			return fmt.Errorf("finding %d started nothing", i)
		}
	}
	return nil
}

func benchmarkSettle(b *testing.B, r repair) error {
	w := newWorld(r, &ledger.Memory{})
	batches, targets, err := r.batches(w.now)
	if err != nil {
		return err
	}
	h, i := w.settle(), 0
	var endings []events.SQSEvent
	for b.Loop() {
		if i%round == 0 {
			b.StopTimer()
			w.forget()
			if endings, err = w.running(b.Context(), batches, targets); err != nil {
				return err
			}
			h = w.settle()
			b.StartTimer()
		}
		if err := handled(h.Handle(b.Context(), endings[i%round])); err != nil {
			return err
		}
		i++
	}
	return w.ended(b.Context(), targets[(i-1)%round])
}

// batches makes a message, in a batch of its own, for each finding of a round.
func (r repair) batches(now time.Time) ([]events.SQSEvent, []target.Target, error) {
	var batches []events.SQSEvent
	var targets []target.Target
	for i := range round {
		m, t, err := r.imported(i, now)
		if err != nil {
			return nil, nil, err
		}
		batches, targets = append(batches, batch(m)), append(targets, t)
	}
	return batches, targets, nil
}

// forget begins with an empty ledger.
func (w *world) forget() { w.store, w.started = &ledger.Memory{}, nil }

// free is a Region without other executions.
type free struct{}

// Reserve implements ledger.Slots.
func (free) Reserve(_ context.Context, _, _ string, now time.Time) (time.Time, error) {
	return now, nil
}

// rush makes a dispatch that need not wait for its slots.
func (w *world) rush() *dispatch.Handler {
	h := w.dispatch()
	h.Slots = free{}
	return h
}

// running dispatches findings and returns the messages about the ends of their executions.
func (w *world) running(ctx context.Context, batches []events.SQSEvent, targets []target.Target) ([]events.SQSEvent,
	error) {
	h := w.rush()
	var endings []events.SQSEvent
	for i, b := range batches {
		if err := handled(h.Handle(ctx, b)); err != nil {
			return nil, err
		}
		m, err := w.repair.ended(targets[i], w.started[len(w.started)-1], w.now)
		if err != nil {
			return nil, err
		}
		endings = append(endings, batch(m))
	}
	return endings, nil
}

// ended reports whether the repair of a target has succeeded.
func (w *world) ended(ctx context.Context, t target.Target) error {
	rec, err := w.store.Load(ctx, t.Key())
	if err == nil && (rec.Last() == nil || rec.Last().State != decide.Succeeded) {
		err = fmt.Errorf("the repair of %s did not end: %+v", t, rec.Last())
	}
	return err
}
