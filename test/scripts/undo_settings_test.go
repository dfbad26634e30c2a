package scripts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

// Rotation of a key and validation of a trail are on or off.
func TestUndoSwitches(t *testing.T) {
	t.Parallel()
	for document, setting := range map[string]string{"EnableKeyRotation": "KeyRotationEnabled", "EnableTrailValidation": "LogFileValidationEnabled"} {
		script := scriptOf(t, "Undo"+document, "decide")
		state := func(on bool) map[string]bool { return map[string]bool{setting: on} }
		for name, tc := range map[string]struct {
			before, now bool // it is on after every repair
			action      string
			says        string
		}{
			"as the repair left it":         {false, true, "disable", "Restored: "},
			"off again":                     {false, false, "none", "Nothing to change: "},
			"the repair did nothing":        {true, true, "none", "Nothing to change: "},
			"it did nothing, and off since": {true, false, "", "was changed since the repair " + repairID},
		} {
			t.Run(document+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				payload := recalled(document, texts(t, state(tc.before)), texts(t, state(true)), map[string]any{"key": "k", "trail": "t", "enabled": tc.now, "state": "Enabled"})
				var got struct {
					Action, Change string
					Before, After  map[string]bool
				}
				err := run(t.Context(), config, script, payload, &got)
				if tc.action == "" {
					refusedWith(t, err, tc.says)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]any{tc.action, state(tc.now), state(tc.before)}, []any{got.Action, got.Before, got.After}); diff != "" {
					t.Errorf("Action, Before, After (-want +got):\n%s", diff)
				}
				if !strings.HasPrefix(got.Change, tc.says) {
					t.Errorf("Change is %q, want %q", got.Change, tc.says)
				}
			})
		}
	}
}

// What turns rotation off, or changes how it is on, beside the switch.
func TestUndoKeyRotation(t *testing.T) {
	t.Parallel()
	const changed = "Rotation of the key k was changed since the repair " + repairID
	script := scriptOf(t, "UndoEnableKeyRotation", "decide")
	for name, tc := range map[string]struct {
		enabled bool
		period  any
		state   string
		says    string // empty when it is taken back
	}{
		"every year":             {true, 365, "Enabled", ""},
		"no period":              {true, nil, "Enabled", ""},
		"every half year since":  {true, 180, "Enabled", changed},
		"pending deletion":       {false, nil, "PendingDeletion", "The key k was changed since the repair " + repairID + ": it is PendingDeletion, so its rotation is left as it is."},
		"disabled":               {true, 365, "Disabled", ": it is Disabled"},
		"disabled, and then off": {false, nil, "Disabled", ": it is Disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			state := func(on bool) []string { return texts(t, map[string]bool{"KeyRotationEnabled": on}) }
			payload := recalled("EnableKeyRotation", state(false), state(true), map[string]any{"key": "k", "enabled": tc.enabled, "state": tc.state})
			if tc.period != nil {
				payload["period"] = tc.period
			}
			var got struct{ Action string }
			err := run(t.Context(), config, script, payload, &got)
			if tc.says != "" {
				refusedWith(t, err, tc.says)
			} else if err != nil || got.Action != "disable" {
				t.Errorf("it would %s, %v", got.Action, err)
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
