package dispatch

import (
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// Subject returns the repair that a finding asks for as a policy sees it.
func Subject(c policy.Control, f finding.Finding, t target.Target, askedAt time.Time) policy.Subject {
	return policy.Subject{Control: c, Severity: f.Severity, FirstObserved: f.Since, Account: t.Account,
		Region: t.Region, Resource: t.Resource, AskedAt: askedAt}
}
