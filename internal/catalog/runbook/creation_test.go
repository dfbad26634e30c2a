package runbook_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/runbook"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	const sleep = "action: aws:sleep, inputs: {Duration: PT1S}"
	for name, tc := range map[string]struct {
		steps string
		want  []string
	}{
		"in order": {`[{name: a, ` + sleep + `, nextStep: c}, {name: b, isEnd: true, ` + sleep +
			`}, {name: c, nextStep: b, ` + sleep + `}]`, nil},
		"no steps": {`[]`, []string{"a document and a loop need at least one step"}},
		"names": {`[{name: a-b, ` + sleep + `}, {name: x, ` + sleep + `}, {name: x, ` + sleep + `}]`,
			[]string{"step a-b: the name must be letters, digits or underscores", "step x: the name is used twice"}},
		"action": {`[{name: a, action: aws:slep, inputs: {}}]`,
			[]string{`step a: action "aws:slep" does not exist`}},
		"anybody's action": {`[{name: a, action: aws:runCommand, inputs: {}}]`, nil},
		"nowhere": {`[{name: a, onFailure: step:z, ` + sleep + `}]`,
			[]string{`step a: leads to "z", which is no step here`}},
		"onFailure": {`[{name: a, onFailure: Ignore, ` + sleep + `}]`,
			[]string{`step a: onFailure "Ignore" is not Abort, Continue or step:<name>`}},
		"cycle": {`[{name: a, ` + sleep + `}, {name: b, ` + sleep + `}, {name: c, nextStep: b, ` + sleep + `}]`,
			[]string{"step b: the steps form a cycle: b -> c -> b", "step c: the steps form a cycle: c -> b -> c"}},
		"in a loop": {`[{name: l, action: aws:loop, inputs: {Iterators: [x], Steps: [{name: a, nextStep: l, ` +
			sleep + `}]}}]`, []string{`step a: leads to "l", which is no step here`}},
		"old runtime": {`[{name: a, action: aws:executeScript, inputs: {Runtime: python3.9}}]`,
			[]string{`step a: Runtime "python3.9" is not one of python3.10, python3.11, python3.12, PowerShell 7.4`}},
		"runtimes":       {`[{name: a, action: aws:executeScript, inputs: {Runtime: python3.10}}, {name: b, action: aws:executeScript, inputs: {Runtime: PowerShell 7.4}}]`, nil},
		"schema version": {"[{name: a, " + sleep + "}]\n#", []string{`schemaVersion must be "0.3"`}},
	} {
		version := `"0.3"`
		if strings.HasSuffix(tc.steps, "#") {
			version = `"2.2"`
		}
		doc, err := runbook.Parse([]byte("schemaVersion: " + version + "\nmainSteps: " + tc.steps))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range doc.Refusals() {
			got = append(got, r.String())
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
