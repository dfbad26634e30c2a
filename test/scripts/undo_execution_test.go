package scripts_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/internal/naming"
)

const repairID = "0b0a7756-0ea4-451a-a703-a558b933e274"

// texts writes an output as Automation does: a map is a text of JSON, and a list one for each item.
func texts[T any](t *testing.T, items ...T) []string {
	t.Helper()
	all := []string{}
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// recalled is the payload of an undo about a repair that succeeded, with what was read since.
func recalled(repair string, before, after []string, read map[string]any) map[string]any {
	payload := map[string]any{
		"id": repairID, "document": "hubmend-" + repair, "status": "Success",
		"outputs": map[string][]string{"decide.Before": before, "decide.After": after, "decide.Change": {"Did it."}},
	}
	maps.Copy(payload, read)
	return payload
}

// What an undo takes back is a repair by its own runbook, that succeeded and says what it left.
func TestUndoRefusesOtherExecutions(t *testing.T) {
	t.Parallel()
	undos := 0
	for _, r := range catalog.Embedded().Runbooks {
		repair, ok := strings.CutPrefix(r.Name, naming.UndoRunbook(""))
		if !ok || r.Document.Program != nil { // of programs, the runtime refuses them, and test/programs tries that
			continue
		}
		undos++
		decide, explain := scriptOf(t, r.Name, "decide"), scriptOf(t, r.Name, "explain")
		for name, tc := range map[string]struct {
			key   string
			value any
			says  string
		}{
			"another runbook's":   {"document", "hubmend-MakeTea", "Execution " + repairID + " is of hubmend-MakeTea and ended with Success."},
			"of a like name":      {"document", "hubmend-" + r.Name, "is of hubmend-" + r.Name + " and"},
			"failed":              {"status", "Failed", "ended with Failed. Only one of hubmend-" + repair + " that ended with Success can be taken back; `hubmend history`"},
			"still running":       {"status", "InProgress", "ended with InProgress"},
			"of an older version": {"outputs", says(t, r.Name, "{}", ""), "Execution " + repairID + " does not say what it left: an older version of hubmend-" + repair + " made it"},
			"cut off":             {"outputs", says(t, r.Name, "{}", `{"Direction": "ingr`), "or it was too much for Systems Manager to keep."},
			"of another form":     {"outputs", says(t, r.Name, "true", "{"), "does not say what it left"},
		} {
			t.Run(r.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				payload := sample(t, r.Name, "decide")
				payload[tc.key] = tc.value
				var got struct{ Action string }
				refusedWith(t, run(t.Context(), config, decide, payload, &got), tc.says)
			})
		}
		t.Run(r.Name+"/explain", func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			err := run(t.Context(), config, explain, map[string]any{"id": repairID}, &struct{}{})
			refusedWith(t, err, "Nothing was changed: execution "+repairID)
			refusedWith(t, err, "could not be read; the step before says why. When Systems Manager has forgotten the execution, after 30 days,")
		})
	}
	if undos == 0 {
		t.Error("nothing can be taken back")
	}
}

// says gives outputs of the repair under the names that the sample of an undo has; After is left out when it is empty.
func says(t *testing.T, undo, before, after string) map[string]any {
	t.Helper()
	given, _ := sample(t, undo, "decide")["outputs"].(map[string]any)
	outputs := map[string]any{}
	for name := range given {
		switch {
		case strings.HasSuffix(name, ".Before"):
			outputs[name] = []string{before}
		case strings.HasSuffix(name, ".After") && after != "":
			outputs[name] = []string{after}
		}
	}
	return outputs
}

// failedWith demands an error, and what it says.
func failedWith(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("error = %v, want it to say %q", err, says)
	}
}

// refusedWith demands the error that a refusal is, and what it says.
func refusedWith(t *testing.T, err error, says string) {
	t.Helper()
	failedWith(t, err, "NotImplementedError")
	failedWith(t, err, says)
}
