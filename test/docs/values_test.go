package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var customersValue = regexp.MustCompile(`/hubmend/[A-Z]\w+/[A-Z]\w+`)

// Every parameter that customers set is in the list of docs/playbooks.md.
func TestValuesOfCustomersAreListed(t *testing.T) {
	t.Parallel()
	page := read(t, filepath.Join(root, "docs", "playbooks.md"))
	found := 0
	for _, pattern := range []string{"programs/*.py", "controls/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, "ssm-documents", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, name := range customersValue.FindAllString(read(t, file), -1) {
				found++
				if !strings.Contains(page, "`"+name+"`") {
					t.Errorf("%s reads %s, which docs/playbooks.md does not list", file, name)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no parameter was found")
	}
}
