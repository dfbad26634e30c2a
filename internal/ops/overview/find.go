package overview

import (
	"slices"
	"strings"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// Names says whether a name that a person gives stands for the target of an entry: its key, its
// resource, the part of that which status shows or the resource's own id at its end, or an execution of
// it or a finding about it.
func Names(e ledger.Entry, name string) (target.Target, bool) {
	switch {
	case name == "": // stands for nothing
	case e.Record != nil:
		return e.Record.Target, names(e.Record.Target, name) ||
			slices.ContainsFunc(e.Record.Attempts, func(a decide.Attempt) bool { return has(a, name) })
	case e.Past != nil:
		return e.Past.Target, names(e.Past.Target, name) || has(e.Past.Attempt, name)
	}
	return target.Target{}, false
}

func names(t target.Target, name string) bool { return name == t.Key() || IsResource(t.Resource, name) }

// IsResource says whether a name that a person gives stands for a resource: its ARN, the part of it that status shows,
// or its own id at the end.
func IsResource(resource, name string) bool {
	return name == resource || name == Short(resource) || name == target.Name(resource)
}

// has says whether a name is that of an attempt's execution or of a finding that it is for.
func has(a decide.Attempt, name string) bool {
	return a.ExecutionID == name || slices.ContainsFunc(a.Findings, func(r decide.Ref) bool { return r.ID == name })
}

// Short gives the resource's own part of an ARN, which account and Region stand beside.
func Short(resource string) string {
	parts := strings.SplitN(resource, ":", 6)
	return parts[len(parts)-1]
}
