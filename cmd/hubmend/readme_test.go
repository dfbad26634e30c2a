package main

import (
	"os"
	"strings"
	"testing"

	"hubmend/internal/catalog"
)

// The README counts the controls of each standard as the catalog does.
func TestReadmeHasTheCoverage(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := coverageTable(catalog.Embedded(),
		func(s catalog.Standard) string { return "docs/controls.md#" + anchor(s.Name) })
	if !strings.Contains(string(readme), "\n"+table+"\n") {
		t.Errorf("replace the table in README.md by\n%s", table)
	}
}
