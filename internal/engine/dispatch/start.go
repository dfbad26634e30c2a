package dispatch

import (
	"context"
	"errors"
	"slices"
	"time"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// startAll starts every attempt that was claimed, in its slot. A function that is late starts
// what is due with the distance that slots have.
func (h *Handler) startAll(ctx context.Context, b *batch) {
	starting, free, now := b.startOrder(), map[string]time.Time{}, h.Now()
	for _, w := range starting {
		place := w.target.Account + "/" + h.region(w.target)
		at := latest(w.startAt(), free[place], now)
		w.decision.StartAt, free[place] = at, at.Add(ledger.SlotSpacing)
	}
	started := h.forEach(ctx, b, starting, func(ctx context.Context, w *work) error {
		h.Sleep(ctx, w.decision.StartAt.Sub(h.Now()))
		if w.decision.Plan {
			return h.startPlan(ctx, w)
		}
		return h.start(ctx, w)
	})
	ctx, stop := deadline.After(ctx, h.Grace)
	defer stop()
	for _, w := range started {
		if a := w.record.Last(); a != nil && a.State == decide.Queued && a.Cause != decide.Unready &&
			w.followUp == nil {
			// The sweep brings back what may wait for a day. One message is enough to come back with; the
			// others are in the record.
			h.delay(b, w.messages()[0], decide.Later{After: a.NotBefore.Sub(h.Now()), Exact: true})(ctx)
		}
	}
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// start starts the attempt that was claimed for a target and records what came of it.
func (h *Handler) start(ctx context.Context, w *work) error {
	log := h.Log.With("target", w.target.String())
	attempt := *w.record.Last()
	id, err := h.startInTime(ctx, w.target, attempt)
	var refused *executions.Refused
	switch {
	case errors.As(err, &refused):
		log.WarnContext(ctx, "start refused", "attempt", attempt.Number, "reason", refused.Reason)
	case err != nil:
		log.WarnContext(ctx, "start deferred", "attempt", attempt.Number, "reason", err.Error())
	default:
		log.InfoContext(ctx, "started", "attempt", attempt.Number, "execution", id)
	}
	mayRun := !awserr.IsThrottling(err) && !errors.Is(err, executions.ErrNotCalled)
	ctx, stop := deadline.After(ctx, h.Grace)
	defer stop()
	var until time.Time // of an account that is not ready
	if refused != nil && refused.Class == failure.NotReady {
		d, problem := h.account(ctx, w.target.Account, func(a decide.Account) decide.AccountDecision {
			return a.OnNotReady(w.record, refused.Scope, refused.Reason, h.Now(), h.Settings)
		})
		if problem != nil {
			return problem
		}
		until = d.Until
	}
	var saved error
	_, w.record, saved = h.Effects.Transact(ctx, w.record, func(rec decide.Record) decide.Decision {
		switch {
		case refused != nil && refused.Class == failure.NotReady:
			return decide.OnNotReady(rec, attempt.Number, refused.Reason, until, h.Now(), h.Settings)
		case refused != nil:
			return decide.OnStartRefused(rec, attempt.Number, refused.Class, refused.Reason, h.Now(), h.Settings)
		case err != nil:
			return decide.OnStartDeferred(rec, attempt.Number, err.Error(), mayRun, h.Now(), h.Settings)
		default:
			return decide.OnStarted(rec, attempt.Number, id)
		}
	})
	if saved == nil && err == nil && w.lacks {
		_, saved = h.account(ctx, w.target.Account,
			func(a decide.Account) decide.AccountDecision { return a.OnStarted(w.target, attempt) })
	}
	return saved
}

// startInTime starts an attempt. Calls take unevenly long, so one that was made in its slot may
// arrive within a second of the one before, and is throttled: it tries again in the room that slots
// have between them, before it takes another slot.
func (h *Handler) startInTime(ctx context.Context, t target.Target, a decide.Attempt) (string, error) {
	for try := 1; ; try++ {
		id, err := h.Starter.Start(ctx, t, a)
		if try == startTries || !awserr.IsThrottling(err) {
			return id, err
		}
		h.Sleep(ctx, startAgain)
	}
}

const (
	// startTries is how often a start is tried in its slot. When that does not help, another function starts
	// executions there too.
	startTries = 12
	startAgain = 50 * time.Millisecond
)
