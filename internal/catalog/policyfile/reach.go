package policyfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	iam "hubmend/internal/aws/policy"
	"hubmend/internal/engine/policy"
)

// endsSoon is how long before its end a rule gets a warning, as its owner does.
const endsSoon = 14

// reach reports rules that decide nothing, or soon will not.
func (r *reader) reach(rules []policy.Rule, known map[string]policy.Control) {
	controls := make([]set, len(rules))
	ids := slices.Sorted(maps.Keys(known))
	for i, rule := range rules {
		controls[i] = controlsOf(rule.When, known, ids)
		switch {
		case !rule.Until.IsZero() && !r.now.Before(rule.Until):
			r.warn(rule.Line, 1, "rule %q ended on %s and matches nothing; remove it, or write a later until",
				rule.Name, lastDay(rule))
			continue
		case !rule.Until.IsZero() && r.now.AddDate(0, 0, endsSoon).After(rule.Until):
			r.warn(rule.Line, 1, "rule %q ends on %s; write a later until, or expect that it no longer applies",
				rule.Name, lastDay(rule))
		}
		if controls[i].empty() {
			r.at(rule.Line, 1, fmt.Sprintf("rule %q matches no control: none is in all its controls, groups, "+
				"standards and risks; remove one of these conditions", rule.Name))
			continue
		}
		for j, earlier := range rules[:i] {
			if covers(earlier, rule, controls[j], controls[i]) {
				r.at(rule.Line, 1, fmt.Sprintf("rule %q never decides, because rule %q in line %d matches "+
					"everything that it matches; write it before that rule, or remove it", rule.Name, earlier.Name,
					earlier.Line))
				break
			}
		}
	}
}

// set is a set of controls, a bit for each.
type set []uint64

func (s set) empty() bool {
	return !slices.ContainsFunc(s, func(bits uint64) bool { return bits != 0 })
}

func (s set) within(other set) bool {
	for i, bits := range s {
		if bits&^other[i] != 0 {
			return false
		}
	}
	return true
}

// controlsOf returns the controls that the conditions about controls match.
func controlsOf(w policy.When, known map[string]policy.Control, ids []string) set {
	s := make(set, (len(ids)+63)/64)
	about := policy.Policy{Rules: []policy.Rule{{Decision: policy.Exempt, When: policy.When{Controls: w.Controls,
		Groups: w.Groups, Standards: w.Standards, Risks: w.Risks}}}}
	for i, id := range ids {
		if about.Decide(policy.Subject{Control: known[id]}, policy.Facts{}, time.Time{}).Decision ==
			policy.Exempt {
			s[i/64] |= 1 << (i % 64)
		}
	}
	return s
}

func equal(a, b string) bool { return a == b }

// unitWithin knows that every organizational unit is below the root.
func unitWithin(narrow, wide string) bool { return narrow == wide || strings.HasPrefix(wide, "r-") }

// patternWithin reports whether one pattern matches everything that another matches. It may miss that it does.
func patternWithin(narrow, wide string) bool {
	return iam.Match(wide, narrow) && (!strings.Contains(wide, "?") || !strings.Contains(narrow, "*"))
}

func tagWithin(narrow, wide string) bool {
	key, value, valued := strings.Cut(narrow, "=")
	wideKey, pattern, wideValued := strings.Cut(wide, "=")
	return key == wideKey && (!wideValued || valued && patternWithin(value, pattern))
}

func toolWithin(narrow, wide string) bool { return narrow == wide || wide == policy.AnyTool }
