package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
)

// The steps are those that the lab bills: see ADR 3 for the security group.
func TestControls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		passes float64
		id     string
		want   Control
	}{
		"a program":    {1, "KMS.4", Control{Runbook: "EnableKeyRotation", Compliant: 1, Steps: 1, Scripts: 1, Seconds: 8, PerThousand: 2.24}},
		"a loop":       {1, "IAM.3", Control{Runbook: "DeactivateOldAccessKeys", Compliant: 3, Steps: 8, EachPass: 3, Scripts: 2, Seconds: 6, PerThousand: 16.18}},
		"a loop twice": {2, "IAM.3", Control{Runbook: "DeactivateOldAccessKeys", Compliant: 3, Steps: 11, EachPass: 3, Scripts: 3, Seconds: 9, PerThousand: 22.27}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Controls(catalog.Embedded(), Embedded().Assume("passes", tc.passes), tc.id)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d controls, %v", len(got), err)
			}
			if math.Abs(got[0].PerThousand-tc.want.PerThousand) > 1e-9 {
				t.Errorf("1,000 cost %g, want %g", got[0].PerThousand, tc.want.PerThousand)
			}
			tc.want.Control, got[0].PerThousand = tc.id, tc.want.PerThousand
			if diff := cmp.Diff(tc.want, got[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if all, err := Controls(catalog.Embedded(), Embedded()); err != nil || len(all) != len(catalog.Embedded().Controls) {
		t.Errorf("%d controls, %v", len(all), err)
	}
	if _, err := Controls(catalog.Embedded(), Embedded(), "EC2.13", "EC2.99"); err == nil || !strings.Contains(err.Error(), "there is no control EC2.99; the catalog has CloudTrail.4, ") {
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
