package scripts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const undoFlowLogs = "UndoEnableVpcFlowLogs"

// unlogging makes the plan and the run of an undo, whose reads have these answers.
func unlogging(record map[string]any, unsuccessful []object, reads ...[]object) []play {
	answers := map[string][]any{deleteFlowLogs: {object{"Unsuccessful": orEmpty(unsuccessful)}}}
	for _, logs := range reads {
		answers[describeFlowLogs] = append(answers[describeFlowLogs], object{"FlowLogs": orEmpty(logs)})
	}
	return undoing(record, answers)
}

// loggedBy is the record of a repair that noted which flow log it created; without an id it does not know.
func loggedBy(t *testing.T, before []object, id string) map[string]any {
	t.Helper()
	made := object{"TrafficType": "REJECT", "LogGroupName": flowLogTo}
	if id != "" {
		made["FlowLogId"] = id
	}
	return repaired(t, flowLogs, kept(before), append(kept(before), made), map[string][]string{"VpcId": {flowLogVPC}})
}

func TestUndoFlowLogs(t *testing.T) {
	t.Parallel()
	ours, theirs := flowLog("fl-ours", toFlowLogTo), flowLog("fl-theirs", acceptOnly)
	const gone = "Restored: deleted flow log fl-ours of the VPC. Its log group " + flowLogTo + " stays."
	const same = "Nothing to change: the flow logs of the VPC are as they were before the repair."
	const unknown = "The repair " + repairID + " did not record which flow log of " + flowLogVPC +
		" it created, so none was deleted. Created since then: fl-ours. To remove a flow log, delete it manually."
	type undoCase struct {
		before, now []object
		id          string   // of the flow log that the repair created, as it noted
		delete      []string // nil when it is refused
		change      string
	}
	tried(t, undoFlowLogs, map[string]undoCase{
		"the only one":   {nil, []object{ours}, "fl-ours", []string{"fl-ours"}, gone},
		"beside another": {[]object{theirs}, []object{theirs, ours}, "fl-ours", []string{"fl-ours"}, gone},
		"gone already":   {[]object{theirs}, []object{theirs}, "fl-ours", []string{}, same},
		"no longer delivers, and neither does the other": {[]object{theirs},
			[]object{flowLog("fl-theirs", acceptOnly, accessError), flowLog("fl-ours", toFlowLogTo, accessError)},
			"fl-ours", []string{"fl-ours"}, gone},
		"another one since": {nil, []object{ours, theirs}, "fl-ours", nil,
			"The repair created: fl-ours. To remove a flow log, delete it manually."},
		"the other one is gone": {[]object{theirs}, []object{ours}, "fl-ours", nil, "have changed since"},
		"one just like it instead": {nil, []object{flowLog("fl-new", toFlowLogTo)}, "fl-ours", nil,
			"have changed since the repair " + repairID},
		"nobody knows which":             {[]object{theirs}, []object{theirs, ours}, "", nil, unknown},
		"one is gone, and none was made": {[]object{theirs}, nil, "", nil, "have changed since the repair " + repairID},
	}, func(tc undoCase) []play {
		return unlogging(loggedBy(t, tc.before, tc.id), nil, tc.now, tc.before)
	}, func(t *testing.T, tc undoCase, done []played) {
		plan, undo := done[0], done[1]
		if tc.delete == nil {
			undo.refused(t, tc.change)
			plan.refused(t, tc.change)
			return
		}
		var given struct{ FlowLogIds []string } //nolint:revive // the API's name
		input(t, undo.Made, deleteFlowLogs, &given)
		if diff := cmp.Diff([]any{tc.delete, tc.change, tc.change, len(tc.delete)},
			[]any{orEmpty(given.FlowLogIds), undo.Change, plan.Change, len(plan.Planned)}); diff != "" ||
			undo.Error != "" {
			t.Errorf("%s FlowLogIds, Change (-want +got):\n%s", undo.Error, diff)
		}
		checkJSON(t, "Before", kept(tc.now), undo.Before)
		checkJSON(t, "After", kept(tc.before), undo.After)
	})
}

// The documents of steps noted the id of the flow log where only a step's outputs have it.
func TestUndoFlowLogsOfSteps(t *testing.T) {
	t.Parallel()
	ours, theirs := flowLog("fl-ours", toFlowLogTo), flowLog("fl-theirs", acceptOnly)
	made := texts(t, object{"TrafficType": "REJECT", "LogGroupName": flowLogTo})
	record := func(before, after []string) map[string]any {
		return repairedBySteps(flowLogs, before, after, map[string][]string{"VpcId": {flowLogVPC}})
	}
	did := record([]string{}, made)
	idle := record(texts(t, kept([]object{ours})...), texts(t, kept([]object{ours})...))
	beside := record(texts(t, kept([]object{theirs})...), append(texts(t, kept([]object{theirs})...), made...))
	var all []play
	for _, p := range [][]play{unlogging(did, nil, []object{ours}), unlogging(beside, nil, []object{theirs, ours}),
		unlogging(did, nil, nil), unlogging(idle, nil, []object{ours})} {
		all = append(all, p[1])
	}
	done := plays(t, undoFlowLogs, all...)
	for _, got := range done[:2] {
		got.refused(t, "did not record which flow log of "+flowLogVPC+
			" it created, so none was deleted. Created since then: fl-ours. To remove a flow log, delete it manually.")
	}
	for _, got := range done[2:] {
		if got.Change != "Nothing to change: the flow logs of the VPC are as they were before the repair." {
			t.Errorf("%q, %s", got.Change, got.Error)
		}
	}
	for _, got := range done {
		if len(got.Made) != 2 {
			t.Errorf("it made %v", names(got.Made))
		}
	}
}

// kept is what the repair and the undo record of flow logs.
func kept(logs []object) []object {
	all := []object{}
	for _, log := range logs {
		one := object{}
		for _, name := range []string{"FlowLogId", "FlowLogStatus", "TrafficType", "DeliverLogsStatus",
			"DeliverLogsErrorMessage", "LogDestinationType", "LogDestination", "LogGroupName"} {
			if log[name] != nil && log[name] != "" {
				one[name] = log[name]
			}
		}
		all = append(all, one)
	}
	return all
}

func TestVerifyUndoFlowLogs(t *testing.T) {
	t.Parallel()
	ours := flowLog("fl-ours", toFlowLogTo)
	refusal := []object{{"ResourceId": "fl-ours", "Error": object{"Code": "Busy", "Message": "Try later"}}}
	type lookCase struct {
		before, now  []object
		unsuccessful []object
		says         string
	}
	tried(t, undoFlowLogs, map[string]lookCase{
		"gone":                 {nil, nil, nil, ""},
		"gone, beside another": {[]object{flowLog("fl-theirs")}, []object{flowLog("fl-theirs")}, nil, ""},
		"there":                {nil, []object{ours}, nil, "EC2 gave no reason"},
		"there, and why":       {nil, []object{ours}, refusal, "Busy: Try later"},
	}, func(tc lookCase) []play {
		return unlogging(loggedBy(t, tc.before, "fl-ours"), tc.unsuccessful,
			append(tc.before[:len(tc.before):len(tc.before)], ours), tc.now)[1:]
	}, func(t *testing.T, tc lookCase, done []played) {
		says := ""
		if tc.says != "" {
			says = "hubmend:unverified Flow log fl-ours still exists (" + tc.says +
				"). Delete it manually, or try again."
		}
		if done[0].Error != says {
			t.Errorf("%q, want %q", done[0].Error, says)
		}
	})
}
