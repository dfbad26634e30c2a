package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndoKeyRotation(t *testing.T) {
	t.Parallel()
	const changed, year = "Rotation of the key k has changed since the repair " + repairID + ", ", 365
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
		"pending deletion": {false, false, nil, "PendingDeletion",
			"The key k has changed since the repair " + repairID +
				": it is PendingDeletion, so its rotation was left unchanged.", false},
		"disabled":               {false, true, year, "Disabled", ": it is Disabled", false},
		"disabled, and then off": {false, false, nil, "Disabled", ": it is Disabled", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := state(tc.now)
			if tc.period != nil {
				status["RotationPeriodInDays"] = tc.period
			}
			got := plays(t, "UndoEnableKeyRotation",
				play{map[string]any{"ExecutionId": repairID, "Mode": "plan"}, map[string][]any{
					"ssm:GetAutomationExecution": {repaired(t, "EnableKeyRotation", state(tc.before), state(true),
						map[string][]string{"KeyId": {"k"}})},
					"kms:GetKeyRotationStatus": {status},
					"kms:DescribeKey":          {map[string]any{"KeyMetadata": map[string]any{"KeyState": tc.state}}},
				}})[0]
			if tc.refused != "" {
				got.refused(t, tc.refused)
				return
			}
			want := []string{"kms:DisableKeyRotation"}
			if tc.nothing {
				want = []string{}
			}
			if diff := cmp.Diff(want, names(got.Planned)); diff != "" || got.Error != "" ||
				strings.HasPrefix(got.Change, "Nothing to change: ") != tc.nothing {
				t.Errorf("%q, %s (-want +got):\n%s", got.Change, got.Error, diff)
			}
		})
	}
}
