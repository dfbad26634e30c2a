package runbook_test

import (
	"strings"
	"testing"

	"hubmend/internal/catalog/runbook"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text    string
		wantErr string // "" means none
	}{
		"minimal": {"schemaVersion: '0.3'\nmainSteps: [{name: a, action: aws:sleep, inputs: {Duration: PT1S}}]",
			""},
		"json":          {`{"schemaVersion":"0.3","mainSteps":[]}`, ""},
		"unknown key":   {"schemaVersion: '0.3'\nmainstep: []", "unknown field"},
		"step key":      {"schemaVersion: '0.3'\nmainSteps: [{name: a, actoin: x}]", "unknown field"},
		"empty":         {"", "empty"},
		"two":           {"schemaVersion: '0.3'\n---\nschemaVersion: '0.3'", "more than one"},
		"not a map":     {"[1,2]", "parse runbook"},
		"broken":        {"schemaVersion: [", "parse runbook"},
		"wrong type":    {"schemaVersion: '0.3'\nmainSteps: 3", "parse runbook"},
		"duplicate key": {"schemaVersion: '0.3'\nschemaVersion: '0.3'", "already defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := runbook.Parse([]byte(tc.text))
			if got := errText(err); tc.wantErr == "" && err != nil || !strings.Contains(got, tc.wantErr) {
				t.Errorf("Parse error = %q, want it to contain %q", got, tc.wantErr)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
