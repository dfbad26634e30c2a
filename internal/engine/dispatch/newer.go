package dispatch

import (
	"context"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/queue"
)

// refuse has the messages of a work come back that was not handled because of an error. Those that need a newer
// version of Hubmend are left to leaveToNewer.
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

// leaveToNewer settles what becomes of messages about what a newer version of Hubmend wrote. They come back for a
// while, because that version may be deployed again, and are dead letters then. A follow-up is over: the sweep sends
// another when the time has come.
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
