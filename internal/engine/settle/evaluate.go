package settle

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
)

// Rules has AWS Config evaluate rules of members again.
type Rules interface {
	Evaluate(ctx context.Context, rule decide.ConfigRule) error
}

// evaluate asks Config to evaluate the rules of a repair that has ended again. The repair does not depend on it, so a
// failure is only logged.
func (h *Handler) evaluate(ctx context.Context, rec decide.Record, number int) {
	if h.Rules == nil {
		return
	}
	log := h.Log.With("target", rec.Target.String(), "attempt", number)
	var first, again time.Time
	for _, rule := range rec.RulesToEvaluate(number) {
		at, err := h.evaluateRule(ctx, rule)
		switch {
		case err != nil:
			log.InfoContext(ctx, "rule not evaluated", "rule", rule.Name, "region", rule.Region, "error", err)
		case at.IsZero(): // not offered here
		case at.Before(rec.Last().EndedAt):
			again = at.Add(decide.EvaluateEvery)
		case first.IsZero() || at.Before(first):
			first = at
		}
	}
	if !again.IsZero() {
		errand := messages.Evaluate{Key: rec.Target.Key(), Number: number}
		if err := h.Errands.SendLater(ctx, errand.Body(), again.Sub(h.Now())+time.Second); err != nil {
			log.InfoContext(ctx, "rules not evaluated again", "error", err)
		}
	}
	if first.IsZero() {
		return
	}
	_, _, err := h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		return decide.EvaluationRequested(rec, number, first)
	})
	log.InfoContext(ctx, "evaluation requested", "at", first, "error", err)
}

// evaluateRule asks Config unless it was asked lately, and returns when it was. The time is zero if Config does not
// evaluate the rule for Hubmend: the role may not, or AWS lets nobody evaluate a rule that a service owns. That is
// remembered.
func (h *Handler) evaluateRule(ctx context.Context, rule decide.ConfigRule) (time.Time, error) {
	now := h.Now()
	until, err := h.Holds.Hold(ctx, rule.Key(), now.Add(decide.EvaluateEvery))
	if err != nil {
		return time.Time{}, err
	}
	if asked := until.Add(-decide.EvaluateEvery); !until.IsZero() && asked.After(now) {
		return time.Time{}, nil
	} else if !until.IsZero() {
		return asked, nil
	}
	err = h.Rules.Evaluate(ctx, rule)
	if awserr.IsDenied(err) || awserr.Code(err) == noSuchRule {
		h.Log.InfoContext(ctx, "rule cannot be evaluated here", "rule", rule.Name, "account", rule.Account, "region",
			rule.Region, "reason", awserr.Message(err))
		return time.Time{}, h.Holds.KeepHeld(ctx, rule.Key(), now.Add(decide.NotOffered))
	}
	return now, err
}

const noSuchRule = "NoSuchConfigRuleException"

// evaluateAgain asks for the rules of a repair whose latest evaluation began before the repair had ended.
func (h *Handler) evaluateAgain(ctx context.Context, m events.SQSMessage, e messages.Evaluate, broken error) error {
	if broken != nil {
		return h.bury(ctx, m, broken)
	}
	rec, err := h.Effects.Ledger.Load(ctx, e.Key)
	if err != nil {
		return err
	}
	h.evaluate(ctx, rec, e.Number)
	return nil
}
