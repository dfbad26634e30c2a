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

// readUndo makes the request a work of its own: it is decided alone, and by the ledger's
// versions never together with findings of the same target.
func (h *Handler) readUndo(ctx context.Context, b *batch, m events.SQSMessage, u messages.Undo) {
	rec, err := h.Effects.Ledger.Load(ctx, u.Key)
	if err != nil {
		h.Log.ErrorContext(ctx, "undo not handled", "key", u.Key, "error", err)
		b.refuse(&work{undo: &undo{u, m}}, err)
		return
	}
	if rec.Version == 0 {
		h.bury(ctx, b, m, fmt.Errorf("the ledger has no target %s, so there is no repair to undo", u.Key))
		return
	}
	h.Log.InfoContext(ctx, "undo asked", "target", rec.Target.String(), "execution", u.ExecutionID, "by", u.By,
		"sender", senderOf(m), "request", u.ID)
	b.works = append(b.works, &work{target: rec.Target, undo: &undo{u, m}})
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
