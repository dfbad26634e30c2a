package overview

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// Names reports whether a name stands for the target of an entry. A name may be the target's key, its
// resource ARN, the part of the ARN that status shows, the resource's own id, or the id of one of
// its executions or findings, in either Security Hub, or of its proposal.
func Names(e ledger.Entry, name string) (target.Target, bool) {
	switch {
	case name == "": // stands for nothing
	case e.Record != nil:
		return e.Record.Target, names(e.Record.Target, name) ||
			slices.ContainsFunc(e.Record.Attempts, func(a decide.Attempt) bool { return has(a, name) }) ||
			slices.ContainsFunc(e.Record.Parked, func(p decide.Parked) bool {
				return p.Request.Ref.ID == name || p.Request.V2ID == name
			}) ||
			e.Record.ProposalID() == name
	case e.Past != nil:
		return e.Past.Target, names(e.Past.Target, name) || has(e.Past.Attempt, name)
	}
	return target.Target{}, false
}

func names(t target.Target, name string) bool { return name == t.Key() || IsResource(t.Resource, name) }

// IsResource reports whether a name stands for a resource: its ARN, the part of the ARN that status shows, or its own
// id.
func IsResource(resource, name string) bool {
	return name == resource || name == Short(resource) || name == target.Name(resource)
}

// has reports whether a name is an attempt's execution or one of its findings, in either Security Hub.
func has(a decide.Attempt, name string) bool {
	return a.ExecutionID == name || slices.ContainsFunc(a.Findings, func(r decide.Ref) bool { return r.ID == name }) ||
		slices.Contains(slices.Collect(maps.Values(a.V2IDs)), name)
}

// Short gives the resource part of an ARN, without account and Region.
func Short(resource string) string {
	parts := strings.SplitN(resource, ":", 6)
	return parts[len(parts)-1]
}
