package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/runbook"
)

// withLoop is a document of steps that looks, decides, and changes in a loop what it checks afterwards.
const withLoop = `
schemaVersion: "0.3"
mainSteps:
  - {name: read, action: "aws:executeAwsApi", inputs: {Service: iam, Api: ListAccessKeys, UserName: ann}}
  - {name: decide, action: "aws:executeScript", inputs: {Runtime: python3.11, Handler: f, Script: "def f(events, context): pass"}}
  - name: choose
    action: aws:branch
    isEnd: true
    inputs: {Choices: [{NextStep: each, Variable: "{{ decide.Action }}", StringEquals: act}]}
  - name: each
    action: aws:loop
    inputs:
      MaxIterations: 5
      LoopCondition: {Variable: "{{ verify.Again }}", BooleanEquals: true}
      Steps:
        - {name: act, action: "aws:executeAwsApi", inputs: {Service: iam, Api: UpdateAccessKey, AccessKeyId: a, Status: Inactive}}
        - {name: verify, action: "aws:executeScript", inputs: {Runtime: python3.11, Handler: f, Script: "def f(events, context): pass"}}
`

// The steps are those that the lab bills.
func TestControls(t *testing.T) {
	t.Parallel()
	doc, err := runbook.Parse([]byte(withLoop))
	if err != nil {
		t.Fatal(err)
	}
	rotation, _ := catalog.Embedded().Runbook("EnableKeyRotation")
	loop := catalog.Runbook{Name: "ActInALoop", Document: doc}
	for name, tc := range map[string]struct {
		passes  float64
		runbook catalog.Runbook
		want    Control
	}{
		"a program":    {1, rotation, Control{Runbook: "EnableKeyRotation", Compliant: 1, Steps: 1, Scripts: 1, Seconds: 8, PerThousand: 2.24}},
		"a loop":       {1, loop, Control{Runbook: "ActInALoop", Compliant: 3, Steps: 6, EachPass: 2, Scripts: 2, Seconds: 6, PerThousand: 12.18}},
		"a loop twice": {2, loop, Control{Runbook: "ActInALoop", Compliant: 3, Steps: 8, EachPass: 2, Scripts: 3, Seconds: 9, PerThousand: 16.27}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := executions("X.1", tc.runbook, Embedded().Assume("passes", tc.passes))
			if math.Abs(got.PerThousand-tc.want.PerThousand) > 1e-9 {
				t.Errorf("1,000 cost %g, want %g", got.PerThousand, tc.want.PerThousand)
			}
			tc.want.Control, got.PerThousand = "X.1", tc.want.PerThousand
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if all, err := Controls(catalog.Embedded(), Embedded()); err != nil || len(all) != len(catalog.Embedded().Controls) {
		t.Errorf("%d controls, %v", len(all), err)
	}
	if _, err := Controls(catalog.Embedded(), Embedded(), "EC2.13", "EC2.99"); err == nil || !strings.Contains(err.Error(), "there is no control EC2.99; the catalog has CloudFront.5, ") {
		t.Errorf("an unknown control: %v", err)
	}
}

// No repair takes fewer steps than looking at a resource that is compliant. A program is one step either way.
func TestRepairsTakeMoreSteps(t *testing.T) {
	t.Parallel()
	all, err := Controls(catalog.Embedded(), Embedded())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		program := c.Compliant == 1 && c.Steps == 1
		if !program && (c.Compliant < 2 || c.Steps <= c.Compliant) {
			t.Errorf("%s: %d steps, %d when compliant", c.Control, c.Steps, c.Compliant)
		}
	}
}

func TestMeanOf(t *testing.T) {
	t.Parallel()
	if got := meanOf([]Control{{Steps: 4, Scripts: 1, Seconds: 3}, {Steps: 7, Scripts: 2, Seconds: 9}}); got != (mean{5.5, 1.5, 6}) {
		t.Errorf("mean %+v", got)
	}
}
