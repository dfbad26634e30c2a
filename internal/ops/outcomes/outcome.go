// Package outcomes classifies attempts that have ended. Status, history and reports all count with it.
package outcomes

import (
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes. A repair that was undone later is Undone; the attempt that undid it is Undo.
const (
	Repaired   Outcome = "repaired"
	Compliant  Outcome = "compliant" // there was nothing to change
	Failed     Outcome = "failed"
	Skipped    Outcome = "skipped" // the runbook cannot repair it and changed nothing, or the resource was deleted
	Undone     Outcome = "undone"
	Undo       Outcome = "undo"
	UndoFailed Outcome = "undo failed"
)

// All lists the outcomes in the order in which they are shown.
func All() []Outcome {
	return []Outcome{Repaired, Compliant, Failed, Skipped, Undone, Undo, UndoFailed}
}

// Undos holds when each execution of one target was undone.
type Undos map[string]time.Time

// Add notes an attempt if it undid another.
func (u Undos) Add(a decide.Attempt) {
	if a.Undo != "" && a.State == decide.Succeeded {
		u[a.Undo] = a.EndedAt.UTC()
	}
}

// Of classifies an attempt that has ended. The undos must be those of its target.
func Of(a decide.Attempt, undos Undos) Outcome {
	_, undone := undos[a.ExecutionID]
	switch succeeded := a.State == decide.Succeeded; {
	case a.Undo != "" && succeeded:
		return Undo
	case a.Undo != "":
		return UndoFailed
	case a.Compliant():
		return Compliant
	case succeeded && undone:
		return Undone
	case succeeded:
		return Repaired
	case a.Class == decide.Refused || a.Class == failure.Gone:
		return Skipped
	}
	return Failed
}
