package decide

import (
	"fmt"
	"slices"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// UndoParameter is what the runbook that undoes a repair wants to know: which execution.
const UndoParameter = "ExecutionId"

// UndoRequest is a person's request to undo a repair of the record's target.
type UndoRequest struct {
	ID          string // of the request, so that a message that comes twice is answered once
	ExecutionID string // of the repair
	By          string // who asks
	Sender      string // see Attempt
	At          time.Time
	// Irreversible says why repairs of this kind cannot be undone; empty when they can.
	Irreversible string
}

// UndoRefusal is an undo that was not started.
type UndoRefusal struct {
	Request     string // its id
	ExecutionID string // of the repair
	By          string // who asked
	Sender      string // see Attempt
	At          time.Time
	Reason      string // a sentence
}

// executionsKept is how long Systems Manager keeps an execution. The runbook of an undo reads the previous value
// from it.
const executionsKept = 30 * 24 * time.Hour

// Forgotten reports whether Systems Manager no longer has the execution of a repair.
func (a Attempt) Forgotten(now time.Time) bool { return now.Sub(a.EndedAt) >= executionsKept }

// undoPatience is how old a request may be: whoever asked has looked at the resource before, and
// has given up waiting by now.
const undoPatience = time.Hour

// clockSkew is how far the clock of who asks may be ahead: as far as AWS lets it be that signs a call.
const clockSkew = 15 * time.Minute

// OnUndo decides about a request to undo a repair. It begins an attempt, goes on with the
// decideRequest that the request has begun already, or refuses and records why.
func OnUndo(rec Record, r UndoRequest, g Gate, now time.Time, s Settings) Decision {
	d := newDecider(EventUndo, rec, nil, g, now, s)
	switch reason := UndoProblem(d.Record, r.ExecutionID); {
	case d.Record.answered(r):
		d.Log = []string{"asked already"}
	case now.Sub(r.At) >= undoPatience:
		d.refuseUndo(r, fmt.Sprintf(
			"It was requested at %s, which is too long ago, or your clock is wrong. Request it again.", Clock(r.At)))
	case r.At.Sub(now) >= clockSkew:
		d.refuseUndo(r, fmt.Sprintf(
			"It was requested at %s, which is in the future. Set your clock and request it again.", Clock(r.At)))
	case r.Irreversible != "":
		d.refuseUndo(r, "This kind of repair cannot be undone: "+r.Irreversible)
	case reason != "":
		d.refuseUndo(r, reason)
	case g.Paused:
		d.refuseUndo(r, pausedReason)
	default:
		d.queueUndo(r)
	}
	a := d.Record.Last()
	if a == nil || a.Request != r.ID {
		return d.Decision // what else there is to do about the target is not this message's
	}
	d.releaseClaim()
	return d.finish()
}

const pausedReason = "Hubmend is paused by its administrator, so nothing is started. Request it again when it is " +
	"active."

// UndoProblem returns why the repair with an execution cannot be undone now, or "".
func UndoProblem(rec Record, executionID string) string {
	repaired := slices.IndexFunc(rec.Attempts,
		func(a Attempt) bool { return a.Undo == "" && a.State == Succeeded && a.ExecutionID == executionID })
	last := rec.Last()
	latest := rec.Undoable().ExecutionID
	switch {
	case last != nil && !last.ended():
		return fmt.Sprintf("Attempt %d of this resource is %s. Try again when it has ended.", last.Number, last.State)
	case repaired < 0:
		return fmt.Sprintf("Execution %s is not a successful repair of this resource in the ledger.", executionID)
	case rec.undone(executionID):
		return fmt.Sprintf("The repair of execution %s was undone already.", executionID)
	case rec.Attempts[repaired].Compliant():
		return fmt.Sprintf("Execution %s changed nothing, so there is nothing to undo.", executionID)
	case latest != executionID:
		return fmt.Sprintf("Only the latest repair can be undone, which is execution %s.", latest)
	}
	return ""
}

// Undoable returns the latest repair that succeeded and changed something; a zero one when there is
// none. It may have been undone already.
func (r Record) Undoable() Attempt {
	for _, a := range slices.Backward(r.Attempts) {
		if a.repaired() && !a.Compliant() {
			return a
		}
	}
	return Attempt{}
}

// Unfinished returns the attempts that ran and failed between a repair and the success before it. Their changes are
// not in the Before of the repair, so an undo does not revert them.
func (r Record) Unfinished(executionID string) []Attempt {
	var failed []Attempt
	for _, a := range r.Attempts {
		switch {
		case a.ExecutionID == executionID:
			return failed
		case a.State == Succeeded:
			failed = nil
		case a.Undo == "" && a.ExecutionID != "" && a.Class != Refused:
			failed = append(failed, a)
		}
	}
	return nil
}

// undone reports whether a repair was undone.
func (r Record) undone(executionID string) bool {
	return slices.ContainsFunc(r.Attempts,
		func(a Attempt) bool { return a.Undo == executionID && a.State == Succeeded })
}

// undoing reports whether an undo is queued or in flight.
func (r Record) undoing() bool {
	return r.Phase().undoing()
}

// answered reports whether the request has begun an attempt, or was refused.
func (r Record) answered(u UndoRequest) bool {
	return r.Refused.Request == u.ID ||
		slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.Request == u.ID })
}

