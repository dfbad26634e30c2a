package decide

import (
	"fmt"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// holdEnds returns what is held: a target, which is a resource with a runbook. Another runbook may still repair it.
func holdEnds(t target.Target) string {
	return fmt.Sprintf("Automatic repair by %s is off until the custom action or `hubmend remediate` is used.",
		naming.Document(t.Runbook))
}

// undoneNote is the note of findings whose repair was undone.
func undoneNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Undone by %s: %s %s %s", a.BriefAsker(askerLimit), Clip(a.Change, undoneLimit),
		holdEnds(t), execution(t, a)), noteLimit)
}

// The requester and the restored value are cut, so that the note has room for the consequence.
const (
	askerLimit  = 120
	undoneLimit = 130
)

// heldNote is the note of findings that request a repair which was undone.
func heldNote(rec Record) string {
	return Clip(fmt.Sprintf("Hubmend does not repair this: %s undid the repair at %s. %s",
		Clip(rec.HeldBy, askerLimit)+finding.SentBy(rec.HeldSender, rec.HeldBy), Clock(rec.HeldAt),
		holdEnds(rec.Target)), noteLimit)
}

// Untouched reports whether an attempt that failed has changed nothing for sure: the runbook refused, or never ran.
func (a Attempt) Untouched() bool { return a.Class == Refused || a.ExecutionID == "" }

// undoFailedNote is the note of findings whose undo failed.
func undoFailedNote(t target.Target, a Attempt) string {
	by := a.BriefAsker(askerLimit)
	if a.Untouched() {
		return because(fmt.Sprintf("The repair was not undone, as %s had requested:", by), a.Reason,
			execution(t, a))
	}
	return because(fmt.Sprintf("Hubmend failed to undo the repair for %s. A part may be restored:", by),
		a.Reason, execution(t, a))
}
