package decide

import (
	"fmt"

	"hubmend/internal/failure"
	"hubmend/internal/target"
)

// notReadyNote is what findings are told that wait for an account.
func notReadyNote(reason string) string {
	return Clip(fmt.Sprintf("Hubmend cannot repair this yet: %s It keeps trying for 24 hours.", Clip(reason, reasonLimit)), noteLimit)
}

// failureNote is what findings are told of an attempt that failed.
func failureNote(t target.Target, a Attempt) string {
	hint := failure.FateOf(a.Class).Hint
	if a.Class == failure.Gone {
		return Clip(fmt.Sprintf("The resource no longer exists, so there is nothing to repair. %s %s %s", hint, Clip(a.Reason, reasonLimit), execution(t, a)), noteLimit)
	}
	return Clip(fmt.Sprintf("Hubmend could not repair this: %s %s %s", Clip(a.Reason, reasonLimit), hint, execution(t, a)), noteLimit)
}
