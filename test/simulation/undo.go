package simulation

import (
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
)

// takeBack is a person who wants a repair undone, and now and then asks again, be it of impatience
// or for the one before. Another person may want it repaired at the same time.
func (w *world) takeBack(r *resource) {
	w.memory.Each(func(rec decide.Record) {
		if rec.Target.Resource != r.arn {
			return
		}
		id := rec.Undoable().ExecutionID
		if n := len(rec.Attempts); n > 0 && (id == "" || w.rng.IntN(4) == 0) {
			id = rec.Attempts[w.rng.IntN(n)].ExecutionID
		}
		if id != "" {
			w.askUndo(rec.Target.Key(), id)
		}
	})
	for _, id := range w.hub.ids {
		if f := w.hub.findings[id]; f.resource == r && w.rng.IntN(8) == 0 {
			w.after(w.between(0, 2*time.Minute), func() { w.hub.click(f) })
		}
	}
	if w.rng.IntN(2) == 0 && !w.calm() {
		soon := w.rng.IntN(2) == 0
		most := map[bool]time.Duration{true: 10 * time.Second, false: 12 * time.Hour}[soon]
		w.after(w.between(time.Second, most), func() { w.takeBack(r) })
	}
}

func (w *world) askUndo(key, executionID string) {
	id := fmt.Sprintf("a0000000-0000-4000-8000-%012d", len(w.undos)+1)
	w.undos[id] = false
	u := messages.Undo{ID: id, Key: key, ExecutionID: executionID, By: "arn:aws:iam::111111111111:user/ann", At: w.now}
	w.log.Info("undo wanted", "execution", executionID, "request", id)
	w.findings.send(u.Body())
}
