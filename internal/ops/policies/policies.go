// Package policies shows people what a policy means: which rule decides about a finding and why, and what another
// policy would change. It starts nothing.
package policies

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/findingfile"
)

// Repair is a remediation that a policy decides about.
type Repair struct {
	Finding string // its id
	Subject policy.Subject
	Facts   policy.Facts
}

// Read returns the remediation that a finding asks for, as if it asked now. The error says why there is none. Tags are
// those that Security Hub recorded.
func Read(c *catalog.Catalog, controls map[string]policy.Control, raw json.RawMessage, now time.Time) (Repair, error) {
	f, tags, err := findingfile.Read(raw)
	if err != nil {
		return Repair{}, err
	}
	control, t, _, err := dispatch.Asked(c, f)
	if err != nil {
		return Repair{}, err
	}
	r := Repair{Finding: f.ID, Subject: dispatch.Subject(controls[control.ID], f, t, now)}
	r.Facts.Tags = tags
	return r, nil
}

// Passed is an earlier rule that does not match.
type Passed struct {
	Rule     string          `json:"rule"`
	Line     int             `json:"line,omitempty"`
	Decision policy.Decision `json:"decision"`
	Ended    bool            `json:"ended,omitempty"` // its end has passed, so that its conditions do not count
	Unmet    []string        `json:"unmet,omitempty"` // the conditions that do not hold
}

// Explain returns what a policy decides about a remediation, and why each rule before the one that decides does not.
func Explain(p policy.Policy, r Repair, now time.Time) (policy.Verdict, []Passed) {
	v := p.Decide(r.Subject, r.Facts, now)
	var passed []Passed
	for _, rule := range p.Rules {
		one := Passed{Rule: rule.Name, Line: rule.Line, Decision: rule.Decision,
			Ended: !rule.Until.IsZero() && !now.Before(rule.Until)}
		if !one.Ended {
			one.Unmet = rule.When.Unmet(r.Subject, r.Facts)
		}
		if !one.Ended && (len(one.Unmet) == 0 || v.Needs != "" && undecided(rule, r)) {
			return v, passed
		}
		passed = append(passed, one)
	}
	return v, passed
}

// undecided reports whether a rule is the one whose decision depends on a fact that is not known.
func undecided(rule policy.Rule, r Repair) bool {
	only := policy.Policy{Rules: []policy.Rule{rule}}
	only.Rules[0].Until = time.Time{}
	return only.Decide(r.Subject, r.Facts, r.Subject.AskedAt).Needs != ""
}

// Change is a remediation about which two policies decide differently.
type Change struct {
	Repair        Repair
	Before, After policy.Verdict
}

// Diff returns the remediations about which two policies decide differently, sorted by control and resource.
func Diff(before, after policy.Policy, repairs []Repair, now time.Time) []Change {
	var all []Change
	for _, r := range repairs {
		c := Change{r, before.Decide(r.Subject, r.Facts, now), after.Decide(r.Subject, r.Facts, now)}
		if c.Before.Decision != c.After.Decision || c.Before.Needs != c.After.Needs {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Change) int {
		x, y := a.Repair.Subject, b.Repair.Subject
		return cmp.Or(catalog.Compare(x.Control.ID, y.Control.ID), cmp.Compare(x.Account, y.Account),
			cmp.Compare(x.Region, y.Region), cmp.Compare(x.Resource, y.Resource))
	})
	return all
}

// RuleChange is a rule that is in one of two policies only, or different in them.
type RuleChange struct {
	Rule   string `json:"rule"`
	Line   int    `json:"line,omitempty"` // in the new policy
	Change string `json:"change"`         // added, removed, changed or moved
}

// RuleChanges compares the rules of two policies by name.
func RuleChanges(before, after policy.Policy) []RuleChange {
	var all []RuleChange
	var kept []string // that are in both, in the order of before
	for _, rule := range before.Rules {
		if place(after, rule.Name) < 0 {
			all = append(all, RuleChange{Rule: rule.Name, Change: "removed"})
			continue
		}
		kept = append(kept, rule.Name)
	}
	for _, rule := range after.Rules {
		i := place(before, rule.Name)
		switch {
		case i < 0:
			all = append(all, RuleChange{rule.Name, rule.Line, "added"})
			continue
		case !same(before.Rules[i], rule):
			all = append(all, RuleChange{rule.Name, rule.Line, "changed"})
		case kept[0] != rule.Name:
			all = append(all, RuleChange{rule.Name, rule.Line, "moved"})
		}
		kept = slices.DeleteFunc(kept, func(name string) bool { return name == rule.Name })
	}
	return all
}

func place(p policy.Policy, name string) int {
	return slices.IndexFunc(p.Rules, func(r policy.Rule) bool { return r.Name == name })
}

// same reports whether two rules are equal but for their places in files.
func same(a, b policy.Rule) bool {
	a.Line, b.Line = 0, 0
	hash := func(r policy.Rule) string { return policy.Policy{Rules: []policy.Rule{r}}.Hash() }
	return hash(a) == hash(b)
}
