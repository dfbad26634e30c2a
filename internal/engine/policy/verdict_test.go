package policy_test

import (
	"testing"
	"time"

	"hubmend/internal/engine/policy"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

func subject(edits ...func(*policy.Subject)) policy.Subject {
	s := policy.Subject{
		Control: policy.Control{ID: "X.22", Groups: []string{"CIS1", "X22"}, Standards: []string{"cis/v/1", "fsbp/v/1"},
			Risk: "high"},
		Severity: "HIGH", FirstObserved: noon.AddDate(0, 0, -10), Account: "222222222222", Region: "eu-west-1",
		Resource: "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0a", AskedAt: noon,
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

var known = policy.Facts{OUs: []string{"ou-1-app", "ou-1-prod", "r-1"},
	Tags: map[string]string{"env": "prod", "team": ""}}

// Each condition matches what it says and nothing else, whatever the others say.
func TestConditions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		when    policy.When
		matches bool
	}{
		"none":               {policy.When{}, true},
		"control":            {policy.When{Controls: []string{"x.22"}}, true},
		"control by pattern": {policy.When{Controls: []string{"Y.1", "X.*"}}, true},
		"another control":    {policy.When{Controls: []string{"X.2"}}, false},
		"group":              {policy.When{Groups: []string{"CIS1"}}, true},
		"another group":      {policy.When{Groups: []string{"CIS"}}, false},
		"standard":           {policy.When{Standards: []string{"fsbp/v/1"}}, true},
		"another standard":   {policy.When{Standards: []string{"pci/v/1"}}, false},
		"risk":               {policy.When{Risks: []string{"medium", "high"}}, true},
		"another risk":       {policy.When{Risks: []string{"low"}}, false},
		"severity":           {policy.When{Severities: []string{"HIGH"}}, true},
		"another severity":   {policy.When{Severities: []string{"LOW"}}, false},
		"account":            {policy.When{Accounts: []string{"111111111111", "222222222222"}}, true},
		"another account":    {policy.When{Accounts: []string{"111111111111"}}, false},
		"Region":             {policy.When{Regions: []string{"eu-*"}}, true},
		"another Region":     {policy.When{Regions: []string{"us-*", "global"}}, false},
		"ARN": {policy.When{Resources: []string{"arn:aws:ec2:*:security-group/sg-0a"}},
			true},
		"a resource's own id":                {policy.When{Resources: []string{"sg-0?"}}, true},
		"a part of the id":                   {policy.When{Resources: []string{"sg-0"}}, false},
		"OU":                                 {policy.When{OUs: []string{"ou-1-app"}}, true},
		"OU above":                           {policy.When{OUs: []string{"ou-1-prod"}}, true},
		"root":                               {policy.When{OUs: []string{"r-1"}}, true},
		"another OU":                         {policy.When{OUs: []string{"ou-1-dev"}}, false},
		"tag":                                {policy.When{Tags: []string{"env"}}, true},
		"tag with a value":                   {policy.When{Tags: []string{"env=pr*"}}, true},
		"tag with another value":             {policy.When{Tags: []string{"env=dev"}}, false},
		"tag without a value":                {policy.When{Tags: []string{"team="}}, true},
		"another tag":                        {policy.When{Tags: []string{"Env"}}, false},
		"not managed":                        {policy.When{ManagedBy: []string{"any"}}, false},
		"first observed before":              {policy.When{FirstObservedBefore: noon}, true},
		"not first observed before":          {policy.When{FirstObservedBefore: noon.AddDate(0, 0, -10)}, false},
		"first observed after":               {policy.When{FirstObservedAfter: noon.AddDate(0, 0, -10)}, true},
		"not first observed after":           {policy.When{FirstObservedAfter: noon}, false},
		"all hold":                           {policy.When{Controls: []string{"X.22"}, Tags: []string{"env"}}, true},
		"one does not":                       {policy.When{Controls: []string{"X.22"}, Tags: []string{"nope"}}, false},
		"one that needs no fact does not":    {policy.When{Controls: []string{"Y.1"}, OUs: []string{"r-1"}}, false},
		"tags hold, and the OU does not":     {policy.When{OUs: []string{"ou-9"}, Tags: []string{"env"}}, false},
		"a pattern that is only text inside": {policy.When{Regions: []string{"west"}}, false},
	} {
		p := policy.Policy{Rules: []policy.Rule{{Name: "r", Decision: policy.Exempt, When: tc.when}}}
		v := p.Decide(subject(), known, noon)
		if got := v.Decision == policy.Exempt; got != tc.matches || v.Needs != "" || got != (v.Rule.Name == "r") {
			t.Errorf("%s: Decide = %+v, want a match: %t", name, v, tc.matches)
		}
	}
}

// The first rule that matches decides, and a rule that has ended does not match.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	rule := func(name string, d policy.Decision, edits ...func(*policy.Rule)) policy.Rule {
		r := policy.Rule{Name: name, Decision: d}
		for _, edit := range edits {
			edit(&r)
		}
		return r
	}
	until := func(at time.Time) func(*policy.Rule) { return func(r *policy.Rule) { r.Until = at } }
	only := func(w policy.When) func(*policy.Rule) { return func(r *policy.Rule) { r.When = w } }
	delay := func(d time.Duration) func(*policy.Rule) { return func(r *policy.Rule) { r.Delay = d } }
	tagged, inOU := only(policy.When{Tags: []string{"env"}}), only(policy.When{OUs: []string{"r-1"}})
	withApproval := subject(func(s *policy.Subject) { s.Control.Approval = "A person decides." })
	for name, tc := range map[string]struct {
		rules []policy.Rule
		of    policy.Subject
		facts policy.Facts
		want  policy.Verdict // with the name of the rule only
	}{
		"no rules": {nil, subject(), known, policy.Verdict{Decision: policy.Allow}},
		"the first": {[]policy.Rule{rule("a", policy.Allow), rule("b", policy.Exempt)}, subject(), known,
			verdict(policy.Allow, "a")},
		"the other way round": {[]policy.Rule{rule("b", policy.Exempt), rule("a", policy.Allow)}, subject(), known,
			verdict(policy.Exempt, "b")},
		"one that has ended": {[]policy.Rule{rule("a", policy.Exempt, until(noon)), rule("b", policy.Ask)}, subject(),
			known,
			verdict(policy.Ask, "b")},
		"one that ends in a moment": {[]policy.Rule{rule("a", policy.Exempt, until(noon.Add(1)))}, subject(), known,
			verdict(policy.Exempt, "a")},
		"a delay": {[]policy.Rule{rule("a", policy.Delay, delay(time.Hour)), rule("b", policy.Exempt)}, subject(),
			known,
			policy.Verdict{Decision: policy.Delay, Rule: policy.Rule{Name: "a"}, NotBefore: noon.Add(time.Hour)}},
		"a delay that is over": {[]policy.Rule{rule("a", policy.Delay, delay(time.Hour)), rule("b", policy.Exempt)},
			subject(func(s *policy.Subject) { s.AskedAt = noon.Add(-time.Hour) }), known, verdict(policy.Allow, "a")},
		"tags that are not known": {[]policy.Rule{rule("a", policy.Exempt, tagged)}, subject(),
			policy.Facts{OUs: []string{}}, policy.Verdict{Needs: policy.NeedTags}},
		"OUs that are not known": {[]policy.Rule{rule("a", policy.Allow, inOU)}, subject(), policy.Facts{},
			policy.Verdict{Needs: policy.NeedOUs}},
		"a fact that no rule before needs": {[]policy.Rule{rule("a", policy.Allow), rule("b", policy.Exempt, tagged)},
			subject(),
			policy.Facts{}, verdict(policy.Allow, "a")},
		"a fact of a rule that has ended": {[]policy.Rule{rule("a", policy.Exempt, tagged, until(noon))}, subject(),
			policy.Facts{}, policy.Verdict{Decision: policy.Allow}},
		"an approval of the catalog": {nil, withApproval, known, verdict(policy.Ask, "")},
		"a broad rule allows no such control": {[]policy.Rule{rule("a", policy.Allow, inOU)}, withApproval, known,
			verdict(policy.Ask, "")},
		"nor does a pattern": {[]policy.Rule{rule("a", policy.Allow, only(policy.When{Controls: []string{"X.*"}}))},
			withApproval,
			known, verdict(policy.Ask, "")},
		"a rule that names it does": {
			[]policy.Rule{rule("a", policy.Allow, only(policy.When{Controls: []string{"x.22"}}))},
			withApproval, known, verdict(policy.Allow, "a")},
		"an exemption is stricter": {[]policy.Rule{rule("a", policy.Exempt)}, withApproval, known,
			verdict(policy.Exempt, "a")},
	} {
		got := policy.Policy{Rules: tc.rules}.Decide(tc.of, tc.facts, noon)
		got.Rule = policy.Rule{Name: got.Rule.Name}
		if got.Decision != tc.want.Decision || got.Rule.Name != tc.want.Rule.Name || got.Needs != tc.want.Needs ||
			!got.NotBefore.Equal(tc.want.NotBefore) {
			t.Errorf("%s: Decide = %+v, want %+v", name, got, tc.want)
		}
	}
}

