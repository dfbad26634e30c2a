package scripts_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

func TestUndoFlowLogs(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "UndoEnableVpcFlowLogs", "decide")
	ours, theirs := flowLog("fl-ours", toFlowLogTo), flowLog("fl-theirs", acceptOnly)
	const gone = "Restored: the VPC has no flow log fl-ours any more; its log group " + flowLogTo + " stays."
	const same = "Nothing to change: the flow logs of the VPC are as they were before the repair."
	step := func(name string, outputs any) object { return object{"StepName": name, "Outputs": outputs} }
	created := []object{step("create", object{"FlowLogIds": []string{"fl-ours"}})}
	for name, tc := range map[string]struct {
		before, now []object
		steps       []object
		delete      []string // nil when it is refused
		change      string
	}{
		"the only one":           {nil, []object{ours}, created, []string{"fl-ours"}, gone},
		"beside another":         {[]object{theirs}, []object{theirs, ours}, created, []string{"fl-ours"}, gone},
		"gone already":           {[]object{theirs}, []object{theirs}, created, []string{}, same},
		"the repair did nothing": {[]object{ours}, []object{ours}, nil, []string{}, same},
		"no longer delivers, and neither does the other": {[]object{theirs}, []object{flowLog("fl-theirs", acceptOnly, accessError), flowLog("fl-ours", toFlowLogTo, accessError)},
			created, []string{"fl-ours"}, gone},
		"seen at the second try":   {nil, []object{ours}, append(created[:1:1], step("create", nil)), []string{"fl-ours"}, gone},
		"another one since":        {nil, []object{ours, theirs}, created, nil, "delete what the repair created (fl-ours) by hand"},
		"the other one is gone":    {[]object{theirs}, []object{ours}, created, nil, "were changed since"},
		"one just like it instead": {nil, []object{flowLog("fl-new", toFlowLogTo)}, created, nil, "were changed since the repair " + repairID},
		"nobody knows which": {[]object{theirs}, []object{theirs, ours}, []object{}, nil,
			"The repair " + repairID + " does not tell which flow log of " + flowLogVPC + " it created, so none was deleted. New since then: fl-ours."},
		"nobody knows which, and it failed": {nil, []object{ours}, []object{step("create", nil)}, nil, "does not tell which flow log"},
		"one is gone, and none was made":    {[]object{theirs}, nil, []object{}, nil, "were changed since the repair " + repairID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var got struct {
				Action        string
				FlowLogs      []string
				Before, After []object
				Change        string
			}
			err := run(t.Context(), config, script, recalled("EnableVpcFlowLogs", texts(t, kept(tc.before)...), []string{}, map[string]any{
				"vpc": flowLogVPC, "steps": tc.steps, "flowLogs": orEmpty(tc.now),
			}), &got)
			if tc.delete == nil {
				refusedWith(t, err, tc.change)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			action := "delete"
			if len(tc.delete) == 0 {
				action = "none"
			}
			want := []any{action, tc.delete, kept(tc.now), kept(tc.before), tc.change}
			if diff := cmp.Diff(want, []any{got.Action, got.FlowLogs, got.Before, got.After, got.Change}); diff != "" {
				t.Errorf("Action, FlowLogs, Before, After, Change (-want +got):\n%s", diff)
			}
		})
	}
}

// kept is what the repair and the undo record of flow logs.
func kept(logs []object) []object {
	all := []object{}
	for _, log := range logs {
		one := object{}
		for _, name := range []string{"FlowLogId", "FlowLogStatus", "TrafficType", "DeliverLogsStatus", "DeliverLogsErrorMessage", "LogDestinationType", "LogDestination", "LogGroupName"} {
			if log[name] != nil {
				one[name] = log[name]
			}
		}
		all = append(all, one)
	}
	return all
}

func TestVerifyUndoFlowLogs(t *testing.T) {
	t.Parallel()
	const document = "UndoEnableVpcFlowLogs"
	script, last := scriptOf(t, document, "verify"), lastPass(t, document, "confirm")
	refusal := []object{{"ResourceId": "fl-ours", "Error": object{"Code": "Busy", "Message": "Try later"}}}
	for name, tc := range map[string]struct {
		now          []object
		unsuccessful any
		says         string
	}{
		"gone":                 {nil, []object{}, ""},
		"gone, beside another": {[]object{flowLog("fl-theirs")}, nil, ""},
		"there":                {[]object{flowLog("fl-ours")}, []object{}, "EC2 gave no reason"},
		"there, and why":       {[]object{flowLog("fl-ours")}, refusal, "Busy: Try later"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payload := map[string]any{"ids": []string{"fl-ours"}, "flowLogs": orEmpty(tc.now), "unsuccessful": tc.unsuccessful}
			checkEachLook(t, looking(t, script, payload), last, tc.says != "", "Flow log fl-ours is still there ("+tc.says+"). Delete it by hand, or start this again.")
		})
	}
}

// looking runs a script that looks whether an undo shows, at the given look.
func looking(t *testing.T, script python.Script, payload map[string]any) func(look uint64) (again bool, err error) {
	t.Helper()
	config := interpreter(t)
	return func(look uint64) (bool, error) {
		given := maps.Clone(payload)
		given["look"] = look
		var got struct{ Again bool }
		err := run(t.Context(), config, script, given, &got)
		return got.Again, err
	}
}

// checkEachLook demands that it looks again while something is not as it should be, and fails at the last look.
func checkEachLook(t *testing.T, at func(uint64) (bool, error), last uint64, other bool, says string) {
	t.Helper()
	for _, look := range []uint64{1, last - 1, last} {
		again, err := at(look)
		if other && look == last {
			checkError(t, err, says)
			continue
		}
		if err != nil || again != other {
			t.Errorf("look %d: again is %v, %v", look, again, err)
		}
	}
}
