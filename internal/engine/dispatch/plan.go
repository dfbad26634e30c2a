package dispatch

import (
	"context"
	"errors"
	"time"

	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
)

// startPlan starts the planning execution of a target's proposal and records it. After an error that may
// pass, the sweep has it started again, with the same client token.
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
	until, problem := h.planned(ctx, w, refused)
	if problem != nil {
		return problem
	}
	_, w.record, err = h.Effects.Transact(ctx, w.record, func(rec decide.Record) decide.Decision {
		if refused != nil {
			return decide.OnPlanRefused(rec, p.Round, refused.Reason, until, h.Now())
		}
		return decide.OnPlanStarted(rec, p.Round, id, h.Now())
	})
	log.InfoContext(ctx, "planning", "execution", id, "refused", refused != nil)
	return err
}

// planned notes what the start of a planning execution shows about its account, and returns until when the
// account is not ready.
func (h *Handler) planned(ctx context.Context, w *work, refused *executions.Refused) (time.Time, error) {
	switch {
	case refused != nil && refused.Class == failure.NotReady:
		d, err := h.account(ctx, w.target.Account, func(a decide.Account) decide.AccountDecision {
			return a.OnNotReady(w.record, refused.Scope, refused.Reason, h.Now(), h.Settings)
		})
		return d.Until, err
	case refused == nil && w.lacks:
		_, err := h.account(ctx, w.target.Account,
			func(a decide.Account) decide.AccountDecision { return a.OnStarted(w.target, w.record.Starting()) })
		return time.Time{}, err
	}
	return time.Time{}, nil
}
