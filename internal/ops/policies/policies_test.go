package policies_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/policies"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func repair(resource string) policies.Repair {
	return policies.Repair{Finding: "f-" + resource, Subject: policy.Subject{Control: policy.Control{ID: "X.1"},
		Account: "1", Region: "eu-west-1", Resource: resource, AskedAt: now}}
}

func rules(all ...policy.Rule) policy.Policy { return policy.Policy{Format: 1, Rules: all} }

func TestRead(t *testing.T) {
	t.Parallel()
	c := catalog.Embedded()
	control, _ := c.ByID("EC2.13")
	const group = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0123456789abcdef0"
	f, err := samplefinding.Build(samplefinding.Spec{Control: control, Resource: group, Account: "222222222222",
		Region: "eu-west-1", ID: "f", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	f["Severity"] = map[string]any{"Label": "HIGH"}
	f["Resources"].([]any)[0].(map[string]any)["Tags"] = map[string]any{"env": "prod"}
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	controls := policyfile.Controls(c)
	r, err := policies.Read(c, controls, raw, now)
	if s := r.Subject; err != nil || s.Control.ID != "EC2.13" || len(s.Control.Groups) == 0 ||
		len(s.Control.Standards) == 0 || s.Control.Risk == "" || s.Severity != "HIGH" || s.Account != "222222222222" ||
		s.Region != "eu-west-1" || s.Resource != group || s.AskedAt != now || r.Facts.Tags["env"] != "prod" {
		t.Errorf("Read = %+v, %v", r, err)
	}
	if _, err := policies.Read(c, controls, json.RawMessage(`{}`), now); err == nil {
		t.Error("nothing is a finding")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := rules(
		policy.Rule{Name: "ended", Decision: policy.Exempt, Until: now},
		policy.Rule{Name: "elsewhere", Line: 5, Decision: policy.Exempt, When: policy.When{Accounts: []string{"2"},
			Regions: []string{"us-*"}}},
		policy.Rule{Name: "tagged", Decision: policy.Exempt, When: policy.When{Regions: []string{"eu-*"},
			Tags: []string{"keep"}}},
		policy.Rule{Name: "here", Decision: policy.Ask, When: policy.When{Accounts: []string{"1"}}},
		policy.Rule{Name: "later", Decision: policy.Exempt})
	passed := []policies.Passed{{Rule: "ended", Decision: policy.Exempt, Ended: true},
		{Rule: "elsewhere", Line: 5, Decision: policy.Exempt, Unmet: []string{"accounts", "regions"}}}
	r := repair("a")
	v, got := policies.Explain(p, r, now)
	if diff := cmp.Diff(passed, got); v.Needs != policy.NeedTags || diff != "" {
		t.Errorf("without tags: %+v (-want +got):\n%s", v, diff)
	}
	r.Facts.Tags = map[string]string{}
	passed = append(passed, policies.Passed{Rule: "tagged", Decision: policy.Exempt, Unmet: []string{"tags"}})
	v, got = policies.Explain(p, r, now)
	if diff := cmp.Diff(passed, got); v.Rule.Name != "here" || diff != "" {
		t.Errorf("with tags: %+v (-want +got):\n%s", v, diff)
	}
	if v, got := policies.Explain(rules(p.Rules[:3]...), r, now); v.Decision != policy.Allow || len(got) != 3 {
		t.Errorf("no rule: %+v, %v", v, got)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	exempt := policy.Rule{Name: "exempt", Decision: policy.Exempt, When: policy.When{Resources: []string{"b*"}}}
	tags := policy.Rule{Name: "tags", Decision: policy.Exempt, When: policy.When{Tags: []string{"a"}}}
	repairs := []policies.Repair{repair("b2"), repair("a"), repair("b1")}
	var got []string
	for _, c := range policies.Diff(rules(), rules(exempt), repairs, now) {
		got = append(got, c.Repair.Finding+" "+policies.Says(c.Before)+" -> "+policies.Says(c.After))
	}
	if diff := cmp.Diff([]string{`f-b1 allow (no rule matches) -> exempt (rule "exempt")`,
		`f-b2 allow (no rule matches) -> exempt (rule "exempt")`}, got); diff != "" {
		t.Error(diff)
	}
	if all := policies.Diff(rules(exempt), rules(exempt), repairs, now); len(all) > 0 {
		t.Errorf("the same policy changes %v", all)
	}
	if all := policies.Diff(rules(), rules(tags), repairs, now); len(all) != 3 ||
		policies.Says(all[0].After) != "depends on the tags" {
		t.Errorf("a condition about tags: %+v", all)
	}
}

func TestRuleChanges(t *testing.T) {
	t.Parallel()
	rule := func(name string, line int, owner string) policy.Rule {
		return policy.Rule{Name: name, Line: line, Owner: owner, Decision: policy.Allow}
	}
	before := rules(rule("a", 1, ""), rule("b", 2, ""), rule("c", 3, ""), rule("d", 4, ""))
	after := rules(rule("new", 1, ""), rule("c", 2, ""), rule("a", 3, ""), rule("d", 9, "changed"))
	want := []policies.RuleChange{{"b", 0, "removed"}, {"new", 1, "added"}, {"c", 2, "moved"}, {"d", 9, "changed"}}
	if diff := cmp.Diff(want, policies.RuleChanges(before, after)); diff != "" {
		t.Error(diff)
	}
	if all := policies.RuleChanges(before, before); len(all) > 0 {
		t.Errorf("of the same: %v", all)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	p := rules(policy.Rule{Name: "units", Decision: policy.Exempt, When: policy.When{OUs: []string{"r-ab12"}}},
		policy.Rule{Name: "slow", Decision: policy.Delay, Delay: time.Hour})
	r := repair("a")
	for _, tc := range []struct {
		c       policyfile.Case
		facts   policy.Facts
		problem string
	}{
		{policyfile.Case{Expect: policy.Exempt}, policy.Facts{OUs: []string{"r-ab12"}}, ""},
		{policyfile.Case{Expect: policy.Exempt, Rule: "units"}, policy.Facts{OUs: []string{"r-ab12"}}, ""},
		{policyfile.Case{Expect: policy.Exempt, Rule: "slow"}, policy.Facts{OUs: []string{"r-ab12"}},
			`expected rule "slow"`},
		{policyfile.Case{Expect: policy.Allow}, policy.Facts{OUs: []string{"r-cd34"}}, "expected allow"},
		{policyfile.Case{Expect: policy.Delay}, policy.Facts{OUs: []string{"r-cd34"}}, ""},
		{policyfile.Case{Expect: policy.Exempt}, policy.Facts{}, "add ous: to the test"},
	} {
		r.Facts, tc.c.At = tc.facts, now
		if got := policies.Run(p, tc.c, r); got.Problem != tc.problem || got.Passed != (tc.problem == "") {
			t.Errorf("%+v with %v: %+v", tc.c, tc.facts, got)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	parked := func(id string, returned time.Time) decide.Parked {
		return decide.Parked{ReturnedAt: returned, Request: decide.Request{Ref: decide.Ref{ID: id}, Control: "X.1",
			Severity: "LOW", Since: now.Add(-time.Hour), AskedAt: now.Add(-time.Minute)}}
	}
	k := policies.Known{}
	k.Add(decide.Record{Target: target.Target{Account: "1", Region: "r", Resource: "x"},
		Parked: []decide.Parked{parked("f-a", time.Time{}), parked("f-b", time.Time{}), parked("f-c", now)}},
		map[string]policy.Control{"X.1": {ID: "X.1", Risk: "low"}})
	a, c := repair("a"), repair("c")
	waits, b := a, policies.Repair{Finding: "f-b",
		Subject: policy.Subject{Control: policy.Control{ID: "X.1", Risk: "low"},
			Severity: "LOW", FirstObserved: now.Add(-time.Hour), Account: "1", Region: "r", Resource: "x",
			AskedAt: now.Add(-time.Minute)}}
	waits.Subject.AskedAt = now.Add(-time.Minute)
	if diff := cmp.Diff([]policies.Repair{waits, c, b}, k.Join([]policies.Repair{a, c})); diff != "" {
		t.Error(diff)
	}
}
