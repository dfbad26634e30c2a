package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
)

func TestRisk(t *testing.T) {
	t.Parallel()
	c := catalog.Embedded()
	text := func(id string) string {
		control, ok := c.ByID(id)
		if !ok {
			t.Fatalf("there is no control %s", id)
		}
		return control.RiskReason
	}
	for name, tc := range map[string]struct {
		controls []string
		want     catalog.Risk
	}{
		"one": {[]string{"EC2.2"},
			catalog.Risk{Level: "high",
				Reasons: []catalog.Reason{{Controls: []string{"EC2.2"}, Level: "high", Text: text("EC2.2")}}}},
		"the highest is first": {[]string{"EC2.6", "EC2.2", "EC2.13"},
			catalog.Risk{Level: "high", Reasons: []catalog.Reason{
				{Controls: []string{"EC2.2"}, Level: "high", Text: text("EC2.2")},
				{Controls: []string{"EC2.13"}, Level: "medium", Text: text("EC2.13")},
				{Controls: []string{"EC2.6"}, Level: "low", Text: text("EC2.6")},
			}}},
		"a reason that two share": {[]string{"IAM.11", "IAM.12"},
			catalog.Risk{Level: "medium", Reasons: []catalog.Reason{
				{Controls: []string{"IAM.11", "IAM.12"}, Level: "medium", Text: text("IAM.11")},
			}}},
		"nothing": {nil, catalog.Risk{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, c.Risk(catalog.Group{Controls: tc.controls})); diff != "" {
				t.Errorf("Risk (-want +got):\n%s", diff)
			}
		})
	}
}
