package scripts_test

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const (
	getTrail    = "cloudtrail:GetTrail"
	updateTrail = "cloudtrail:UpdateTrail"
	logGroups   = "logs:DescribeLogGroups"
	createGroup = "logs:CreateLogGroup"
	retain      = "logs:PutRetentionPolicy"
)

// done is the answer to a change.
var done = []any{map[string]any{}}

// deliversTo returns CloudTrail's description of a trail's delivery to CloudWatch Logs.
func deliversTo(group, role string) map[string]any {
	return map[string]any{"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
}

func groups(all ...map[string]any) map[string]any {
	return map[string]any{"logGroups": append([]map[string]any{}, all...)}
}

func TestSendTrailToCloudWatchLogs(t *testing.T) {
	t.Parallel()
	const now = "The trail main now also delivers to the log group /hubmend/cloudtrail/main, with a retention of 365 " +
		"days unless the group had one."
	arn := func(partition, name string) string {
		return "arn:" + partition + ":logs:us-east-1:111111111111:log-group:/hubmend/cloudtrail/" + name + ":*"
	}
	all, group := []string{createGroup, retain, updateTrail}, arn("aws", "main")
	for name, tc := range map[string]struct {
		fields          map[string]any
		partition, days string
		planned         []string
		to              string
		change          string
	}{
		"delivers nowhere":           {planned: all, to: group, change: now},
		"an empty log group is none": {fields: deliversTo("", ""), planned: all, to: group, change: now},
		"another partition": {partition: "aws-us-gov", planned: all, to: arn("aws-us-gov", "main"),
			change: now},
		"another retention": {days: "3653", planned: all, to: group,
			change: strings.Replace(now, "365", "3653", 1)},
		"all that a name may have": {fields: map[string]any{"Name": "a.B_c-9"}, planned: all, to: arn("aws", "a.B_c-9"),
			change: strings.ReplaceAll(strings.ReplaceAll(now, "trail main", "trail a.B_c-9"), "/main", "/a.B_c-9")},
		"an organization's, in its own account": {fields: map[string]any{"IsOrganizationTrail": true}, planned: all,
			to: group, change: now},
		"delivers to a group of its own": {fields: deliversTo("arn:x:*", "arn:role"), planned: []string{},
			change: "Nothing to change: the trail main delivers to arn:x:*."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			partition, days := cmp.Or(tc.partition, "aws"), cmp.Or(tc.days, "365")
			repair := repairOf(tc.fields, map[string]any{"Mode": "plan", "RetentionInDays": days})
			repair.Answers[logGroups] = []any{groups()}
			got := playsIn(t, home("us-east-1", partition), "SendTrailToCloudWatchLogs", repair)[0]
			before, after := deliversTo("", ""), deliversTo(tc.to,
				"arn:"+partition+":iam::111111111111:role/hubmend-trail-delivery")
			if tc.to == "" {
				before, after = tc.fields, tc.fields
			}
			if diff := gocmp.Diff([]any{tc.planned, before, after, tc.change},
				[]any{names(got.Planned), decoded(t, got.Before), decoded(t, got.After), got.Change}); diff != "" ||
				got.Error != "" {
				t.Errorf("%s (-want +got):\n%s", got.Error, diff)
			}
			var update, retention map[string]any
			input(t, got.Planned, updateTrail, &update)
			input(t, got.Planned, retain, &retention)
			if tc.to != "" && (update["CloudWatchLogsLogGroupArn"] != tc.to ||
				retention["retentionInDays"] != number(t, days)) {
				t.Errorf("UpdateTrail is given %v, and PutRetentionPolicy %v", update, retention)
			}
		})
	}
}

