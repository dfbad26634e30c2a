package dispatch

import (
	"maps"
	"slices"
	"time"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// PolicyControl returns what the conditions of a policy need of a control. The groups are those of all playbooks.
func PolicyControl(c control.Control, groups []string) policy.Control {
	return policy.Control{ID: c.ID, Groups: groups, Standards: slices.Sorted(maps.Keys(c.Frameworks)), Risk: c.Risk}
}

// Subject returns the repair that a finding asks for as a policy sees it.
func Subject(c policy.Control, f finding.Finding, t target.Target, askedAt time.Time) policy.Subject {
	return policy.Subject{Control: c, Severity: f.Severity, FirstObserved: f.Since, Account: t.Account,
		Region: t.Region, Resource: t.Resource, AskedAt: askedAt}
}
