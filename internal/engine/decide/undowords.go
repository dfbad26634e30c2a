package decide

import (
	"fmt"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// holdEnds says what is held: a target, which is a resource with a runbook. Another runbook may still repair it.
func holdEnds(t target.Target) string {
	return fmt.Sprintf("Automatic repair of it by %s is off until somebody uses the custom action or `hubmend "+
		"remediate`.", naming.Document(t.Runbook))
}

// undoneNote is what findings are told of a repair that was taken back.
func undoneNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Undone by %s: %s %s %s", a.BriefAsker(askerLimit), Clip(a.Change, undoneLimit),
		holdEnds(t), execution(t, a)), noteLimit)
}

// Who asked and what was restored leave room for what follows from it.
const (
	askerLimit  = 120
	undoneLimit = 130
)

// heldNote is what findings are told that ask for a repair which somebody took back.
func heldNote(rec Record) string {
	return Clip(fmt.Sprintf("Hubmend leaves this alone: %s took a repair of it back at %s. %s",
		Clip(rec.HeldBy, askerLimit)+finding.SentBy(rec.HeldSender, rec.HeldBy), Clock(rec.HeldAt),
		holdEnds(rec.Target)), noteLimit)
}

// Untouched says whether an attempt that failed has changed nothing for sure: the runbook refused, or never ran.
func (a Attempt) Untouched() bool { return a.Class == Refused || a.ExecutionID == "" }

// undoFailedNote is what findings are told of an undo that failed.
func undoFailedNote(t target.Target, a Attempt) string {
	by := a.BriefAsker(askerLimit)
	if a.Untouched() {
		return because(fmt.Sprintf("The repair of this was not taken back, as %s had asked:", by), a.Reason,
			execution(t, a))
	}
	return because(fmt.Sprintf("Hubmend could not take the repair of this back for %s; a part may be restored:", by),
		a.Reason, execution(t, a))
}
