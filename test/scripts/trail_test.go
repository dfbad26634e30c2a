package scripts_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ownTrail is CloudTrail's answer about a trail that is at home where the script runs, with some fields changed; a nil
// removes one.
func ownTrail(fields map[string]any) map[string]any {
	trail := map[string]any{
		"Name": "main", "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/main", "HomeRegion": "us-east-1",
		"IsMultiRegionTrail": true, "IsOrganizationTrail": false, "LogFileValidationEnabled": false,
	}
	for name, value := range fields {
		trail[name] = value
		if value == nil {
			delete(trail, name)
		}
	}
	return map[string]any{"Trail": trail}
}

// elsewhere are trails that cannot be changed where the script runs, and what the error
// says. They are the same for every repair of a trail.
var elsewhere = map[string]struct {
	fields map[string]any
	says   []string
}{
	"shadow of a trail from another Region": {map[string]any{"HomeRegion": "eu-west-1",
		"TrailARN": "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main"},
		[]string{"The home Region of the trail main is eu-west-1,", "This repair ran in us-east-1.", "in eu-west-1."}},
	"home Region by the ARN alone": {map[string]any{"HomeRegion": nil,
		"TrailARN": "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main"},
		[]string{"The home Region of the trail main is eu-west-1,"}},
	"organization's, from a member": {map[string]any{"IsOrganizationTrail": true,
		"TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/main"},
		[]string{"main is an organization trail. ",
			"in the organization's management account, 999999999999."}},
	"organization's, from a member in another Region": {
		map[string]any{"IsOrganizationTrail": true, "HomeRegion": "eu-west-1",
			"TrailARN": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main"},
		[]string{"management account, 999999999999."}},
	"another account's": {map[string]any{"TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/main"},
		[]string{"The trail main belongs to account 999999999999."}},
}

// trails are the repairs of trails, what is set for one that needs none, and the parameters beside the trail.
var trails = map[string]struct {
	compliant  map[string]any
	parameters map[string]any
}{
	"EnableTrailValidation": {compliant: map[string]any{"LogFileValidationEnabled": true}},
	"SendTrailToCloudWatchLogs": {
		compliant:  map[string]any{"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:999999999999:log-group:x:*"},
		parameters: map[string]any{"RetentionInDays": "365"},
	},
}

func TestTrailsThatCannotBeChangedHere(t *testing.T) {
	t.Parallel()
	for document, repair := range trails {
		for name, tc := range elsewhere {
			t.Run(document+"/"+name, func(t *testing.T) {
				t.Parallel()
				compliant := maps.Clone(tc.fields)
				maps.Copy(compliant, repair.compliant)
				got := plays(t, document, repairOf(tc.fields, repair.parameters),
					repairOf(compliant, repair.parameters))
				for _, part := range tc.says {
					got[0].refused(t, part)
				}
				if diff := cmp.Diff([]string{"cloudtrail:GetTrail"}, names(got[0].Made)); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				// A trail that is compliant needs no change, wherever it is.
				if got[1].Error != "" || !strings.HasPrefix(got[1].Change, "Nothing to change: ") {
					t.Errorf("compliant: %q, %s", got[1].Change, got[1].Error)
				}
			})
		}
	}
}

// repairOf is the repair of a trail that does not change.
func repairOf(fields, parameters map[string]any) play {
	events := map[string]any{"TrailArn": "arn:t"}
	maps.Copy(events, parameters)
	return play{events, map[string][]any{"cloudtrail:GetTrail": {ownTrail(fields)},
		"cloudtrail:UpdateTrail": {map[string]any{}}}}
}

func TestEnableTrailValidation(t *testing.T) {
	t.Parallel()
	const turnsOn = "Turned on log file validation of the trail main."
	update := []string{"cloudtrail:UpdateTrail"}
	for name, tc := range map[string]struct {
		fields  map[string]any
		before  bool
		planned []string
		change  string
	}{
		"off": {nil, false, update, turnsOn},
		"absent": {map[string]any{"LogFileValidationEnabled": nil}, false, update,
			turnsOn},
		"on": {map[string]any{"LogFileValidationEnabled": true}, true, []string{},
			"Nothing to change: log file validation of the trail main is on."},
		"an organization's, in its own account": {map[string]any{"IsOrganizationTrail": true}, false, update, turnsOn},
		"another partition": {
			map[string]any{"TrailARN": "arn:aws-cn:cloudtrail:us-east-1:111111111111:trail/main"}, false, update,
			turnsOn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "EnableTrailValidation", repairOf(tc.fields, map[string]any{"Mode": "plan"}))[0]
			want := []string{fmt.Sprintf(`{"LogFileValidationEnabled":%t}`, tc.before),
				`{"LogFileValidationEnabled":true}`, tc.change}
			if diff := cmp.Diff(want, []string{string(got.Before), string(got.After), got.Change}); diff != "" ||
				got.Error != "" {
				t.Errorf("%s (-want +got):\n%s", got.Error, diff)
			}
			if diff := cmp.Diff(tc.planned, names(got.Planned)); diff != "" {
				t.Errorf("planned (-want +got):\n%s", diff)
			}
		})
	}
}

