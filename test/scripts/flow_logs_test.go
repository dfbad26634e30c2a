package scripts_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const (
	flowLogs   = "EnableVpcFlowLogs"
	flowLogVPC = "vpc-0123456789abcdef0"
	flowLogTo  = "/hubmend/vpc-flow-logs/" + flowLogVPC // the log group that the repair makes
)

// flowLog makes what DescribeFlowLogs says of a flow log of rejected traffic that delivers
// to a team's log group, with some fields changed; a nil removes one.
func flowLog(id string, changes ...object) object {
	log := object{
		"FlowLogId": id, "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT", "DeliverLogsStatus": "SUCCESS",
		"LogDestinationType": "cloud-watch-logs", "LogGroupName": "team", "ResourceId": flowLogVPC,
		"DeliverLogsPermissionArn": "arn:aws:iam::222222222222:role/team", "CreationTime": "2026-05-01T12:00:00+00:00",
		"LogFormat": "${version} ${action}", "MaxAggregationInterval": 600,
		"Tags": []object{{"Key": "team", "Value": "a"}},
	}
	for _, fields := range changes {
		for name, value := range fields {
			log[name] = value
			if value == nil {
				delete(log, name)
			}
		}
	}
	return log
}

// Variants of a flow log, as fields to change.
var (
	acceptOnly   = object{"TrafficType": "ACCEPT"}
	allTraffic   = object{"TrafficType": "ALL"}
	accessError  = object{"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}
	failedMutely = object{"DeliverLogsStatus": "FAILED"}
	young        = object{"DeliverLogsStatus": nil}
	youngFailing = object{"DeliverLogsStatus": nil, "DeliverLogsErrorMessage": "Rate limited"}
	notActive    = object{"FlowLogStatus": "FAILED"}
	toFlowLogTo  = object{"LogGroupName": flowLogTo}
	toBucket     = object{"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs", "LogGroupName": nil,
		"DeliverLogsPermissionArn": nil}
	toFirehose = object{"LogDestinationType": "kinesis-data-firehose",
		"LogDestination": "arn:aws:firehose:eu-west-1:222222222222:deliverystream/logs", "LogGroupName": nil}
)

// manyFlowLogs returns 120 of them, so that a cut at 100 shows.
func manyFlowLogs(changes ...object) []object {
	var many []object
	for i := range 120 {
		many = append(many, flowLog(fmt.Sprintf("fl-%03d", i), changes...))
	}
	return many
}

const (
	describeFlowLogs  = "ec2:DescribeFlowLogs"
	createFlowLogs    = "ec2:CreateFlowLogs"
	deleteFlowLogs    = "ec2:DeleteFlowLogs"
	describeLogGroups = "logs:DescribeLogGroups"
	createLogGroup    = "logs:CreateLogGroup"
	putRetention      = "logs:PutRetentionPolicy"
)

// logging runs the repair with these answers to its reads of flow logs. The log group does not exist, and EC2 creates
// the requested flow log.
func logging(planning bool, days string, reads ...[]object) play {
	answers := map[string][]any{
		"ec2:DescribeVpcs": {object{}},
		describeLogGroups:  {object{"logGroups": []object{{"logGroupName": flowLogTo + "/team"}}}},
		createLogGroup:     {object{}}, putRetention: {object{}},
		createFlowLogs: {object{"FlowLogIds": []string{"fl-ours"}, "Unsuccessful": []object{}}},
	}
	for _, logs := range reads {
		answers[describeFlowLogs] = append(answers[describeFlowLogs], object{"FlowLogs": orEmpty(logs)})
	}
	return play{map[string]any{"VpcId": flowLogVPC, "RetentionInDays": days, "Mode": mode(planning)}, answers}
}

func TestFlowLogs(t *testing.T) {
	t.Parallel()
	const (
		creates = "A flow log of rejected traffic of the VPC delivers to log group " + flowLogTo +
			" (retention of a new log group: 365 days)."
		leaves = creates + " Other flow logs do not deliver and were left unchanged: "
		first  = "Nothing to change: flow log fl-1 covers rejected traffic of the VPC."
		second = "Nothing to change: flow log fl-2 covers rejected traffic of the VPC."
	)
	type logCase struct {
		flowLogs  []object
		retention int // 365 when 0
		change    string
	}
	days := func(tc logCase) int { return cmp.Or(tc.retention, 365) }
	tried(t, flowLogs, map[string]logCase{
		"none":              {flowLogs: []object{}, change: creates},
		"null":              {change: creates},
		"another retention": {retention: 30, change: strings.Replace(creates, "365", "30", 1)},
		"rejected traffic":  {flowLogs: []object{flowLog("fl-1")}, change: first},
		"all traffic": {flowLogs: []object{flowLog("fl-1", allTraffic)},
			change: "Nothing to change: flow log fl-1 covers all traffic of the VPC."},
		"accepted traffic only": {flowLogs: []object{flowLog("fl-1", acceptOnly)}, change: creates},
		"accepted traffic only, and failing": {flowLogs: []object{flowLog("fl-1", acceptOnly, accessError)},
			change: creates},
		"no type of traffic": {flowLogs: []object{flowLog("fl-1", object{"TrafficType": nil})},
			change: creates},
		"to S3":            {flowLogs: []object{flowLog("fl-1", toBucket)}, change: first},
		"to Firehose":      {flowLogs: []object{flowLog("fl-1", toFirehose)}, change: first},
		"to our log group": {flowLogs: []object{flowLog("fl-1", toFlowLogTo)}, change: first},
		"young":            {flowLogs: []object{flowLog("fl-1", young)}, change: first},
		"young, with an empty status": {
			flowLogs: []object{flowLog("fl-1", object{"DeliverLogsStatus": "", "DeliverLogsErrorMessage": ""})},
			change:   first},
		"young, with an error": {flowLogs: []object{flowLog("fl-1", youngFailing)},
			change: leaves + "fl-1 (Rate limited)."},
		"delivers again, after an error": {
			flowLogs: []object{flowLog("fl-1", object{"DeliverLogsErrorMessage": "Rate limited"})}, change: first},
		"failing": {flowLogs: []object{flowLog("fl-1", accessError)},
			change: leaves + "fl-1 (Access error)."},
		"failing, all traffic": {flowLogs: []object{flowLog("fl-1", allTraffic, accessError)},
			change: leaves + "fl-1 (Access error)."},
		"failing, to S3": {flowLogs: []object{flowLog("fl-1", toBucket, accessError)},
			change: leaves + "fl-1 (Access error)."},
		"failing without a message": {flowLogs: []object{flowLog("fl-1", failedMutely)},
			change: leaves + "fl-1 (no reason given)."},
		"failing, two": {flowLogs: []object{flowLog("fl-1", accessError),
			flowLog("fl-2", failedMutely)}, change: leaves + "fl-1 (Access error), fl-2 (no reason given)."},
		"not active": {flowLogs: []object{flowLog("fl-1", notActive)}, change: creates},
		"no status": {flowLogs: []object{flowLog("fl-1", object{"FlowLogStatus": nil})},
			change: creates},
		"the first of two is good": {flowLogs: []object{flowLog("fl-1"), flowLog("fl-2", allTraffic)},
			change: first},
		"the second is good, after failing": {flowLogs: []object{flowLog("fl-1", accessError), flowLog("fl-2")},
			change: second},
		"the second is good, after accepted": {flowLogs: []object{flowLog("fl-1", acceptOnly), flowLog("fl-2")},
			change: second},
		"the second is good, not active one": {flowLogs: []object{flowLog("fl-1", notActive), flowLog("fl-2")},
			change: second},
		"accepted, and one that fails": {flowLogs: []object{flowLog("fl-1", acceptOnly),
			flowLog("fl-2", accessError)}, change: leaves + "fl-2 (Access error)."},
		"many, none covers": {flowLogs: manyFlowLogs(acceptOnly), change: creates},
		"many, the last is good": {flowLogs: append(manyFlowLogs(accessError), flowLog("fl-2")),
			change: second},
	}, func(tc logCase) []play {
		text := strconv.Itoa(days(tc))
		return []play{logging(true, text, tc.flowLogs),
			logging(false, text, tc.flowLogs,
				append(slices.Clone(tc.flowLogs), flowLog("fl-ours", toFlowLogTo, young)))}
	}, func(t *testing.T, tc logCase, done []played) {
		plan, repair := done[0], done[1]
		if plan.Change != tc.change || repair.Change != tc.change {
			t.Errorf("it says %q and %q, %s; want %q", plan.Change, repair.Change, repair.Error, tc.change)
		}
		checkJSON(t, "Before", kept(tc.flowLogs), repair.Before)
		if strings.HasPrefix(tc.change, "Nothing to change: ") {
			if len(plan.Planned) > 0 || len(repair.Made) != 2 || string(repair.Before) != string(repair.After) {
				t.Errorf("it made %v", names(repair.Made))
			}
			return
		}
		if diff := gocmp.Diff([]string{createLogGroup, putRetention, createFlowLogs}, names(plan.Planned)); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		checkJSON(t, "After",
			append(kept(tc.flowLogs),
				object{"FlowLogId": "fl-ours", "TrafficType": "REJECT", "LogGroupName": flowLogTo}), repair.After)
		var group, flow object
		input(t, repair.Made, putRetention, &group)
		if diff := gocmp.Diff(object{"logGroupName": flowLogTo, "retentionInDays": float64(days(tc))},
			group); diff != "" {
			t.Errorf("retention (-want +got):\n%s", diff)
		}
		input(t, repair.Made, createFlowLogs, &flow)
		want := object{
			"ResourceType": "VPC", "ResourceIds": []any{flowLogVPC}, "TrafficType": "REJECT",
			"LogDestinationType": "cloud-watch-logs", "LogGroupName": flowLogTo,
			"DeliverLogsPermissionArn": "arn:aws:iam::111111111111:role/hubmend-flow-log-delivery",
			"ClientToken":              repairID,
		}
		if diff := gocmp.Diff(want, flow); diff != "" {
			t.Errorf("the flow log (-want +got):\n%s", diff)
		}
	})
}

// An existing log group keeps its retention, even if it is created at the same time.
func TestFlowLogsToAGroupThatExists(t *testing.T) {
	t.Parallel()
	ours := []object{flowLog("fl-ours", toFlowLogTo)}
	there, meanwhile, denied := logging(false, "365", nil, ours), logging(false, "365", nil, ours), logging(false,
		"365", nil, ours)
	there.Answers[describeLogGroups] = []any{object{"logGroups": []object{{"logGroupName": flowLogTo}}}}
	meanwhile.Answers[createLogGroup] = []any{"ResourceAlreadyExistsException"}
	denied.Answers[createLogGroup] = []any{"AccessDeniedException"}
	done := plays(t, flowLogs, there, meanwhile, denied)
	for i, calls := range [][]string{{}, {createLogGroup}} {
		writes := slices.DeleteFunc(names(done[i].Made),
			func(name string) bool { return !strings.HasPrefix(name, "logs:") || name == describeLogGroups })
		if diff := gocmp.Diff(calls, writes); diff != "" || done[i].Error != "" {
			t.Errorf("%s (-want +got):\n%s", done[i].Error, diff)
		}
	}
	if !strings.HasPrefix(done[2].Error, "hubmend:write AccessDeniedException logs:CreateLogGroup") ||
		slices.Contains(names(done[2].Made), createFlowLogs) {
		t.Errorf("without a log group: %q after %v", done[2].Error, names(done[2].Made))
	}
}

// CloudWatch Logs may not see the new group immediately.
func TestRetentionOfANewGroup(t *testing.T) {
	t.Parallel()
	late, busy := logging(false, "365", nil, []object{flowLog("fl-ours", toFlowLogTo)}), logging(false, "365", nil,
		[]object{flowLog("fl-ours", toFlowLogTo)})
	late.Answers[putRetention] = []any{"ResourceNotFoundException", object{}}
	busy.Answers[createLogGroup] = []any{"OperationAbortedException", object{}}
	for _, got := range plays(t, flowLogs, late, busy) {
		if got.Error != "" || len(names(got.Made)) != 9 {
			t.Errorf("%q after %v", got.Error, names(got.Made))
		}
	}
}

func TestFlowLogsBefore(t *testing.T) {
	t.Parallel()
	logs := []object{
		flowLog("fl-1", accessError), flowLog("fl-2", acceptOnly, toBucket), flowLog("fl-3", young),
		flowLog("fl-4", notActive, object{"DeliverLogsStatus": ""}),
	}
	want := []map[string]string{
		{"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT", "DeliverLogsStatus": "FAILED",
			"DeliverLogsErrorMessage": "Access error",
			"LogDestinationType":      "cloud-watch-logs", "LogGroupName": "team"},
		{"FlowLogId": "fl-2", "FlowLogStatus": "ACTIVE", "TrafficType": "ACCEPT", "DeliverLogsStatus": "SUCCESS",
			"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs"},
		{"FlowLogId": "fl-3", "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT",
			"LogDestinationType": "cloud-watch-logs", "LogGroupName": "team"},
		{"FlowLogId": "fl-4", "FlowLogStatus": "FAILED", "TrafficType": "REJECT",
			"LogDestinationType": "cloud-watch-logs", "LogGroupName": "team"},
	}
	checkJSON(t, "Before", want, plays(t, flowLogs, logging(true, "365", logs))[0].Before)
}

func TestFlowLogAccepted(t *testing.T) {
	t.Parallel()
	const refusal = "hubmend:unverified EC2 did not create a flow log. "
	refused := func(code, message string) object {
		return object{"ResourceId": flowLogVPC, "Error": object{"Code": code, "Message": message}}
	}
	exists := refused("FlowLogAlreadyExists",
		"There is an existing Flow Log with the same configuration and log destination.")
	limit, role := refused("FlowLogsLimitExceeded", "Too many."), refused("InvalidParameter", "No role.")
	type answerCase struct {
		unsuccessful []object
		err          string
	}
	tried(t, flowLogs, map[string]answerCase{
		"created":           {unsuccessful: []object{}},
		"created, and null": {},
		"exists":            {unsuccessful: []object{exists}},
		"exists twice":      {unsuccessful: []object{exists, exists}},
		"refused":           {[]object{limit}, refusal + "FlowLogsLimitExceeded: Too many."},
		"refused twice": {[]object{limit, role},
			refusal + "FlowLogsLimitExceeded: Too many.; InvalidParameter: No role."},
		"exists, and refused": {[]object{exists, limit}, refusal + "FlowLogsLimitExceeded: Too many."},
		"refused, and exists": {[]object{limit, exists}, refusal + "FlowLogsLimitExceeded: Too many."},
		"a code that only sounds so": {[]object{refused("FlowLogAlreadyExistsElsewhere", "There.")},
			refusal + "FlowLogAlreadyExistsElsewhere: There."},
		"the code is only in the message": {[]object{refused("InternalError", "FlowLogAlreadyExists")},
			refusal + "InternalError: FlowLogAlreadyExists"},
		"no error is given": {[]object{{"ResourceId": flowLogVPC}}, refusal + "None: None"},
	}, func(tc answerCase) []play {
		p := logging(false, "365", nil, []object{flowLog("fl-ours", toFlowLogTo)})
		p.Answers[createFlowLogs] = []any{object{"FlowLogIds": []string{}, "Unsuccessful": orEmpty(tc.unsuccessful)}}
		return []play{p}
	}, func(t *testing.T, tc answerCase, done []played) {
		if done[0].Error != tc.err {
			t.Errorf("%q, want %q", done[0].Error, tc.err)
		}
		if tc.err == "" { // its id is unknown
			checkJSON(t, "After", []object{{"TrafficType": "REJECT", "LogGroupName": flowLogTo}}, done[0].After)
		}
	})
}

// A flow log that exists may be an error, too; whether it delivers is looked at in any case.
func TestFlowLogExistsAlready(t *testing.T) {
	t.Parallel()
	exists := logging(false, "365", nil, []object{flowLog("fl-theirs", toFlowLogTo)})
	exists.Answers[createFlowLogs] = []any{"FlowLogAlreadyExists"}
	got := plays(t, flowLogs, exists)[0]
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	checkJSON(t, "After", []object{{"TrafficType": "REJECT", "LogGroupName": flowLogTo}}, got.After)
}

func TestVerifyFlowLogs(t *testing.T) {
	t.Parallel()
	const unseen = "The VPC has no flow log of rejected traffic to " + flowLogTo + ". Start the repair again."
	bad := func(id, problem string) string {
		return "Flow log " + id + " to " + flowLogTo + " exists, but " + problem +
			". Make sure that the role hubmend-flow-log-delivery " +
			"is as in the member template, delete the flow log, and start the repair again."
	}
	type lookCase struct {
		flowLogs []object
		err      string // unseen only at the last look; any other at every one
	}
	tried(t, flowLogs, map[string]lookCase{
		"delivers":    {flowLogs: []object{flowLog("fl-1", toFlowLogTo)}},
		"young":       {flowLogs: []object{flowLog("fl-1", toFlowLogTo, young)}},
		"all traffic": {flowLogs: []object{flowLog("fl-1", toFlowLogTo, allTraffic)}},
		"delivers again": {
			flowLogs: []object{flowLog("fl-1", toFlowLogTo, object{"DeliverLogsErrorMessage": "Rate limited"})}},
		"good behind bad": {flowLogs: []object{flowLog("fl-1", toFlowLogTo, accessError),
			flowLog("fl-2", toFlowLogTo, allTraffic)}},
		"good before bad": {flowLogs: []object{flowLog("fl-1", toFlowLogTo),
			flowLog("fl-2", toFlowLogTo, notActive)}},
		"good behind one of another group": {flowLogs: []object{flowLog("fl-1", accessError),
			flowLog("fl-2", toFlowLogTo)}},
		"good behind many": {flowLogs: append(manyFlowLogs(toFlowLogTo, accessError),
			flowLog("fl-2", toFlowLogTo))},

		"none":                  {[]object{}, unseen},
		"null":                  {nil, unseen},
		"to another group":      {[]object{flowLog("fl-1")}, unseen},
		"to a group below":      {[]object{flowLog("fl-1", object{"LogGroupName": flowLogTo + "/team"})}, unseen},
		"to S3":                 {[]object{flowLog("fl-1", toBucket)}, unseen},
		"another group's fails": {[]object{flowLog("fl-1", accessError)}, unseen},
		"accepted traffic only": {[]object{flowLog("fl-1", toFlowLogTo, acceptOnly)}, unseen},
		"many of other groups":  {manyFlowLogs(), unseen},

		"fails": {[]object{flowLog("fl-1", toFlowLogTo, accessError)},
			bad("fl-1", "it does not deliver: Access error")},
		"fails without a message": {[]object{flowLog("fl-1", toFlowLogTo, failedMutely)},
			bad("fl-1", "it does not deliver: FAILED")},
		"young, with an error": {[]object{flowLog("fl-1", toFlowLogTo, youngFailing)},
			bad("fl-1", "it does not deliver: Rate limited")},
		"not active": {[]object{flowLog("fl-1", toFlowLogTo, notActive)},
			bad("fl-1", "its status is FAILED")},
		"not active, but delivered": {[]object{flowLog("fl-1", toFlowLogTo, allTraffic, notActive)},
			bad("fl-1", "its status is FAILED")},
		"no status": {[]object{flowLog("fl-1", toFlowLogTo, object{"FlowLogStatus": nil})},
			bad("fl-1", "its status is None")},
		"two fail": {[]object{flowLog("fl-1", toFlowLogTo, accessError),
			flowLog("fl-2", toFlowLogTo, notActive)}, bad("fl-1", "it does not deliver: Access error")},
		"another group's is good": {[]object{flowLog("fl-1"), flowLog("fl-2", toFlowLogTo, accessError)},
			bad("fl-2", "it does not deliver: Access error")},
	}, func(tc lookCase) []play {
		// at once, and after a while
		return []play{logging(false, "365", nil, tc.flowLogs), logging(false, "365", nil, nil, tc.flowLogs)}
	}, func(t *testing.T, tc lookCase, done []played) {
		says := tc.err
		if says != "" {
			says = "hubmend:unverified " + says
		}
		for _, got := range done {
			looks := slices.DeleteFunc(names(got.Made), func(name string) bool { return name != describeFlowLogs })
			if got.Error != says || tc.err != "" && tc.err != unseen && len(looks) > 3 {
				t.Errorf("%q after %d looks, want %q", got.Error, len(looks), says)
			}
		}
	})
}
