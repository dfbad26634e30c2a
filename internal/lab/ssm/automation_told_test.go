package ssm

import (
	"testing"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/automation"
)

// The story does not report a failure that the runbook expects, and reports one that stops it.
func TestStepBecame(t *testing.T) {
	t.Parallel()
	const began = "Step fails when it is Execute/Cancelling action. "
	answered := func(code string) string {
		return began + "An error occurred (" + code + ") when calling the GetBucketPolicy operation: no"
	}
	e := execution{content: &runbook.Document{MainSteps: []runbook.Step{
		{Name: "read", OnFailure: "Abort"},
		{Name: "loop", Action: "aws:loop", Inputs: map[string]any{"Steps": []any{
			map[string]any{"name": "probe", "action": "aws:executeAwsApi", "onFailure": "Continue",
				"inputs": map[string]any{}},
		}}},
	}}}
	for name, tc := range map[string]struct {
		step   string
		status automation.Status
		failed string
		want   string
	}{
		"success": {"probe", automation.Success, "", " Success"},
		"absent": {"probe", automation.Failed, answered("NoSuchBucketPolicy"),
			": none (NoSuchBucketPolicy)"},
		"absent, as in EC2": {"probe", automation.Failed, answered("InvalidGroup.NotFound"),
			": none (InvalidGroup.NotFound)"},
		"another failure": {"probe", automation.Failed, answered("AccessDenied"),
			": failed, which the runbook handles: An error occurred (AccessDenied) when calling the GetBucketPolicy " +
				"operation: no"},
		"it stops there": {"read", automation.Failed, answered("NoSuchBucket"),
			" Failed: An error occurred (NoSuchBucket) when calling the GetBucketPolicy operation: no"},
		"cancelled": {"probe", automation.Cancelled, "", " Cancelled"},
	} {
		got := became(automation.StepExecution{Name: tc.step, Status: tc.status, FailureMessage: tc.failed},
			e.handles(tc.step))
		if got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
