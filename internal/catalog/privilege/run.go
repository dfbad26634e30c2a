// Package privilege proves that roles have no unneeded permissions. From the policy decisions in scenarios, it finds
// for each action and resource of each statement a scenario that would fail without it, and lists what nothing needs.
//
// It does no I/O and does not import the lab.
package privilege

import (
	"strings"

	"hubmend/internal/aws/authz"
)

// Run holds the policy decisions of a scenario.
type Run struct {
	Scenario      string           `json:"-"`
	Administrator string           `json:"administrator"` // account
	Region        string           `json:"region"`        // home
	Roles         []authz.Role     `json:"roles"`
	Decisions     []authz.Decision `json:"decisions"`
}

// neutral removes the parts of an ARN that differ between runs.
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
	part[5] = strings.ReplaceAll(part[5], account, "${Account}") // names of buckets contain the account
	return strings.Join(part, ":")
}
