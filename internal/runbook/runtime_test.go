package runbook_test

import (
	"strings"
	"testing"

	"hubmend/internal/runbook"
)

func TestUnrunnable(t *testing.T) {
	t.Parallel()
	for runtime, ok := range map[string]bool{
		"python3.9": false, "python3.10": true, "python3.11": true, "python3.12": true, "python3.13": false,
		"PowerShell 7.4": true, "PowerShell Core 6.0": false, "nodejs22.x": false,
	} {
		text := `
schemaVersion: "0.3"
mainSteps:
  - name: each
    action: aws:loop
    inputs:
      Steps:
        - {name: decide, action: aws:executeScript, inputs: {Runtime: RUNTIME, Handler: f, Script: x}}`
		doc, err := runbook.Parse([]byte(strings.Replace(text, "RUNTIME", runtime, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := doc.Unrunnable(); (err == nil) != ok {
			t.Errorf("%s: %v", runtime, err)
		}
	}
}
