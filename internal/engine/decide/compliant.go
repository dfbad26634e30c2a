package decide

import "strings"

// nothingToChange begins the change of every runbook that found its resource compliant.
const nothingToChange = "Nothing to change"

// Compliant reports whether a repair found its resource compliant and changed nothing.
func (a Attempt) Compliant() bool {
	return a.repaired() && strings.HasPrefix(a.Change, nothingToChange)
}
