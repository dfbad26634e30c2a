// Package privilege owns the proof that no role may do more than it needs: from what the
// policies decided in scenarios, it tells for each action and resource of each statement
// which scenario would fail without it, and what nothing needs.
//
// It is pure and imports no package of the lab.
package privilege

import (
	"strings"

	"hubmend/internal/aws/authz"
)

// Run is what the lab evaluated in one scenario.
type Run struct {
	Scenario      string           `json:"-"`
	Administrator string           `json:"administrator"` // account
	Region        string           `json:"region"`        // home
	Roles         []authz.Role     `json:"roles"`
	Decisions     []authz.Decision `json:"decisions"`
}

// neutral writes an ARN without what is peculiar to a run.
func (r Run) neutral(arn, account string) string {
	part := strings.SplitN(arn, ":", 6)
	if len(part) != 6 || part[0] != "arn" {
		return arn
	}
	part[1] = "${Partition}"
	if part[3] == r.Region {
		part[3] = "${Region}"
	}
	switch part[4] {
	case account:
		part[4] = "${Account}"
	case r.Administrator:
		part[4] = "${Administrator}"
	}
	return strings.Join(part, ":")
}
