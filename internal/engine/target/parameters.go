package target

import (
	"maps"
	"slices"
)

// Parameter is the value of one runbook parameter.
type Parameter struct {
	Values []string
	// List says that the runbook treats the values as a set, so that two repairs of
	// one target may be joined by taking the values of both.
	List bool
}

// Parameters are the inputs of a runbook, by name.
type Parameters map[string]Parameter

// Covers reports whether a repair with p does all that a repair with q would do.
func (p Parameters) Covers(q Parameters) bool {
	for name, want := range q {
		have, ok := p[name]
		if !ok || have.List != want.List {
			return false
		}
		if !want.List && !slices.Equal(have.Values, want.Values) {
			return false
		}
		for _, v := range want.Values {
			if !slices.Contains(have.Values, v) {
				return false
			}
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
// when there is none: a value that is no list differs, or a parameter is in one only.
func (p Parameters) Join(q Parameters) (Parameters, bool) {
	if len(p) != len(q) {
		return nil, false
	}
	joined := maps.Clone(p)
	for name, b := range q {
		a, ok := p[name]
		if !ok || a.List != b.List || !a.List && !slices.Equal(a.Values, b.Values) {
			return nil, false
		}
		if a.List {
			values := slices.Concat(a.Values, b.Values)
			slices.Sort(values)
			joined[name] = Parameter{Values: slices.Compact(values), List: true}
		}
	}
	return joined, true
}

// Clone returns parameters that share nothing with the original.
func (p Parameters) Clone() Parameters {
	c := maps.Clone(p)
	for name, v := range c {
		c[name] = Parameter{Values: slices.Clone(v.Values), List: v.List}
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
