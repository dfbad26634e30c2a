// Package authz says what permissions an AWS call needs: which actions, on which
// resources, with which condition keys.
//
// The package reference has the Service Authorization Reference, which says it for most calls. needs/*.yaml
// is for the rest, and goes first: where API and action differ, where what services answer when they refuse
// says something else, where a condition key gets its value from the call, and where a call hands on a role.
// A call that neither knows is an error, never allowed in silence.
//
// It is pure and imports no package of the lab.
package authz

import (
	"fmt"
	"maps"
	"slices"
)

// Call is an AWS call. The names in Input are those that go over the wire.
type Call struct {
	Partition, Region, Account string
	Service, API               string
	Input                      map[string]any
}

// Need is one permission that a call takes: the action on each of the resources.
type Need struct {
	Action    string
	Resources []string
	// Context has the condition keys of the action that the call gives a value.
	Context map[string]string
	// Keys are all condition keys of the action, whether or not the call gives a value.
	Keys []string
}

// Acting is what a service does under a role that a call hands to it.
type Acting struct {
	Role    string // ARN
	Service string // that assumes it
	Context map[string]string
	Needs   []Need
	Refusal string // the code of the call's error when the service cannot do it
}

// Answer is what a call takes.
type Answer struct {
	Needs  []Need   // of the caller
	Acting []Acting // of services that the caller hands a role to
}

// Needs says what a call takes.
func (t Table) Needs(c Call) (Answer, error) {
	entry, ok := t[c.Service+":"+c.API]
	if !ok {
		needs, err := c.referred()
		return Answer{Needs: needs}, err
	}
	needs, err := c.needs(entry.Needs)
	if err != nil {
		return Answer{}, fmt.Errorf("what %s:%s needs: %w", c.Service, c.API, err)
	}
	a := Answer{Needs: needs}
	for _, u := range entry.Acting {
		if !c.has(u.When) {
			continue
		}
		acting, err := c.acting(u)
		if err != nil {
			return Answer{}, fmt.Errorf("what %s does after %s:%s: %w", u.Service, c.Service, c.API, err)
		}
		a.Acting = append(a.Acting, acting)
	}
	return a, nil
}

func (c Call) needs(entries []need) ([]Need, error) {
	var all []Need
	for _, n := range entries {
		if !c.has(n.When) || n.Unless != "" && c.has(n.Unless) {
			continue
		}
		one := Need{Action: n.Action, Context: c.context(n.Context), Keys: slices.Sorted(maps.Keys(n.Context))}
		for _, pattern := range n.Resources {
			resources, err := c.fill(pattern)
			if err != nil {
				return nil, err
			}
			one.Resources = append(one.Resources, resources...)
		}
		all = append(all, one)
	}
	return all, nil
}

func (c Call) acting(u acting) (Acting, error) {
	roles, err := c.fill(u.Role)
	if err != nil {
		return Acting{}, err
	}
	needs, err := c.needs(u.Needs)
	return Acting{Role: roles[0], Service: u.Service, Context: c.context(u.Context), Needs: needs, Refusal: u.Refusal},
		err
}

// context fills in condition keys. One that the call gives no value, or several, is left out.
func (c Call) context(patterns map[string]string) map[string]string {
	filled := map[string]string{}
	for key, pattern := range patterns {
		if values, err := c.fill(pattern); err == nil && len(slices.Compact(values)) == 1 {
			filled[key] = values[0]
		}
	}
	return filled
}

// has says whether the call has an input of this name that is not empty. Every call has "".
func (c Call) has(name string) bool {
	return name == "" || slices.ContainsFunc(find(c.Input, name), func(value string) bool { return value != "" })
}
