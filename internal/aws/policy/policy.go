// Package policy evaluates IAM policy documents: identity policies of roles, and resource-based policies (queue, bus
// and trust policies).
//
// It is strict: an unknown element, operator or variable is an error, never a silent allow or deny. It does no I/O and
// imports no other package of this module.
package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Request is a call to evaluate.
type Request struct {
	Service  string // the calling service, such as events.amazonaws.com; or
	Caller   string // the ARN of the calling role, or
	CallerID string // the unique id of that role, as which IAM keeps a trusted role
	Account  string // of the Caller
	Action   string
	Resource string
	Context  map[string]string // condition keys, such as aws:SourceArn
	// Known are the keys that the request might have had beside those of Context. A
	// condition on any other is an error. Nil: all keys that are not in Context are absent.
	Known []string
}

// Allows reports whether a resource-based policy allows the request: one statement must allow it and none may deny it.
func (d Document) Allows(r Request) (bool, error) {
	allowed := false
	for _, s := range d.Statement {
		if !s.Principal.include(r) {
			continue
		}
		_, applies, err := s.applies(r)
		if err != nil {
			return false, fmt.Errorf("statement %q: %w", s.Sid, err)
		}
		if applies && s.Effect == "Deny" {
			return false, nil
		}
		allowed = allowed || applies
	}
	return allowed, nil
}

func (p Principals) include(r Request) bool {
	if r.Service != "" {
		return slices.Contains(p["Service"], r.Service) || slices.Contains(p["AWS"], "*")
	}
	return slices.ContainsFunc(p["AWS"], func(who string) bool {
		return who == "*" || who == r.Caller || r.CallerID != "" && who == r.CallerID || who == r.Account ||
			strings.HasSuffix(who, ":iam::"+r.Account+":root")
	})
}

// match is what in a statement a request is like; empty for what the statement names by
// exception.
type match struct{ action, resource string }

// applies reports whether a statement covers the request, regardless of the caller.
func (s Statement) applies(r Request) (match, bool, error) {
	m := match{action(s.Action, r.Action), resource(s.Resource, r.Resource)}
	if len(s.Action) > 0 && m.action == "" || action(s.NotAction, r.Action) != "" {
		return m, false, nil
	}
	if len(s.Resource) > 0 && m.resource == "" || resource(s.NotResource, r.Resource) != "" {
		return m, false, nil
	}
	ok, err := s.Condition.hold(r)
	return m, ok, err
}
