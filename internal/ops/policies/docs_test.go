package policies_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/ops/policies"
)

var block = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// The policies in the docs have no mistake, and pass their tests.
func TestPoliciesInTheDocs(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../../docs/policy-example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := [][]byte{example}
	for _, m := range block.FindAllSubmatch(page, -1) {
		texts = append(texts, m[1])
	}
	if len(texts) < 4 {
		t.Fatalf("%d policies were found", len(texts))
	}
	controls := policyfile.Controls(catalog.Embedded())
	tests := 0
	for _, text := range texts {
		f, problems := policyfile.Parse(text, catalog.Embedded(), time.Now())
		for _, p := range problems {
			t.Errorf("%s\n%s", p.In("docs"), text)
		}
		for _, c := range f.Tests {
			tests++
			r := policies.Repair{Subject: c.Subject, Facts: c.Facts}
			r.Subject.Control = controls[c.Subject.Control.ID]
			if got := policies.Run(f.Policy, c, r); !got.Passed {
				t.Errorf("line %d: %s, got %s", got.Line, got.Problem, got.Got)
			}
		}
	}
	if tests < 4 {
		t.Errorf("%d tests were run", tests)
	}
}
