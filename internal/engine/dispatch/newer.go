package dispatch

import (
	"context"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/queue"
)

// refuse returns the messages of work that failed with an error to the queue. leaveToNewer handles those that need a
// newer version of Hubmend.
func (b *batch) refuse(w *work, err error) {
	if !ledger.IsNewer(err) {
		b.fail(w)
		return
	}
	for _, m := range w.messages() {
		b.newer[m.MessageId] = err
	}
	w.decision = decide.Decision{}
}

// leaveToNewer handles messages about items that a newer version of Hubmend wrote. They return to the queue for a
// while, because that version may be deployed again. Then they become dead letters. A follow-up ends at once: the sweep
// sends another when it is due.
func (h *Handler) leaveToNewer(ctx context.Context, b *batch) {
	for _, m := range b.messages {
		err := b.newer[m.MessageId]
		_, isFollowUp, _ := messages.Parse([]byte(m.Body))
		switch {
		case err == nil || isFollowUp || b.failed[m.MessageId]:
		case h.Now().Sub(queue.SentAt(m.Attributes)) < ledger.NewerPatience:
			b.failed[m.MessageId] = true
		default:
			h.bury(ctx, b, m, err)
		}
	}
}
