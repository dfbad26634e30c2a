package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab/scenario"
)

// loaded is a scenario in a folder that has a file with a finding.
func loaded(t *testing.T) *scenario.Scenario {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"s.yaml":       least,
		"finding.json": `{"Id": "from the file", "Title": "t"}`,
		"broken.json":  `{`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := scenario.Load(filepath.Join(dir, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFindingDocument(t *testing.T) {
	t.Parallel()
	asff := map[string]any{"Id": "written", "Title": "t"}
	for name, tc := range map[string]struct {
		finding scenario.Finding
		id      string // a part of it
		title   any    // nil: not there
	}{
		"from a file": {scenario.Finding{File: "finding.json"}, "from the file", "t"},
		"written out": {scenario.Finding{ASFF: asff}, "written", "t"},
		"one set":     {scenario.Finding{ASFF: asff, Set: map[string]any{"Title": "other"}}, "written", "other"},
		"one removed": {scenario.Finding{File: "finding.json", Set: map[string]any{"Title": nil}}, "from the file",
			nil},
		"from control": {scenario.Finding{Name: "ssh", Control: "EC2.13", Resource: "r",
			Set: map[string]any{"Title": "x"}}, "222222222222:security-control/EC2.13/finding/ssh", "x"},
		"other place": {scenario.Finding{Name: "ssh", Control: "EC2.13", Resource: "r", Account: "333333333333",
			Region: "eu-west-1", Set: map[string]any{"Title": "x"}}, "eu-west-1:333333333333:", "x"},
		"legacy form": {scenario.Finding{Name: "ssh", Control: "EC2.13", Resource: "r", Form: "legacy",
			Set: map[string]any{"Title": "x"}}, "/4.1/finding/ssh", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := loaded(t).Document(tc.finding)
			if err != nil {
				t.Fatal(err)
			}
			if id, _ := got["Id"].(string); !strings.Contains(id, tc.id) || got["Title"] != tc.title {
				t.Errorf("Id is %q, Title is %v", id, got["Title"])
			}
		})
	}
	if asff["Title"] != "t" {
		t.Error("Set changed the scenario's own document")
	}
}

func TestFindingDocumentRefuses(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]scenario.Finding{
		"missing.json":                      {File: "missing.json"},
		"broken.json":                       {File: "broken.json"},
		"the catalog has no control EC2.99": {Control: "EC2.99", Resource: "r"},
		`"nowhere" is not a Region`:         {Control: "EC2.13", Resource: "r", Region: "nowhere"},
	} {
		if _, err := loaded(t).Document(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to say %q", err, want)
		}
	}
}