func verdict(d policy.Decision, rule string) policy.Verdict {
	return policy.Verdict{Decision: d, Rule: policy.Rule{Name: rule}}
}

// A repair starts in a window only, in the window's time zone, also across midnight and when clocks change.
func TestWindows(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	night := policy.Window{From: 22 * 60, To: 4 * 60, Zone: "Europe/Berlin"}
	weekend := policy.Window{Days: []time.Weekday{time.Saturday, time.Sunday}, From: 0, To: 24 * 60}
	friday := policy.Window{Days: []time.Weekday{time.Friday}, From: 22 * 60, To: 2 * 60}
	for name, tc := range map[string]struct {
		windows  []policy.Window
		now, out string // UTC; out is empty when it may start now
	}{
		"before":                       {[]policy.Window{night}, "2026-03-04 12:00", "2026-03-04 21:00"},
		"in it, before midnight":       {[]policy.Window{night}, "2026-03-04 22:30", ""},
		"in it, after midnight":        {[]policy.Window{night}, "2026-03-04 02:30", ""},
		"at its end":                   {[]policy.Window{night}, "2026-03-04 03:00", "2026-03-04 21:00"},
		"on the day that clocks go on": {[]policy.Window{night}, "2026-03-29 12:00", "2026-03-29 20:00"},
		"a day of the week":            {[]policy.Window{weekend}, "2026-03-04 12:00", "2026-03-07 00:00"},
		"all of that day":              {[]policy.Window{weekend}, "2026-03-08 23:59", ""},
		"the day after":                {[]policy.Window{weekend}, "2026-03-09 00:00", "2026-03-14 00:00"},
		"the night that began on it":   {[]policy.Window{friday}, "2026-03-07 01:59", ""},
		"and no other night":           {[]policy.Window{friday}, "2026-03-08 01:00", "2026-03-13 22:00"},
		"the earlier of two":           {[]policy.Window{weekend, night}, "2026-03-04 12:00", "2026-03-04 21:00"},
		"a zone that is not known": {[]policy.Window{{From: 0, To: 60, Zone: "Mars/Base"}}, "2026-03-04 00:30",
			"9999-01-01 00:00"},
	} {
		p := policy.Policy{Rules: []policy.Rule{{Decision: policy.Delay, Windows: tc.windows}}}
		now := at(tc.now)
		v := p.Decide(subject(func(s *policy.Subject) { s.AskedAt = now }), known, now)
		switch {
		case tc.out == "" && v.Decision != policy.Allow:
			t.Errorf("%s: it waits until %s", name, v.NotBefore)
		case tc.out != "" && (v.Decision != policy.Delay || !v.NotBefore.Equal(at(tc.out))):
			t.Errorf("%s: Decide = %s until %s, want %s", name, v.Decision, v.NotBefore, tc.out)
		}
	}
}

