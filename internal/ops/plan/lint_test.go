package plan_test

import (
	"strings"
	"testing"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/ops/plan"
)

// A person who approves a repair sees what it may break, or what is not known.
func TestEvidenceOfRisk(t *testing.T) {
	t.Parallel()
	for _, c := range catalog.Embedded().Controls {
		if c.Runbook == "" || c.Risk != "high" && c.Approval == "" {
			continue
		}
		if n, err := plan.Evidence(c.Runbook); n == 0 || err != nil {
			t.Errorf("%s: ssm-documents/uses/%s.yaml has no evidence of what the repair may break: %v", c.ID, c.Runbook, err)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs botocore's models")
	}
	models, err := apimodel.Find("../../../.venv")
	if err != nil {
		t.Fatal(err)
	}
	problems, err := plan.Lint(catalog.Embedded(), models)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for name, tc := range map[string]struct{ file, text, want string }{
		"a use that writes": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:DisableKey", input: {KeyId: "{{ KeyId }}"}}]`,
			"kms:DisableKey is not known to read only"},
		"a use of another's": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:ListAliases", input: {KeyId: "{{ GroupId }}"}}]`,
			"{{ GroupId }} is no parameter of the runbook"},
		"a use with a wrong input": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:ListAliases", input: {Key: x}}]`, "has no parameter Key"},
		"a use of nothing": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:ListAliases", path: $.Names}]`,
			"the answer of kms:ListAliases has no $.Names"},
		"a use of no API": {"uses/EnableKeyRotation", `[{name: a, title: A, call: "kms:ListNothing"}]`,
			"no API ListNothing"},
		"a use for each of none": {"uses/EnableKeyRotation",
			`[{name: a, title: A, each: b, call: "kms:ListAliases"}]`, "each is b, which is no use above"},
		"a use twice": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:ListAliases"}, {name: a, title: B, call: "kms:ListAliases"}]`,
			"two uses are named a"},
		"a use without a title": {"uses/EnableKeyRotation", `[{name: a, call: "kms:ListAliases"}]`,
			"needs a name of letters and a title"},
		"a use without a call": {"uses/EnableKeyRotation", `[{name: a, title: A}]`,
			"use a needs a call, or a sentence that says what is unknown"},
		"a use with both": {"uses/EnableKeyRotation",
			`[{name: a, title: A, call: "kms:ListAliases", unknown: It is not known.}]`, "use a needs a call, or"},
		"a use that is no sentence": {"uses/EnableKeyRotation", `[{name: a, title: A, unknown: not known}]`,
			"use a needs a call, or a sentence"},
		"uses of no runbook":      {"uses/MendEverything", `[]`, "there is no runbook MendEverything"},
		"an unknown key of a use": {"uses/EnableKeyRotation", `[{nam: a}]`, `unknown field "nam"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, err := plan.LintFile(catalog.Embedded(), models, tc.file+".yaml", tc.text)
			var told []string
			for _, p := range problems {
				told = append(told, p.Text)
			}
			if err != nil {
				told = append(told, err.Error())
			}
			if !strings.Contains(strings.Join(told, "\n"), tc.want) {
				t.Errorf("says %q, want %s", told, tc.want)
			}
		})
	}
}
