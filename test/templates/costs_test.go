package templates_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/ops/cost"
)

// costs estimates what is synthesized. The second playbook has nothing that is billed.
func costs(t *testing.T) cost.Report {
	t.Helper()
	texts := map[string][]byte{}
	for stack, template := range templates {
		texts[stack] = []byte(template.Text)
	}
	inventory, err := cost.Take(texts, cost.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	report, err := cost.Make(inventory, cost.Typical)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestCostsAreWithinTheirAims(t *testing.T) {
	t.Parallel()
	report := costs(t)
	if len(report.Aims) == 0 {
		t.Fatal("there are no aims")
	}
	for _, a := range report.Aims {
		if err := a.Hold(); err != nil {
			t.Error(err)
		}
	}
}

func TestCostsPageIsUpToDate(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	if err := costs(t).Page(&want); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(page)); diff != "" {
		t.Errorf("docs/costs.md is not up to date; run `make generate` (-want +got):\n%s", diff)
	}
}