func TestManagedBy(t *testing.T) {
	t.Parallel()
	for want, all := range map[string][]map[string]string{
		"": {nil, {"Name": "terraform"}, {"env": "prod"}, {"Terraform": "false"}, {"ManagedBy": "ann"}},
		"cloudformation": {{"aws:cloudformation:stack-name": "s"},
			{"aws:cloudformation:stack-id": "x", "ManagedBy": "Terraform"},
			{"managed-by": "CloudFormation"}},
		"terraform": {{"ManagedBy": "Terraform"}, {"managed_by": "terraform"}, {"terraform": "true"},
			{"IaC": "terraform 1.9"},
			{"terraform:module": "vpc"}},
		"pulumi": {{"pulumi:project": "p"}, {"CreatedBy": "pulumi"}},
		"cdk":    {{"Provisioner": "cdk"}},
	} {
		for _, tags := range all {
			if got := policy.ManagedBy(tags); got != want {
				t.Errorf("ManagedBy(%v) = %q, want %q", tags, got, want)
			}
		}
	}
}

// A function never goes by a policy that it does not wholly understand.
func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		ok   bool
	}{
		"empty": {`{"format":1}`, true},
		"a rule": {`{"format":1,"rules":[{"name":"r","decision":"ask","when":{"controls":["X.1"]}}]}`,
			true},
		"no format":      {`{}`, false},
		"a newer format": {`{"format":2}`, false},
		"an unknown condition": {`{"format":1,"rules":[{"name":"r","decision":"ask","when":{"moon":["full"]}}]}`,
			false},
		"an unknown decision": {`{"format":1,"rules":[{"name":"r","decision":"maybe"}]}`, false},
		"an unknown time zone": {
			`{"format":1,"rules":[{"name":"r","decision":"delay","windows":[{"from":0,"to":1,"zone":"X/Y"}]}]}`, false},
		"a time after midnight": {
			`{"format":1,"rules":[{"name":"r","decision":"delay","windows":[{"from":1440,"to":1}]}]}`, false},
		"a negative delay":       {`{"format":1,"rules":[{"name":"r","decision":"delay","delay":-1}]}`, false},
		"something behind it":    {`{"format":1} {}`, false},
		"half of it":             {`{"format":1,"ru`, false},
		"nothing":                {``, false},
		"a list":                 {`[]`, false},
		"a rule without a match": {`{"format":1,"rules":[{"name":"r","decision":""}]}`, false},
	} {
		if _, err := policy.Parse([]byte(tc.text)); (err == nil) != tc.ok {
			t.Errorf("%s: Parse = %v", name, err)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	a := policy.Policy{Format: 1, Rules: []policy.Rule{{Name: "a", Decision: policy.Ask}}}
	b := policy.Policy{Format: 1, Rules: []policy.Rule{{Name: "a", Decision: policy.Exempt}}}
	if again := a; a.Hash() == b.Hash() || again.Hash() != a.Hash() {
		t.Errorf("Hash = %s and %s", a.Hash(), b.Hash())
	}
}

// A decision among 2,000 rules costs less than a millisecond.
func BenchmarkDecide(b *testing.B) {
	p := policy.Policy{Format: 1}
	for range 2000 {
		p.Rules = append(p.Rules, policy.Rule{Name: "r", Decision: policy.Exempt, When: policy.When{
			Controls: []string{"Y.1", "Y.*"}, Accounts: []string{"111111111111"},
			Resources: []string{"arn:aws:s3:::payments-*"}, Tags: []string{"env=prod"}}})
	}
	s := subject()
	b.ReportAllocs()
	for b.Loop() {
		if v := p.Decide(s, known, noon); v.Decision != policy.Allow {
			b.Fatal(v)
		}
	}
}
