package scripts_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/jsonpath"
	"hubmend/internal/lab/python"
	"hubmend/internal/naming"
	"hubmend/internal/runbook"
)

// Every script gives the outputs that its step declares, in their types, for the payload
// in testdata, which has the keys that the step passes.
func TestEveryScript(t *testing.T) {
	t.Parallel()
	for _, r := range catalog.Embedded().Runbooks {
		runbook.Walk(r.Document.MainSteps, func(s runbook.Step) {
			if s.Action != "aws:executeScript" || r.Document.Program != nil { // a program calls AWS; see plays
				return
			}
			t.Run(r.Name+" "+s.Name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				payload := sample(t, r.Name, s.Name)
				declared, _ := s.Inputs["InputPayload"].(map[string]any)
				if diff := cmp.Diff(slices.Sorted(maps.Keys(declared)), slices.Sorted(maps.Keys(payload))); diff != "" {
					t.Errorf("keys of the payload (-InputPayload +testdata):\n%s", diff)
				}
				script := scriptOf(t, r.Name, s.Name)
				script.Payload = payload
				outcome, err := python.RunScript(t.Context(), config, script)
				if onlyRefuses(r.Name, s.Name) {
					if err == nil || !strings.Contains(err.Error(), "NotImplementedError") {
						t.Errorf("it ends with %v, and nothing but a refusal is right there", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(outcome.Logs) > 0 {
					t.Errorf("it prints %q; SSM puts that into a log that nobody asked for", outcome.Logs)
				}
				for _, o := range s.Outputs {
					checkOutput(t, o, map[string]any{"Payload": outcome.Value})
				}
			})
		})
	}
}

// onlyRefuses says whether a script is reached only after a failure that it explains.
func onlyRefuses(name, step string) bool {
	return strings.HasPrefix(name, naming.UndoRunbook("")) && step == "explain"
}

func checkOutput(t *testing.T, o runbook.Output, response map[string]any) {
	t.Helper()
	path, err := jsonpath.Compile(o.Selector)
	if err != nil {
		t.Errorf("output %s: %v", o.Name, err)
		return
	}
	value, ok := path.Select(response)
	if !ok || !hasType(o.Type, value) {
		t.Errorf("output %s: %s finds %v, which is no %s", o.Name, o.Selector, value, o.Type)
	}
	if one, ok := value.(map[string]any); ok && len(one) == 0 {
		t.Errorf("output %s is an empty map; how Automation writes that is not documented", o.Name)
	}
}

// hasType says whether a decoded JSON value is of a runbook's type.
func hasType(kind string, value any) bool {
	switch v := value.(type) {
	case string:
		return kind == "String"
	case bool:
		return kind == "Boolean"
	case float64:
		return kind == "Integer" && v == float64(int64(v))
	case map[string]any:
		return kind == "StringMap"
	case []any:
		item := map[string]string{"StringList": "String", "MapList": "StringMap"}[kind]
		return item != "" && !slices.ContainsFunc(v, func(one any) bool { return !hasType(item, one) })
	}
	return false
}
