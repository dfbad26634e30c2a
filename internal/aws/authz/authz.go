// Package authz knows which permissions an AWS call needs: actions, resources and condition keys.
//
// Package reference has this for most calls, from the Service Authorization Reference. needs/*.yaml takes precedence.
// It covers APIs whose action has another name, services that ask for something else than the reference, condition keys
// with values from the call, and calls that pass a role. A call that neither source knows is an error and never allowed
// silently.
//
// The package does no I/O and does not import the lab.
package authz

import (
	"fmt"
	"maps"
	"slices"
)

// Call is an AWS call. Input uses the names of the wire protocol.
type Call struct {
	Partition, Region, Account string
	Service, API               string
	Input                      map[string]any
}

// Need is a permission that a call requires: the action on each of the resources.
type Need struct {
	Action    string
	Resources []string
	// Context holds the action's condition keys that have a value in the call.
	Context map[string]string
	// Keys lists all condition keys of the action, with or without a value in the call.
	Keys []string
}

// Acting is an action of a service with a role that a call passes to it.
type Acting struct {
	Role    string // ARN
	Service string // that assumes it
	Context map[string]string
	Needs   []Need
	Refusal string // the code of the call's error when the service cannot do it
}

// Answer lists the permissions that a call requires.
type Answer struct {
	Needs  []Need   // of the caller
	Acting []Acting // of services that the caller hands a role to
}

// Needs returns the permissions that a call requires.
func (t Table) Needs(c Call) (Answer, error) {
	entry, ok := t[c.Service+":"+c.API]
	if !ok {
		needs, err := c.referred()
		return Answer{Needs: needs}, err
	}
	needs, err := c.needs(entry.Needs)
	if err != nil {
		return Answer{}, fmt.Errorf("permissions of %s:%s: %w", c.Service, c.API, err)
	}
	a := Answer{Needs: needs}
	for _, u := range entry.Acting {
		if !c.has(u.When) {
			continue
		}
		acting, err := c.acting(u)
		if err != nil {
			return Answer{}, fmt.Errorf("actions of %s after %s:%s: %w", u.Service, c.Service, c.API, err)
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

// context returns the values of condition keys. Keys without a value, or with several values, are left out.
func (c Call) context(patterns map[string]string) map[string]string {
	filled := map[string]string{}
	for key, pattern := range patterns {
		if values, err := c.fill(pattern); err == nil && len(slices.Compact(values)) == 1 {
			filled[key] = values[0]
		}
	}
	return filled
}

// has reports whether the call has a non-empty input of this name. Every call has the input "".
func (c Call) has(name string) bool {
	return name == "" || slices.ContainsFunc(find(c.Input, name), func(value string) bool { return value != "" })
}
