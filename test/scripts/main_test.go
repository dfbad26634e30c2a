// Package scripts_test runs the scripts of the catalog's runbooks in the same way as a plan does. The answers of the
// services come from their documentation and not from the lab.
package scripts_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/python"
)

// interpreter returns the Python that scripts run in, and skips short tests, because a
// script is a process.
func interpreter(t *testing.T) python.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path, err := python.Find(root)
	if err != nil {
		t.Fatal(err)
	}
	return python.Config{Python: path}
}

// scriptOf returns a step's script, without a payload.
func scriptOf(t *testing.T, document, step string) python.Script {
	t.Helper()
	r, ok := catalog.Embedded().Runbook(document)
	if !ok {
		t.Fatalf("the catalog has no runbook %s", document)
	}
	var found *runbook.Step
	runbook.Walk(r.Document.MainSteps, func(s runbook.Step) {
		if s.Name == step {
			found = &s
		}
	})
	if found == nil {
		t.Fatalf("%s has no step %s", document, step)
	}
	text, _ := found.Inputs["Script"].(string)
	handler, _ := found.Inputs["Handler"].(string)
	return python.Script{Text: text, Handler: handler}
}

// run runs a script with a payload and decodes what it returns into out.
func run(ctx context.Context, config python.Config, script python.Script, payload, out any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &script.Payload); err != nil {
		return err
	}
	outcome, err := python.RunScript(ctx, config, script)
	if err != nil {
		return err
	}
	if text, err = json.Marshal(outcome.Value); err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}
