package dispatch

import (
	"context"
	"errors"
	"slices"
	"time"

	"hubmend/internal/awserr"
	"hubmend/internal/deadline"
	"hubmend/internal/decide"
	"hubmend/internal/ledger"
	"hubmend/internal/member"
)

// startAll starts every attempt that was claimed, in its slot. A function that is late starts
// what is due with the distance that slots have.
func (h *Handler) startAll(ctx context.Context, b *batch) {
	starting, free, now := b.startOrder(), map[string]time.Time{}, h.Now()
	for _, w := range starting {
		place := w.target.Account + "/" + h.region(w.target)
		at := latest(w.decision.StartAt, free[place], now)
		w.decision.StartAt, free[place] = at, at.Add(ledger.SlotSpacing)
	}
	started := h.each(ctx, b, starting, func(ctx context.Context, w *work) error {
		h.Sleep(ctx, w.decision.StartAt.Sub(h.Now()))
		return h.start(ctx, w)
	})
	ctx, stop := deadline.After(ctx, h.Grace)
	defer stop()
	for _, w := range started {
		if a := w.record.Last(); a != nil && a.State == decide.Queued && (len(w.requests) > 0 || w.undo != nil) {
			// One message is enough to come back with; the others are in the record.
			h.delay(ctx, b, w.messages()[0], decide.Later{After: a.NotBefore.Sub(h.Now()), Exact: true})
		}
	}
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// start starts the attempt that was claimed for a target and records what came of it.
func (h *Handler) start(ctx context.Context, w *work) error {
	log := h.Log.With("target", w.target.String())
	attempt := *w.record.Last()
	id, err := h.Starter.Start(ctx, w.target, attempt)
	var refused *member.Refused
	switch {
	case errors.As(err, &refused):
		log.WarnContext(ctx, "start refused", "attempt", attempt.Number, "reason", refused.Reason)
	case err != nil:
		log.WarnContext(ctx, "start deferred", "attempt", attempt.Number, "reason", err.Error())
	default:
		log.InfoContext(ctx, "started", "attempt", attempt.Number, "execution", id)
	}
	mayRun := !awserr.IsThrottling(err) && !errors.Is(err, member.ErrNotCalled)
	ctx, stop := deadline.After(ctx, h.Grace)
	defer stop()
	var saved error
	_, w.record, saved = h.Effects.Transact(ctx, w.record, func(rec decide.Record) decide.Decision {
		switch {
		case refused != nil:
			return decide.OnStartRefused(rec, attempt.Number, refused.Reason, h.Now(), h.Settings)
		case err != nil:
			return decide.OnStartDeferred(rec, attempt.Number, err.Error(), mayRun, h.Now(), h.Settings)
		default:
			return decide.OnStarted(rec, attempt.Number, id)
		}
	})
	return saved
}
