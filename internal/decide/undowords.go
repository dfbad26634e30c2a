package decide

import (
	"fmt"

	"hubmend/internal/target"
)

const holdEnds = "Automatic repair of this resource is off until somebody uses the custom action or `hubmend remediate`."

// undoneNote is what findings are told of a repair that was taken back.
func undoneNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Undone by %s: %s %s %s", Clip(a.Asker(), askerLimit), Clip(a.Change, undoneLimit), holdEnds, execution(t, a)), noteLimit)
}

// Who asked and what was restored leave room for what follows from it.
const (
	askerLimit  = 120
	undoneLimit = 130
)

// heldNote is what findings are told that ask for a repair which somebody took back.
func heldNote(rec Record) string {
	return Clip(fmt.Sprintf("Hubmend leaves this alone: %s took a repair of it back at %s. %s", Clip(rec.HeldBy, askerLimit), Clock(rec.HeldAt), holdEnds), noteLimit)
}

func undoFailedNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("The repair of this was not taken back, as %s had asked: %s %s", Clip(a.Asker(), askerLimit), Clip(a.Reason, reasonLimit), execution(t, a)), noteLimit)
}
