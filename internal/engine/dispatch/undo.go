package dispatch

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
)

// undo is a person's request to undo a repair, with the message that it came in.
type undo struct {
	messages.Undo
	message events.SQSMessage
}

func (h *Handler) readUndo(ctx context.Context, b *batch, m events.SQSMessage, u messages.Undo) {
	w := &work{undo: &undo{u, m}}
	if h.readPersonal(ctx, b, w, u.Key, "undo", "no repair to undo") {
		h.Log.InfoContext(ctx, "undo asked", "target", w.target.String(), "execution", u.ExecutionID, "by", u.By,
			"sender", senderOf(m), "request", u.ID)
	}
}

func (h *Handler) decideUndo(rec decide.Record, u *undo, g decide.Gate) decide.Decision {
	return decide.OnUndo(rec, decide.UndoRequest{
		ID: u.ID, ExecutionID: u.ExecutionID, By: u.By, Sender: senderOf(u.message), At: u.At,
		Irreversible: h.irreversible(rec),
	}, g, h.Now(), h.Settings)
}

// irreversible returns why the latest repair of a record cannot be undone, or "".
func (h *Handler) irreversible(rec decide.Record) string {
	repaired := rec.Undoable()
	if repaired.Control == "" {
		return "" // there is none
	}
	control, known := h.Catalog.ByID(repaired.Control)
	if !known {
		return fmt.Sprintf("this version of Hubmend does not know %s any more.", repaired.Control)
	}
	return control.Irreversible
}
