package policy

import "fmt"

// Named is a policy of a role with its name.
type Named struct {
	Name     string
	Document Document
}

// Place is where a statement is.
type Place struct {
	Policy    string `json:"policy"`
	Statement int    `json:"statement"` // index
	Sid       string `json:"sid"`
}

// String names the place for people.
func (p Place) String() string {
	if p.Sid == "" {
		return fmt.Sprintf("statement %d of %s", p.Statement, p.Policy)
	}
	return p.Sid + " of " + p.Policy
}

// Grant is what in a statement allowed a request. Without that action or that resource
// the statement would not have.
type Grant struct {
	Place
	Action   string `json:"action"`   // as written; empty when the statement has NotAction
	Resource string `json:"resource"` // as written; empty when it has NotResource
}

// Decision is what the policies of a role say to a request.
type Decision struct {
	// Denied is the statement that denied explicitly; nil when none did.
	Denied *Place
	// Grants are the statements that allow, all of them: one alone is needed.
	Grants []Grant
}

// Allowed says whether the request is allowed: nothing denies it and something allows it.
func (d Decision) Allowed() bool { return d.Denied == nil && len(d.Grants) > 0 }

// Evaluate judges a request by the policies of the role that makes it.
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