// Two matching reads confirm the change, and a busy trail is retried.
func TestTrailValidationIsVerified(t *testing.T) {
	t.Parallel()
	off, on := ownTrail(nil), ownTrail(map[string]any{"LogFileValidationEnabled": true})
	repair := func(reads, updates []any) play {
		return play{map[string]any{"TrailArn": "arn:t"},
			map[string][]any{"cloudtrail:GetTrail": reads, "cloudtrail:UpdateTrail": updates}}
	}
	done := []any{map[string]any{}}
	got := plays(t, "EnableTrailValidation",
		repair([]any{off, on, off, on}, append([]any{"ConflictException"}, done...)), repair([]any{off}, done),
		repair([]any{off}, []any{"AccessDeniedException"}))
	get, update := "cloudtrail:GetTrail", "cloudtrail:UpdateTrail"
	if diff := cmp.Diff([]string{get, update, update, get, get, get, get}, names(got[0].Made)); diff != "" ||
		got[0].Error != "" {
		t.Errorf("%s, calls (-want +got):\n%s", got[0].Error, diff)
	}
	if given := string(got[0].Made[1].Parameters); given != `{"EnableLogFileValidation":true,"Name":"arn:t"}` {
		t.Errorf("UpdateTrail is given %s", given)
	}
	got[1].says(t, "hubmend:unverified Log file validation was turned on, but CloudTrail still reports it as off.")
	got[2].says(t, "hubmend:write AccessDeniedException cloudtrail:UpdateTrail: no")
}

func TestUndoTrailValidation(t *testing.T) {
	t.Parallel()
	state := func(on bool) map[string]bool { return map[string]bool{"LogFileValidationEnabled": on} }
	for name, tc := range map[string]struct {
		before, now bool // it is on after every repair
		planned     []string
		says        string
	}{
		"as the repair left it": {false, true, []string{"cloudtrail:UpdateTrail"},
			"Restored: log file validation of the trail is off, as before the repair."},
		"off again": {false, false, []string{},
			"Nothing to change: log file validation is as it was before the repair."},
		"the repair did nothing": {true, true, []string{}, "Nothing to change: "},
		"it did nothing, and off since": {true, false, nil,
			"Log file validation of arn:t has changed since the repair " + repairID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undo := func(record map[string]any) play {
				return play{map[string]any{"ExecutionId": repairID, "Mode": "plan"}, map[string][]any{
					"ssm:GetAutomationExecution": {record},
					"cloudtrail:GetTrail":        {ownTrail(map[string]any{"LogFileValidationEnabled": tc.now})},
				}}
			}
			parameters := map[string][]string{"TrailArn": {"arn:t"}}
			for _, got := range plays(t, "UndoEnableTrailValidation",
				undo(repaired(t, "EnableTrailValidation", state(tc.before), state(true), parameters)),
				undo(stepped(t, "EnableTrailValidation", "decide", state(tc.before), state(true), parameters))) {
				if tc.planned == nil {
					got.refused(t, tc.says)
					continue
				}
				if diff := cmp.Diff(tc.planned, names(got.Planned)); diff != "" || got.Error != "" ||
					!strings.HasPrefix(got.Change, tc.says) {
					t.Errorf("%q, %s (-want +got):\n%s", got.Change, got.Error, diff)
				}
			}
		})
	}
}
