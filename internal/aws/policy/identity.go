package policy

import "fmt"

// Named is a policy of a role with its name.
type Named struct {
	Name     string
	Document Document
}

// Place identifies a statement.
type Place struct {
	Policy    string `json:"policy"`
	Statement int    `json:"statement"` // index
	Sid       string `json:"sid"`
}

// String returns the place for people.
func (p Place) String() string {
	if p.Sid == "" {
		return fmt.Sprintf("statement %d of %s", p.Statement, p.Policy)
	}
	return p.Sid + " of " + p.Policy
}

// Grant is the part of a statement that allowed a request. Without this action or resource, the statement would not
// allow it.
type Grant struct {
	Place
	Action   string `json:"action"`   // as written; empty when the statement has NotAction
	Resource string `json:"resource"` // as written; empty when it has NotResource
}

// Decision is the result of evaluating a role's policies for a request.
type Decision struct {
	// Denied is the statement with the explicit deny, or nil.
	Denied *Place
	// Grants lists all statements that allow the request. One is enough.
	Grants []Grant
}

// Allowed reports whether something allows the request and nothing denies it.
func (d Decision) Allowed() bool { return d.Denied == nil && len(d.Grants) > 0 }

// Evaluate evaluates a request against the policies of the calling role.
func Evaluate(policies []Named, r Request) (Decision, error) {
	var d Decision
	for _, p := range policies {
		for i, s := range p.Document.Statement {
			place := Place{p.Name, i, s.Sid}
			m, applies, err := s.applies(r)
			if err != nil {
				return Decision{}, fmt.Errorf("%s: %w", place, err)
			}
			switch {
			case applies && s.Effect == "Deny" && d.Denied == nil:
				d.Denied = &place
			case applies && s.Effect == "Allow":
				d.Grants = append(d.Grants, Grant{place, m.action, m.resource})
			}
		}
	}
	return d, nil
}
