package decide

import (
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/target"
)

// notReadyNote is the note of findings that are pending because of their account.
func notReadyNote(reason string) string {
	return because("Hubmend cannot repair this yet:", reason, "It keeps trying for 24 hours.")
}

// failureNote is the note of findings whose attempt failed.
func failureNote(t target.Target, a Attempt) string {
	hint := failure.FateOf(a.Class).Hint
	if a.Class == failure.Gone {
		return because("The resource no longer exists, so there is nothing to repair. "+hint, a.Reason, execution(t, a))
	}
	return because("Hubmend could not repair this:", a.Reason, hint+" "+execution(t, a))
}
