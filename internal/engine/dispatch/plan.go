package dispatch

import (
	"context"
	"errors"

	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
)

// startPlan starts the planning execution of a target's proposal and records it. After an error that may pass, the sweep
// has it started again, with the same client token.
func (h *Handler) startPlan(ctx context.Context, w *work) error {
	p, log := w.record.Proposal, h.Log.With("target", w.target.String(), "round", w.record.Proposal.Round)
	id, err := h.Starter.Plan(ctx, w.target, p.Parameters, p.ClientToken(w.target))
	var refused *executions.Refused
	if err != nil && !errors.As(err, &refused) {
		log.WarnContext(ctx, "planning deferred", "reason", err.Error())
		return nil
	}
	ctx, stop := deadline.After(ctx, h.Grace)
	defer stop()
	_, w.record, err = h.Effects.Transact(ctx, w.record, func(rec decide.Record) decide.Decision {
		if refused != nil {
			return decide.OnPlanRefused(rec, p.Round, refused.Reason, h.Now())
		}
		return decide.OnPlanStarted(rec, p.Round, id, h.Now())
	})
	log.InfoContext(ctx, "planning", "execution", id, "refused", refused != nil)
	return err
}
