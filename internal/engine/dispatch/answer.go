package dispatch

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
)

// proposalAnswer is a person's answer to a proposal, with the message that it came in.
type proposalAnswer struct {
	messages.Answer
	message events.SQSMessage
}

func (h *Handler) readAnswer(ctx context.Context, b *batch, m events.SQSMessage, a messages.Answer) {
	w := &work{answer: &proposalAnswer{a, m}}
	if h.readPersonal(ctx, b, w, a.Key, "answer", "no proposal to answer") {
		h.Log.InfoContext(ctx, "proposal answered", "target", w.target.String(), "round", a.Round, "approve", a.Approve,
			"by", a.By, "sender", senderOf(m), "request", a.ID)
	}
}

func (h *Handler) decideAnswer(rec decide.Record, a *proposalAnswer, seen map[string]decide.Seen,
	g decide.Gate) decide.Decision {
	return decide.OnAnswer(rec, decide.Answer{ID: a.ID, Round: a.Round, Approve: a.Approve, By: a.By,
		Sender: senderOf(a.message), Reason: a.Reason, At: a.At}, seen, g, h.Now(), h.Settings)
}
