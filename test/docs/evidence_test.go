// Package docs_test checks the docs: links lead somewhere, and tests and scenarios that
// are named exist.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest     = regexp.MustCompile("`(Test[A-Z]\\w*)`")
	namedScenario = regexp.MustCompile("`(test/scenarios/[\\w.-]+)`")
	declared      = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// The pages say which test shows what they claim. A test that was renamed or removed shows
// nothing.
func TestEvidenceExists(t *testing.T) {
	t.Parallel()
	tests := declaredTests(t)
	if !tests["TestEvidenceExists"] {
		t.Fatal("no test was found, not even this one")
	}
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range namedTest.FindAllStringSubmatch(text, -1) {
			if !tests[m[1]] {
				t.Errorf("%s names the test %s, which does not exist", page, m[1])
			}
		}
		for _, m := range namedScenario.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names the scenario %s, which does not exist", page, m[1])
			}
		}
	}
}

func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	for _, top := range []string{"cmd", "infra", "internal", "lambdas", "servicecatalog", "ssm-documents", "test"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
				tests[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return tests
}