// An existing retention stays, because a shorter one would delete events.
func TestLogGroupOfATrail(t *testing.T) {
	t.Parallel()
	const name = "/hubmend/cloudtrail/main"
	bare, kept := map[string]any{"logGroupName": name}, map[string]any{"logGroupName": name, "retentionInDays": 90}
	neighbour := map[string]any{"logGroupName": name + "-2", "retentionInDays": 30}
	look := func(all ...map[string]any) []any { return []any{groups(all...)} }
	for title, tc := range map[string]struct {
		groups, create, retain, update []any
		made                           []string // between the first read of the trail and its change
		says                           string   // the failure
	}{
		"missing":                  {groups: look(), made: []string{logGroups, createGroup, retain}},
		"only a neighbour by name": {groups: look(neighbour), made: []string{logGroups, createGroup, retain}},
		"without a retention":      {groups: look(bare, neighbour), made: []string{logGroups, retain}},
		"with a retention":         {groups: look(kept), made: []string{logGroups}},
		"made meanwhile": {groups: append(look(), look(bare)...),
			create: []any{"ResourceAlreadyExistsException"}, made: []string{logGroups, createGroup, logGroups, retain}},
		"made meanwhile, with a retention": {groups: append(look(), look(kept)...),
			create: []any{"ResourceAlreadyExistsException"}, made: []string{logGroups, createGroup, logGroups}},
		"not seen everywhere yet": {groups: look(),
			retain: append([]any{"ResourceNotFoundException", "OperationAbortedException"}, done...),
			made:   []string{logGroups, createGroup, retain, retain, retain}},
		"may not be read": {groups: []any{"AccessDeniedException"},
			says: "hubmend:read AccessDeniedException logs:DescribeLogGroups: no"},
		"may not be made": {groups: look(), create: []any{"AccessDeniedException"},
			says: "hubmend:write AccessDeniedException logs:CreateLogGroup: no"},
		"may not get its days": {groups: look(), retain: []any{"AccessDeniedException"},
			says: "hubmend:write AccessDeniedException logs:PutRetentionPolicy: no"},
		"CloudTrail cannot validate the group": {groups: look(kept),
			update: []any{"InvalidCloudWatchLogsLogGroupArnException"},
			says:   "hubmend:write InvalidCloudWatchLogsLogGroupArnException cloudtrail:UpdateTrail: no"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			ours := ownTrail(deliversTo("arn:aws:logs:us-east-1:111111111111:log-group:"+name+":*", "arn:role"))
			got := plays(t, "SendTrailToCloudWatchLogs",
				play{map[string]any{"TrailArn": "arn:t", "RetentionInDays": "365"}, map[string][]any{
					getTrail: {ownTrail(nil), ours}, updateTrail: orDone(tc.update), logGroups: tc.groups,
					createGroup: orDone(tc.create), retain: orDone(tc.retain),
				}})[0]
			if tc.says != "" {
				got.says(t, tc.says)
				return
			}
			want := append(append([]string{getTrail}, tc.made...), updateTrail, getTrail, getTrail)
			if diff := gocmp.Diff(want, names(got.Made)); diff != "" || got.Error != "" {
				t.Errorf("%s, calls (-want +got):\n%s", got.Error, diff)
			}
		})
	}
}

// A log group that is new is waited for, and so is a trail that something else is changing.
func TestTrailDeliveryIsVerified(t *testing.T) {
	t.Parallel()
	late := []any{"InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException",
		"ConflictException", done[0]}
	ours := ownTrail(deliversTo("arn:aws:logs:us-east-1:111111111111:log-group:/hubmend/cloudtrail/main:*", "arn:role"))
	repair := func(reads []any) play {
		return play{map[string]any{"TrailArn": "arn:t", "RetentionInDays": "365"}, map[string][]any{
			getTrail: reads, updateTrail: late,
			logGroups: {groups(map[string]any{"logGroupName": "/hubmend/cloudtrail/main", "retentionInDays": 1})},
		}}
	}
	nowhere := ownTrail(nil)
	got := plays(t, "SendTrailToCloudWatchLogs", repair([]any{nowhere, ours, nowhere, ours}), repair([]any{nowhere}))
	want := []string{getTrail, logGroups, updateTrail, updateTrail, updateTrail, updateTrail, getTrail, getTrail,
		getTrail, getTrail}
	if diff := gocmp.Diff(want, names(got[0].Made)); diff != "" || got[0].Error != "" {
		t.Errorf("%s, calls (-want +got):\n%s", got[0].Error, diff)
	}
	got[1].says(t, "hubmend:unverified CloudTrail does not report that the trail delivers to "+
		"arn:aws:logs:us-east-1:111111111111:log-group:/hubmend/cloudtrail/main:*.")
}

