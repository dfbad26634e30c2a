// Package sweep finds what was left undone: attempts whose message or status event was
// lost, repairs that wait for their time, and resolutions that Security Hub does not confirm.
//
// It starts and ends nothing itself, but sends errands to dispatch and settle.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/effect"
	"hubmend/internal/errand"
	"hubmend/internal/ledger"
)

// Queue takes errands.
type Queue interface {
	Send(ctx context.Context, body string) error
}

// Switch is the administrator's.
type Switch interface {
	// Paused says whether nothing may be started now.
	Paused(ctx context.Context) (bool, error)
}

// Handler is the sweep function.
type Handler struct {
	Index    ledger.Index
	Effects  effect.Effects
	Switch   Switch
	Findings Queue // of dispatch
	Outcomes Queue // of settle
	Settings decide.Settings
	Now      func() time.Time
	Log      *slog.Logger
}

// mostStarts is how many errands go to dispatch for one account and Region in a sweep: as
// many as can be started until the next one.
const mostStarts = int(decide.SweepEvery / ledger.SlotSpacing)

// Handle sweeps once. One target that cannot be handled does not keep the others from it.
func (h *Handler) Handle(ctx context.Context) error {
	paused, err := h.Switch.Paused(ctx)
	if err != nil {
		return err
	}
	keys, err := h.Index.Open(ctx)
	if err != nil {
		return err
	}
	if paused {
		h.Effects.Count(ctx, []decide.Metric{decide.MetricPaused})
	}
	s := sweep{Handler: h, now: h.Now(), paused: paused, starts: map[string]int{}}
	var errs []error
	for i, key := range keys {
		if ctx.Err() != nil {
			errs = append(errs, fmt.Errorf("no time was left for %d of %d open targets: %w", len(keys)-i, len(keys), ctx.Err()))
			break
		}
		if err := s.target(ctx, key); err != nil {
			h.Log.ErrorContext(ctx, "target not swept", "key", key, "error", err)
			errs = append(errs, err)
		}
	}
	errs = append(errs, s.check(ctx))
	h.Log.InfoContext(ctx, "swept", "open", len(keys), "woken", s.woken, "looked", s.looked, "checked", len(s.checks), "paused", paused)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	h.Effects.Count(ctx, []decide.Metric{decide.MetricSwept})
	return nil
}

// sweep is one run.
type sweep struct {
	*Handler
	now    time.Time
	paused bool
	starts map[string]int // errands to dispatch by account and Region
	checks []decide.Record

	woken, looked int
}

func (s *sweep) target(ctx context.Context, key string) error {
	rec, err := s.Effects.Ledger.Load(ctx, key)
	if err != nil || rec.Version == 0 {
		return err
	}
	plan := decide.OnSweep(rec, s.paused, s.now, s.Settings)
	place := rec.Target.Account + "/" + rec.Target.Region
	if plan.Wake && s.starts[place] < mostStarts {
		s.starts[place]++
		s.woken++
		err = s.Findings.Send(ctx, errand.Errand{Key: key}.Body())
	}
	if plan.Look != "" && err == nil {
		s.looked++
		err = s.Outcomes.Send(ctx, errand.Errand{Key: key, ExecutionID: plan.Look}.Body())
	}
	if plan.Check {
		s.checks = append(s.checks, rec)
	}
	return err
}

// readAtOnce is how many findings are asked about in one call.
const readAtOnce = 20

// check compares what was resolved with what Security Hub has. Findings are read in the
// fewest calls, because Security Hub takes three per second.
func (s *sweep) check(ctx context.Context) error {
	var errs []error
	for begin := 0; begin < len(s.checks) && ctx.Err() == nil; {
		end, refs := begin, []decide.Ref(nil)
		for end < len(s.checks) && (end == begin || len(refs)+len(s.checks[end].Unconfirmed) <= readAtOnce) {
			refs = append(refs, s.checks[end].Unconfirmed...)
			end++
		}
		errs = append(errs, s.compare(ctx, s.checks[begin:end], refs))
		begin = end
	}
	return errors.Join(append(errs, ctx.Err())...)
}

func (s *sweep) compare(ctx context.Context, records []decide.Record, refs []decide.Ref) error {
	seen, err := s.Effects.Findings.Read(ctx, refs)
	if err != nil {
		return err
	}
	var errs []error
	for _, rec := range records {
		_, _, err := s.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
			return decide.OnChecks(rec, seen, s.now, s.Settings)
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("compare %s: %w", rec.Target, err))
		}
	}
	return errors.Join(errs...)
}
