package authz

import (
	"strings"

	"hubmend/internal/aws/policy"
)

// Decision is the result of evaluating a role's policies for a permission, with the number of evaluations.
type Decision struct {
	Role     string         `json:"role"` // ARN
	Call     string         `json:"call"` // service:Api, or the service that acts under the role
	Action   string         `json:"action"`
	Resource string         `json:"resource"`
	Allowed  bool           `json:"allowed"`
	Denied   *policy.Place  `json:"denied,omitempty"` // by this statement, explicitly
	Grants   []policy.Grant `json:"grants,omitempty"` // every one that allows it
	Times    int            `json:"times"`
}

// Why explains the decision to people.
func (d Decision) Why() string {
	switch {
	case d.Denied != nil:
		return "denied by " + d.Denied.String()
	case len(d.Grants) == 0:
		return "no statement allows it"
	}
	var names []string
	for _, g := range d.Grants {
		names = append(names, g.String())
	}
	return "allowed by " + strings.Join(names, " and ")
}

// Role is a role with its inline policies.
type Role struct {
	Name     string         `json:"name"`
	Account  string         `json:"account"`
	Policies []policy.Named `json:"policies"`
}
