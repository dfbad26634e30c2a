package target

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Parameter is the value of one runbook parameter.
type Parameter struct {
	Values []string
	// List says that the runbook treats the values as a set, so that two repairs of
	// one target may be joined by taking the values of both.
	List bool
	// Bound says that the value is a number of which the stricter of two does what both ask for.
	Bound Bound `dynamodbav:",omitempty" json:",omitempty"`
}

// Bound says which of two numbers is stricter.
type Bound string

// The bounds, as catalogs write them.
const (
	AtMost  Bound = "atMost"
	AtLeast Bound = "atLeast"
)

// covers reports whether a repair with a does what one with b would do.
func (a Parameter) covers(b Parameter) bool {
	switch {
	case a.List != b.List:
		return false
	case a.List:
		return !slices.ContainsFunc(b.Values, func(v string) bool { return !slices.Contains(a.Values, v) })
	case slices.Equal(a.Values, b.Values):
		return true // also for an attempt from before the bound was declared
	}
	have, errHave := strconv.Atoi(strings.Join(a.Values, " "))
	want, errWant := strconv.Atoi(strings.Join(b.Values, " "))
	return errHave == nil && errWant == nil && a.Bound == b.Bound &&
		(a.Bound == AtMost && have <= want || a.Bound == AtLeast && have >= want)
}

// join returns the value that covers both. It returns false when there is none.
func (a Parameter) join(b Parameter) (Parameter, bool) {
	switch {
	case a.List && b.List:
		values := slices.Concat(a.Values, b.Values)
		slices.Sort(values)
		return Parameter{Values: slices.Compact(values), List: true}, true
	case b.covers(a):
		return b, true
	case a.covers(b):
		return a, true
	}
	return Parameter{}, false
}

// Parameters are the inputs of a runbook, by name.
type Parameters map[string]Parameter

// Covers reports whether a repair with p does all that a repair with q would do. A parameter that only one of them has
// is not comparable: the default that the runbook has for the other may be more.
func (p Parameters) Covers(q Parameters) bool {
	if len(p) != len(q) {
		return false
	}
	for name, want := range q {
		if have, ok := p[name]; !ok || !have.covers(want) {
			return false
		}
	}
	return true
}

// Disjoint reports whether repairs with p and q have nothing in common: all values of a list differ. It returns false
// for unknown parameters.
func (p Parameters) Disjoint(q Parameters) bool {
	for name, a := range p {
		b, ok := q[name]
		if ok && a.List && b.List &&
			!slices.ContainsFunc(a.Values, func(v string) bool { return slices.Contains(b.Values, v) }) {
			return true
		}
	}
	return false
}

// Join returns the parameters of one repair that covers both p and q. It returns false
// when there is none: a value that is neither a list nor a bound differs, or a parameter is in one only.
func (p Parameters) Join(q Parameters) (Parameters, bool) {
	if len(p) != len(q) {
		return nil, false
	}
	joined := maps.Clone(p)
	for name, b := range q {
		a, ok := p[name]
		if !ok {
			return nil, false
		}
		if joined[name], ok = a.join(b); !ok {
			return nil, false
		}
	}
	return joined, true
}

// Clone returns parameters that share nothing with the original.
func (p Parameters) Clone() Parameters {
	c := maps.Clone(p)
	for name, v := range c {
		v.Values = slices.Clone(v.Values)
		c[name] = v
	}
	return c
}

// Input writes the parameters as StartAutomationExecution takes them.
func (p Parameters) Input() map[string][]string {
	in := make(map[string][]string, len(p))
	for name, v := range p {
		in[name] = v.Values
	}
	return in
}
