package scripts_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
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
	for _, document := range []string{"UndoDeactivateOldAccessKeys", "UndoEnableBucketLogging", "UndoSendTrailToCloudWatchLogs"} {
		script := scriptOf(t, document, "decide")
		for name, tc := range map[string]struct {
			key   string
			value any
			says  string
		}{
			"another runbook's": {"document", "hubmend-SetPasswordPolicy", "Execution " + repairID + " is of hubmend-SetPasswordPolicy and ended with Success."},
			"of a like name":    {"document", "hubmend-" + document, "is of hubmend-" + document + " and"},
			"failed":            {"status", "Failed", "ended with Failed. Only one of hubmend-" + strings.TrimPrefix(document, "Undo") + " that ended with Success can be taken back; `hubmend history`"},
			"still running":     {"status", "InProgress", "ended with InProgress"},
			"of an older version": {"outputs", map[string][]string{"decide.Before": {"{}"}, "decide.Change": {"Did it."}},
				"Execution " + repairID + " does not say what it left, because an older version of hubmend-"},
			"illegible": {"outputs", map[string][]string{"decide.Before": {"{}"}, "decide.After": {"No output available yet"}}, "does not say what it left"},
		} {
			t.Run(document+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				payload := sample(t, document, "decide")
				payload[tc.key] = tc.value
				var got struct{ Action string }
				refusedWith(t, run(t.Context(), config, script, payload, &got), tc.says)
			})
		}
		t.Run(document+"/explain", func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			err := run(t.Context(), config, scriptOf(t, document, "explain"), map[string]any{"id": repairID}, &struct{}{})
			refusedWith(t, err, "Nothing was changed: execution "+repairID+" is no repair by hubmend-"+strings.TrimPrefix(document, "Undo")+" that Systems Manager still knows")
		})
	}
}

// refusedWith demands the error that a refusal is, and what it says.
func refusedWith(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "NotImplementedError") || !strings.Contains(err.Error(), says) {
		t.Errorf("error = %v, want it refused with %q", err, says)
	}
}
