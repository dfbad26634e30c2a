package policyfile_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/prepared"
)

// The schema for editors has the keys that files may have, and no others.
func TestSchemaHasTheKeysOfFiles(t *testing.T) {
	t.Parallel()
	type form struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	var schema struct {
		form
		Defs map[string]form `json:"$defs"`
	}
	if err := json.Unmarshal(policyfile.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	inside := func(of form, key string) (inner form) {
		t.Helper()
		if err := json.Unmarshal(of.Properties[key], &inner); err != nil {
			t.Fatal(err)
		}
		return inner
	}
	for what, tc := range map[string]struct {
		form form
		text string
	}{
		"a policy":      {schema.form, "strangest: 1"},
		"proposals":     {inside(schema.form, "proposals"), "version: 1\nproposals: {strangest: 1}"},
		"budgets":       {inside(schema.form, "budgets"), "version: 1\nbudgets: {strangest: 1}"},
		"a rule":        {schema.Defs["rule"], ruled("strangest: 1")},
		"when":          {schema.Defs["when"], ruled("when: {strangest: 1}")},
		"firstObserved": {inside(schema.Defs["when"], "firstObserved"), ruled("when: {firstObserved: {strangest: 1}}")},
		"a window":      {schema.Defs["window"], ruled("windows: [{strangest: 1}]")},
		"a test":        {schema.Defs["test"], "version: 1\ntests: [{strangest: 1}]"},
	} {
		_, keys, _ := strings.Cut(printed(tc.text), "unknown key strangest; "+what+" has the keys ")
		keys, _, _ = strings.Cut(keys, "\n")
		if diff := cmp.Diff(strings.Split(keys, ", "), slices.Sorted(maps.Keys(tc.form.Properties))); diff != "" {
			t.Errorf("%s (-file +schema):\n%s", what, diff)
		}
	}
}

// The schema accepts and refuses what Parse does, as far as a schema can tell.
func TestSchemaAgreesWithParse(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(policyfile.Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("policy.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"version: 1":                        true,
		"version: 2":                        false,
		"owner: a":                          false,
		ruled("name: a", "decision: allow"): true,
		ruled("name: a", "decision: exempt", "reason: b", "owner: c", "until: 2027-01-01"):            true,
		ruled("name: a", "decision: exempt", "owner: c", "forever: d"):                                true,
		ruled("name: a", "decision: exempt", "owner: c", "until: 2027-01-01"):                         false,
		ruled("name: a", "decision: exempt", "reason: b", "owner: c"):                                 false,
		ruled("name: a", "decision: ask", "until: 2027-01-01", "forever: d"):                          false,
		ruled("name: a", "decision: ask", "until: never"):                                             false,
		ruled("name: a", "decision: ask", "forever: d", `approvers: ["arn:aws:iam::*:role/a"]`):       true,
		ruled("name: a", "decision: delay"):                                                           false,
		ruled("name: a", "decision: delay", "delay: 3d", "windows: [{days: [mon]}]"):                  true,
		ruled("name: a", "decision: delay", "windows: [{timeZone: UTC}]"):                             false,
		ruled("name: a", "decision: allow", "delay: 3d"):                                              false,
		ruled("name: a", "decision: allow", `approvers: ["arn:aws:iam::*:role/a"]`):                   false,
		ruled("name: a", "decision: allow", "when: {accounts: [111122223333]}"):                       false,
		ruled("name: a", "decision: allow", `when: {accounts: ["111122223333"], ous: [r-ab12]}`):      true,
		ruled("name: a", "decision: allow", "when: {controls: []}"):                                   false,
		ruled("name: a", "decision: allow", "when: {firstObserved: {}}"):                              false,
		ruled("name: a", "decision: allow", "when: {firstObserved: {after: 2026-01-01T12:00:00Z}}"):   true,
		"version: 1\ntests: [{control: EC2.13, expect: allow, tags: {}, at: 2026-01-01}]":             true,
		"version: 1\ntests: [{control: EC2.13, finding: f.json, expect: allow}]":                      false,
		"version: 1\ntests: [{control: EC2.13}]":                                                      false,
		"version: 1\nproposals: {expire: 7d, secondPerson: true}\nbudgets: {dailyPerOrganization: 0}": false,
		"version: 1\nproposals: {expire: 7d, secondPerson: true}\nbudgets: {dailyPerOrganization: 1}": true,
	} {
		document, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); (err == nil) != want {
			t.Errorf("the schema on %q: %v", text, err)
		}
		if got := printed(text); (got == "") != want {
			t.Errorf("Parse of %q: %s", text, got)
		}
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	f, problems := policyfile.Parse([]byte(`version: 1
tests:
  - name: exempt
    control: ec2.13
    account: "111122223333"
    region: eu-west-1
    resource: sg-1
    severity: high
    firstObserved: 2026-01-01
    askedAt: 2026-01-02
    ous: [r-ab12]
    tags: {env: prod}
    at: 2026-01-03T04:05:06Z
    expect: exempt
    rule: a
  - {finding: one.json, expect: allow, tags: {}}
`), catalog.Embedded(), now)
	want := []policyfile.Case{
		{Name: "exempt", Line: 3, At: date(2026, 1, 3).Add(4*3600e9 + 5*60e9 + 6e9), Expect: policy.Exempt, Rule: "a",
			Subject: policy.Subject{Control: policy.Control{ID: "EC2.13"}, Account: "111122223333", Region: "eu-west-1",
				Resource: "sg-1", Severity: "HIGH", FirstObserved: date(2026, 1, 1), AskedAt: date(2026, 1, 2)},
			Facts: policy.Facts{OUs: []string{"r-ab12"}, Tags: map[string]string{"env": "prod"}}},
		{Line: 16, File: "one.json", At: now, Expect: policy.Allow, Facts: policy.Facts{Tags: map[string]string{}},
			Subject: policy.Subject{Region: "global", AskedAt: now}},
	}
	if diff := cmp.Diff(want, f.Tests); diff != "" || len(problems) > 0 {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	for text, want := range map[string]string{
		"{control: EC2.13}":                                  "the test expects nothing; write expect: exempt, ask, delay or allow",
		"{expect: allow}":                                    "a test is about one finding; write either finding: with a file in JSON, or control: with account:, region:, resource: and so on",
		`{control: "EC2.*", expect: allow}`:                  "a test is about one control and one Region; write them without * and ?",
		"{control: EC2.13, expect: allow, tags: [env=prod]}": "tags must be a mapping; write {key: value}, or {} for none",
		"{control: EC2.13, expect: allow, account: 1}":       `account must be a text, and 1 is a number; write "1" instead`,
	} {
		_, got, _ := strings.Cut(printed("version: 1\ntests: ["+text+"]"), ": ")
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	cases, problems := policyfile.ParseTests([]byte("tests: [{control: EC2.13, expect: allow}]"), catalog.Embedded(),
		now)
	if len(cases) != 1 || len(problems) > 0 {
		t.Errorf("ParseTests = %v, %v", cases, problems)
	}
	if _, problems := policyfile.ParseTests([]byte("version: 1"), catalog.Embedded(), now); len(problems) != 2 {
		t.Errorf("ParseTests of a policy = %v", problems)
	}
}

// Policies know the same of a control here as in functions.
func TestControls(t *testing.T) {
	t.Parallel()
	c := catalog.Embedded()
	text, err := c.Prepared()
	if err != nil {
		t.Fatal(err)
	}
	functions := prepared.Parse(string(text))
	for id, control := range policyfile.Controls(c) {
		known, _ := functions.ByID(id)
		want := dispatch.PolicyControl(known, functions.Groups(id))
		slices.Sort(want.Standards)
		if diff := cmp.Diff(want, control); diff != "" {
			t.Errorf("%s (-functions +file):\n%s", id, diff)
		}
	}
}
