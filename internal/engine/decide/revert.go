package decide

import (
	"time"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/reverted"
)

// Reverted is a repair that somebody reverted, and when.
type Reverted struct {
	Number       int // of the attempt
	Since, Until time.Time
}

// RevertToLookUp returns the repair that the last attempt found reverted, if nobody has looked up who did it. The last
// attempt shows that it was if it had something to change. Each repair is looked up once.
func (r Record) RevertToLookUp() (Reverted, bool) {
	last := r.Last()
	if last == nil || !last.ended() || last.Undo != "" || last.Compliant() || last.ExecutionID == "" ||
		last.Class == failure.Gone || last.Class == failure.Changed {
		return Reverted{}, false
	}
	for i := len(r.Attempts) - 2; i >= 0; i-- {
		a := r.Attempts[i]
		switch {
		case a.Undo != "":
			return Reverted{}, false // the undo did it
		case a.repaired() && !a.Compliant():
			return Reverted{a.Number, a.EndedAt, last.QueuedAt}, a.RevertedBy.IsZero()
		}
	}
	return Reverted{}, false
}

// OnReverted records who reverted a repair, and adds it to the note of the findings that failed again.
func OnReverted(rec Record, number int, by reverted.By, seen map[string]Seen) Decision {
	d := Decision{Event: EventReverted, Record: rec.Clone()}
	for i := range d.Record.Attempts {
		if a := &d.Record.Attempts[i]; a.Number == number && a.RevertedBy.IsZero() && !by.IsZero() {
			a.RevertedBy, d.Save = by, true
		}
	}
	last := d.Record.Last()
	if !d.Save || !last.ended() || last.Undo != "" {
		return d
	}
	u := answer(d.Record.Target, *last, findingsToAnswer(*last, seen))
	u.Workflow, u.Note = "", RevertNote(u.Note, d.Record, last.Control, reverted.Manager(nil, by))
	d.answer(u)
	return d
}
