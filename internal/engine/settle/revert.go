package settle

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/reverted"
)

// sendRevert has this function look up who reverted a repair, if the attempt that has ended shows that somebody did. It
// is of use to people only, so a failure is logged.
func (h *Handler) sendRevert(ctx context.Context, rec decide.Record) {
	r, found := rec.RevertToLookUp()
	if !found {
		return
	}
	errand := messages.Revert{Key: rec.Target.Key(), Number: r.Number}
	if err := h.Errands.SendLater(ctx, errand.Body(), reverted.Lag); err != nil {
		h.Log.WarnContext(ctx, "revert not looked up", "target", rec.Target.String(), "error", err)
	}
}

// lookUp finds out who reverted a repair and records it. A look-up that fails is not tried again: an account
// whose roles are of an older version refuses every one.
func (h *Handler) lookUp(ctx context.Context, m events.SQSMessage, r messages.Revert, broken error) error {
	if broken != nil {
		return h.bury(ctx, m, broken)
	}
	rec, err := h.Effects.Ledger.Load(ctx, r.Key)
	if err != nil {
		return err
	}
	wanted, found := rec.RevertToLookUp()
	if !found || wanted.Number != r.Number {
		return nil
	}
	log := h.Log.With("target", rec.Target.String(), "attempt", r.Number)
	by, err := h.Trail.RevertedBy(ctx, rec.Target, wanted.Since, wanted.Until)
	if err != nil || by.IsZero() {
		log.InfoContext(ctx, "it is not known who reverted the repair", "error", err)
		return nil
	}
	seen, err := h.Effects.Findings.Read(ctx, rec.Last().Findings)
	if err != nil {
		return err
	}
	_, _, err = h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		return decide.OnReverted(rec, r.Number, by, seen)
	})
	log.InfoContext(ctx, "reverted", "by", by.Sentence())
	return err
}
