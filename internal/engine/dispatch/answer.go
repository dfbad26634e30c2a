package dispatch

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
)

// proposalAnswer is a person's answer to a proposal, with the message that it came in.
type proposalAnswer struct {
	messages.Answer
	message events.SQSMessage
}

// readAnswer makes the answer a work of its own, as readUndo does with a request.
func (h *Handler) readAnswer(ctx context.Context, b *batch, m events.SQSMessage, a messages.Answer) {
	rec, err := h.Effects.Ledger.Load(ctx, a.Key)
	if err != nil {
		h.Log.ErrorContext(ctx, "answer not handled", "key", a.Key, "error", err)
		b.refuse(&work{answer: &proposalAnswer{a, m}}, err)
		return
	}
	if rec.Version == 0 {
		h.bury(ctx, b, m, fmt.Errorf("the ledger has no target %s, so there is no proposal to answer", a.Key))
		return
	}
	h.Log.InfoContext(ctx, "proposal answered", "target", rec.Target.String(), "round", a.Round, "approve", a.Approve,
		"by", a.By, "sender", senderOf(m), "request", a.ID)
	b.works = append(b.works, &work{target: rec.Target, answer: &proposalAnswer{a, m}})
}

func (h *Handler) decideAnswer(rec decide.Record, a *proposalAnswer, seen map[string]decide.Seen,
	g decide.Gate) decide.Decision {
	return decide.OnAnswer(rec, decide.Answer{ID: a.ID, Round: a.Round, Approve: a.Approve, By: a.By,
		Sender: senderOf(a.message), Reason: a.Reason, At: a.At}, seen, g, h.Now(), h.Settings)
}
