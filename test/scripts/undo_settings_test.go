package scripts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

func TestUndoKeyRotation(t *testing.T) {
	t.Parallel()
	const changed, year = "Rotation of the key k was changed since the repair " + repairID + ", ", 365
	state := func(on bool) map[string]any { return map[string]any{"KeyRotationEnabled": on} }
	for name, tc := range map[string]struct {
		before, now bool // it is on after every repair
		period      any
		state       string
		refused     string // why it is; empty when it is not
		nothing     bool   // there is nothing to undo
	}{
		"every year":                    {false, true, year, "Enabled", "", false},
		"no period":                     {false, true, nil, "Enabled", "", false},
		"off again":                     {false, false, nil, "Enabled", "", true},
		"the repair did nothing":        {true, true, year, "Enabled", "", true},
		"it did nothing, and disabled":  {true, true, year, "Disabled", "", true},
		"it did nothing, and off since": {true, false, nil, "Enabled", changed, false},
		"every half year since":         {false, true, 180, "Enabled", changed, false},
		"pending deletion":              {false, false, nil, "PendingDeletion", "The key k was changed since the repair " + repairID + ": it is PendingDeletion, so its rotation is left as it is.", false},
		"disabled":                      {false, true, year, "Disabled", ": it is Disabled", false},
		"disabled, and then off":        {false, false, nil, "Disabled", ": it is Disabled", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := state(tc.now)
			if tc.period != nil {
				status["RotationPeriodInDays"] = tc.period
			}
			got := plays(t, "UndoEnableKeyRotation", play{map[string]any{"ExecutionId": repairID, "Planning": true}, map[string][]any{
				"ssm:GetAutomationExecution": {repaired(t, "EnableKeyRotation", state(tc.before), state(true), map[string][]string{"KeyId": {"k"}})},
				"kms:GetKeyRotationStatus":   {status}, "kms:DescribeKey": {map[string]any{"KeyMetadata": map[string]any{"KeyState": tc.state}}},
			}})[0]
			if tc.refused != "" {
				got.refused(t, tc.refused)
				return
			}
			want := []string{"kms:DisableKeyRotation"}
			if tc.nothing {
				want = []string{}
			}
			if diff := cmp.Diff(want, names(got.Planned)); diff != "" || got.Error != "" || strings.HasPrefix(got.Change, "Nothing to change: ") != tc.nothing {
				t.Errorf("%q, %s (-want +got):\n%s", got.Change, got.Error, diff)
			}
		})
	}
}

// reading is what Automation records of a step that read something that may not be there.
func reading(t *testing.T, step, output string, value any, failure string) map[string]any {
	t.Helper()
	record := map[string]any{"StepName": step, "StepStatus": "Success", "Outputs": map[string][]string{output: texts(t, value)}}
	if failure != "" {
		record = map[string]any{"StepName": step, "StepStatus": "Failed", "Outputs": map[string]any{}, "FailureMessage": failure}
	}
	return record
}

const denied = "Step fails when it is Execute/Cancelling action. An error occurred (AccessDenied) when calling the operation: no."

type lookCase struct {
	look  func(*testing.T) (bool, error)
	again bool
	err   string
}

// again runs a verification and gives whether it wants another look.
func again(t *testing.T, script python.Script, payload map[string]any) (bool, error) {
	t.Helper()
	var got struct{ Again *bool }
	if err := run(t.Context(), interpreter(t), script, payload, &got); err != nil {
		return false, err
	}
	if got.Again == nil {
		return false, errors.New("it does not say whether to look again")
	}
	return *got.Again, nil
}

func checkLooks(t *testing.T, cases map[string]lookCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run("verify, "+name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.look(t)
			if got != tc.again || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("again %t, %v; want %t, %q", got, err, tc.again, tc.err)
			}
		})
	}
}

// checkGone tries the look after something was deleted: the call that fails says that it is gone.
func checkGone(t *testing.T, document, failure, says string) {
	t.Helper()
	script := scriptOf(t, document, "gone")
	says += " Something may have changed it while this ran; see, and start this again."
	for name, tc := range map[string]struct {
		payload map[string]any
		err     string
	}{
		"gone":       {map[string]any{"failure": failure}, ""},
		"there":      {map[string]any{}, says},
		"unreadable": {map[string]any{"failure": denied}, says},
	} {
		t.Run("gone, "+name, func(t *testing.T) {
			t.Parallel()
			checkError(t, run(t.Context(), interpreter(t), script, tc.payload, &struct{}{}), tc.err)
		})
	}
}
