package automation_test

import (
	"testing"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/automation"
)

// The action of a step after its failure distinguishes an expected failure from any other.
func TestRecordTellsTheFlow(t *testing.T) {
	t.Parallel()
	no := false
	for name, tc := range map[string]struct {
		step runbook.Step
		want map[string]any
	}{
		"by default": {runbook.Step{},
			map[string]any{"OnFailure": "Abort", "IsEnd": false, "IsCritical": true, "NextStep": nil}},
		"goes on": {runbook.Step{OnFailure: "Continue"},
			map[string]any{"OnFailure": "Continue", "IsCritical": false}},
		"goes elsewhere": {runbook.Step{OnFailure: "step:explain"},
			map[string]any{"OnFailure": "step:explain", "IsCritical": true}},
		"all is said": {runbook.Step{OnFailure: "step:x", NextStep: "y", IsEnd: true, IsCritical: &no},
			map[string]any{"OnFailure": "step:x", "NextStep": "y", "IsEnd": true, "IsCritical": false}},
	} {
		record := automation.StepExecution{Flow: automation.FlowOf(tc.step)}.Record()
		for field, want := range tc.want {
			if got := record[field]; got != want {
				t.Errorf("%s: %s is %v, want %v", name, field, got, want)
			}
		}
	}
}