func (d *decider) refuseUndo(r UndoRequest, reason string) {
	d.Record.Refused = UndoRefusal{Request: r.ID, ExecutionID: r.ExecutionID, By: r.By, Sender: r.Sender, At: d.now,
		Reason: Clip(reason, storedLimit)}
	d.Save = true
	d.Log = []string{"undo refused: " + reason}
}

func (d *decider) queueUndo(r UndoRequest) {
	repaired, last := d.Record.Undoable(), d.Record.Last()
	d.Record.queue(Attempt{
		Undo: r.ExecutionID, Request: r.ID, Control: repaired.Control, Trigger: finding.CommandLine, By: r.By,
		Sender:     r.Sender,
		Parameters: target.Parameters{UndoParameter: {Values: []string{r.ExecutionID}}},
		Findings:   addRefs(slices.Clone(last.Findings), d.Record.Unconfirmed),
		QueuedAt:   d.now, NotBefore: d.now,
	})
	d.Save = true
	d.Log = []string{"undo"}
}

// dropsWhenPaused reports whether the attempt is dropped when the switch is off: an undo that nobody has
// started. Findings wait for it, and the person who asked does.
func (a Attempt) dropsWhenPaused() bool { return a.Undo != "" && a.notBegun() }

// patience is for how long it is tried to start the attempt.
func (a Attempt) patience(s Settings) time.Duration {
	if a.Undo != "" {
		return undoPatience
	}
	return s.Window
}

// endUndo tells the findings how an undo ended. A success holds automatic repair back; after
// anything else findings stay as they are, and what fails its next check is repaired again.
func (d *Decision) endUndo(a Attempt, refs []Ref, now time.Time) {
	d.Ended.Counts = false
	if a.State == Succeeded {
		d.Record.HeldAt, d.Record.HeldBy, d.Record.HeldSender, d.Record.Unconfirmed = now, a.By, a.Sender, nil
		d.answer(notify(refs, undoneNote(d.Record.Target, a)))
		return
	}
	d.answer(Update{Findings: refs, Note: undoFailedNote(d.Record.Target, a)})
	d.Notifications = []Notification{{Kind: NotUndone, Record: d.Record, Attempt: a, Findings: a.Findings}}
}

// holdsBack reports whether the hold stands against a request: every automatic one, and what a person
// asked before the repair was undone.
func (r Record) holdsBack(q Request, asked time.Time) bool {
	return r.Held() && (!q.Trigger.ByPerson() || !asked.After(r.HeldAt))
}
