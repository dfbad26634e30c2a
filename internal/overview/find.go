package overview

import (
	"strings"

	"hubmend/internal/ledger"
	"hubmend/internal/target"
)

// Names says whether a name that a person gives stands for the target of an entry: its key, its
// resource or the end of that, which is the resource's own id, or an execution of it.
func Names(e ledger.Entry, name string) (target.Target, bool) {
	switch {
	case name == "": // stands for nothing
	case e.Record != nil:
		found := names(e.Record.Target, name)
		for _, a := range e.Record.Attempts {
			found = found || a.ExecutionID == name
		}
		return e.Record.Target, found
	case e.Past != nil:
		return e.Past.Target, names(e.Past.Target, name) || e.Past.Attempt.ExecutionID == name
	}
	return target.Target{}, false
}

func names(t target.Target, name string) bool {
	return name == t.Key() || name == t.Resource || name == t.Resource[strings.LastIndexAny(t.Resource, "/:")+1:]
}
