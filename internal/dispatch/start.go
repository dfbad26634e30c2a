package dispatch

import (
	"context"
	"errors"

	"hubmend/internal/awserr"
	"hubmend/internal/decide"
	"hubmend/internal/member"
)

// startAll starts every attempt that was claimed, in its slot.
func (h *Handler) startAll(ctx context.Context, b *batch) {
	started := h.each(ctx, b, b.startOrder(), func(ctx context.Context, w *work) error {
		h.Sleep(ctx, w.decision.StartAt.Sub(h.Now()))
		return h.start(ctx, w)
	})
	for _, w := range started {
		if a := w.record.Last(); a != nil && a.State == decide.Queued && len(w.requests) > 0 {
			// One message is enough to come back with; the others are in the record.
			h.delay(ctx, b, w.requests[0].message, decide.Later{After: a.NotBefore.Sub(h.Now()), Exact: true})
		}
	}
}

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
	var saved error
	_, w.record, saved = h.Effects.Transact(ctx, w.record, func(rec decide.Record) decide.Decision {
		switch {
		case refused != nil:
			return decide.OnStartRefused(rec, attempt.Number, refused.Reason, h.Now(), h.Settings)
		case err != nil:
			return decide.OnStartDeferred(rec, attempt.Number, err.Error(), !awserr.IsThrottling(err), h.Now(), h.Settings)
		default:
			return decide.OnStarted(rec, attempt.Number, id)
		}
	})
	return saved
}
