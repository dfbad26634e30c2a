package policies

import (
	"fmt"

	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy"
)

// Result is the outcome of a test of a policy.
type Result struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Passed bool   `json:"passed"`
	Got    string `json:"got"` // what was decided
	// Problem is what was expected instead; empty if the test passed.
	Problem string `json:"problem,omitempty"`
}

// Run decides about the finding of a test.
func Run(p policy.Policy, c policyfile.Case, r Repair) Result {
	v, _ := Explain(p, r, c.At)
	result := Result{Name: c.Name, Line: c.Line, Got: Says(v)}
	if result.Name == "" {
		result.Name = fmt.Sprintf("%s of %s", c.Expect, r.Subject.Control.ID)
	}
	switch {
	case v.Needs != "":
		result.Problem = fmt.Sprintf("add %s: to the test", key(v.Needs))
	case v.Decision != c.Expect:
		result.Problem = fmt.Sprintf("expected %s", c.Expect)
	case c.Rule != "" && c.Rule != v.Rule.Name:
		result.Problem = fmt.Sprintf("expected rule %q", c.Rule)
	}
	result.Passed = result.Problem == ""
	return result
}

func key(n policy.Need) string {
	if n == policy.NeedOUs {
		return "ous"
	}
	return "tags"
}

// Says returns a verdict in a few words.
func Says(v policy.Verdict) string {
	switch {
	case v.Needs != "":
		return "depends on the " + string(v.Needs)
	case v.Rule.Decision == "":
		return string(v.Decision) + " (no rule matches)"
	case v.Rule.Name == "":
		return fmt.Sprintf("%s (%s)", v.Decision, v.Rule.Reason)
	case !v.NotBefore.IsZero():
		return fmt.Sprintf("%s until %s (rule %q)", v.Decision, v.NotBefore.UTC().Format("2006-01-02 15:04 UTC"),
			v.Rule.Name)
	}
	return fmt.Sprintf("%s (rule %q)", v.Decision, v.Rule.Name)
}