func TestUndoTrailDelivery(t *testing.T) {
	t.Parallel()
	const changed = "The log group of the trail arn:t has changed since the repair " + repairID
	const restored, same = "Restored: the trail no longer delivers to CloudWatch Logs. Its log group stays.", "Nothing to change: the trail delivers as it did before the repair."
	none, ours, theirs := deliversTo("", ""), deliversTo("arn:ours:*", "arn:our-role"), deliversTo("arn:theirs:*",
		"arn:their-role")
	for name, tc := range map[string]struct {
		before, after, now map[string]any
		change             string // empty when it is refused
	}{
		"as the repair left it":         {none, ours, ours, restored},
		"stopped already":               {none, ours, none, same},
		"not said":                      {none, ours, nil, same},
		"another log group":             {none, ours, deliversTo("arn:theirs:*", "arn:our-role"), ""},
		"another role":                  {none, ours, deliversTo("arn:ours:*", "arn:their-role"), ""},
		"a role without a log group":    {none, ours, deliversTo("", "arn:our-role"), ""},
		"the repair did nothing":        {theirs, theirs, theirs, same},
		"it did nothing, and off since": {theirs, theirs, none, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undo := func(record map[string]any) play {
				return play{map[string]any{"ExecutionId": repairID, "Mode": "plan"},
					map[string][]any{"ssm:GetAutomationExecution": {record}, getTrail: {ownTrail(tc.now)}}}
			}
			parameters := map[string][]string{"TrailArn": {"arn:t"}, "RetentionInDays": {"365"}}
			for _, got := range plays(t, "UndoSendTrailToCloudWatchLogs",
				undo(repaired(t, "SendTrailToCloudWatchLogs", tc.before, tc.after, parameters)),
				undo(stepped(t, "SendTrailToCloudWatchLogs", "decide", tc.before, tc.after, parameters))) {
				if tc.change == "" {
					got.refused(t, changed)
					continue
				}
				planned := []string{}
				if tc.change == restored {
					planned = []string{updateTrail}
				}
				if diff := gocmp.Diff([]any{planned, tc.before, tc.change},
					[]any{names(got.Planned), decoded(t, got.After), got.Change}); diff != "" || got.Error != "" {
					t.Errorf("%s (-want +got):\n%s", got.Error, diff)
				}
			}
		})
	}
}

func TestUndoOfTrailDeliveryIsVerified(t *testing.T) {
	t.Parallel()
	ours := deliversTo("arn:ours:*", "arn:our-role")
	undo := func(reads ...map[string]any) play {
		var answers []any
		for _, fields := range reads {
			answers = append(answers, ownTrail(fields))
		}
		return play{map[string]any{"ExecutionId": repairID}, map[string][]any{
			"ssm:GetAutomationExecution": {repaired(t, "SendTrailToCloudWatchLogs", deliversTo("", ""), ours,
				map[string][]string{"TrailArn": {"arn:t"}})},
			getTrail: answers, updateTrail: append([]any{"ConflictException"}, done...),
		}}
	}
	got := plays(t, "UndoSendTrailToCloudWatchLogs", undo(ours, ours, nil), undo(ours), undo(ours, deliversTo("", "x")))
	if got[0].Error != "" ||
		string(got[0].Made[2].Parameters) != `{"CloudWatchLogsLogGroupArn":"","CloudWatchLogsRoleArn":"","Name":"arn:t"}` {
		t.Errorf("%s, UpdateTrail is given %s", got[0].Error, got[0].Made[2].Parameters)
	}
	got[1].says(t, "hubmend:unverified The trail still delivers to arn:ours:*. This may have been changed during "+
		"this run. Check it, then try again.")
	got[2].says(t, "hubmend:unverified The trail still delivers to x. ")
}

func decoded(t *testing.T, text json.RawMessage) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func number(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func orDone(answers []any) []any {
	if answers == nil {
		return done
	}
	return answers
}
