package scripts_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/runbook"
	"hubmend/internal/ssmtext"
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
		"LogFormat": "${version} ${action}", "MaxAggregationInterval": 600, "Tags": []object{{"Key": "team", "Value": "a"}},
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

// What may be different in a flow log, as fields to change.
var (
	acceptOnly   = object{"TrafficType": "ACCEPT"}
	allTraffic   = object{"TrafficType": "ALL"}
	accessError  = object{"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}
	failedMutely = object{"DeliverLogsStatus": "FAILED"}
	young        = object{"DeliverLogsStatus": nil}
	youngFailing = object{"DeliverLogsStatus": nil, "DeliverLogsErrorMessage": "Rate limited"}
	notActive    = object{"FlowLogStatus": "FAILED"}
	toFlowLogTo  = object{"LogGroupName": flowLogTo}
	toBucket     = object{"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs", "LogGroupName": nil, "DeliverLogsPermissionArn": nil}
	toFirehose   = object{"LogDestinationType": "kinesis-data-firehose", "LogDestination": "arn:aws:firehose:eu-west-1:222222222222:deliverystream/logs", "LogGroupName": nil}
)

// manyFlowLogs gives 120 of them, so that a cut at 100 shows.
func manyFlowLogs(changes ...object) []object {
	var many []object
	for i := range 120 {
		many = append(many, flowLog(fmt.Sprintf("fl-%03d", i), changes...))
	}
	return many
}

type flowLogPlan struct {
	Action          string
	LogGroup        string
	RetentionInDays int
	Before          []map[string]string
	Change          string
}

func TestDecideFlowLogs(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, flowLogs, "decide")
	const (
		creates = "A flow log of rejected traffic of the VPC delivers to log group " + flowLogTo + " (a new one keeps 365 days)."
		leaves  = creates + " Left as it was, because it does not deliver: "
		first   = "Nothing to change: flow log fl-1 covers rejected traffic of the VPC."
		second  = "Nothing to change: flow log fl-2 covers rejected traffic of the VPC."
	)
	for name, tc := range map[string]struct {
		flowLogs  []object
		retention int // 365 when 0
		change    string
	}{
		"none":                               {flowLogs: []object{}, change: creates},
		"null":                               {change: creates},
		"another retention":                  {retention: 30, change: strings.Replace(creates, "365", "30", 1)},
		"rejected traffic":                   {flowLogs: []object{flowLog("fl-1")}, change: first},
		"all traffic":                        {flowLogs: []object{flowLog("fl-1", allTraffic)}, change: "Nothing to change: flow log fl-1 covers all traffic of the VPC."},
		"accepted traffic only":              {flowLogs: []object{flowLog("fl-1", acceptOnly)}, change: creates},
		"accepted traffic only, and failing": {flowLogs: []object{flowLog("fl-1", acceptOnly, accessError)}, change: creates},
		"no type of traffic":                 {flowLogs: []object{flowLog("fl-1", object{"TrafficType": nil})}, change: creates},
		"to S3":                              {flowLogs: []object{flowLog("fl-1", toBucket)}, change: first},
		"to Firehose":                        {flowLogs: []object{flowLog("fl-1", toFirehose)}, change: first},
		"to our log group":                   {flowLogs: []object{flowLog("fl-1", toFlowLogTo)}, change: first},
		"young":                              {flowLogs: []object{flowLog("fl-1", young)}, change: first},
		"young, with an empty status":        {flowLogs: []object{flowLog("fl-1", object{"DeliverLogsStatus": "", "DeliverLogsErrorMessage": ""})}, change: first},
		"young, with an error":               {flowLogs: []object{flowLog("fl-1", youngFailing)}, change: leaves + "fl-1 (Rate limited)."},
		"delivers again, after an error":     {flowLogs: []object{flowLog("fl-1", object{"DeliverLogsErrorMessage": "Rate limited"})}, change: first},
		"failing":                            {flowLogs: []object{flowLog("fl-1", accessError)}, change: leaves + "fl-1 (Access error)."},
		"failing, all traffic":               {flowLogs: []object{flowLog("fl-1", allTraffic, accessError)}, change: leaves + "fl-1 (Access error)."},
		"failing, to S3":                     {flowLogs: []object{flowLog("fl-1", toBucket, accessError)}, change: leaves + "fl-1 (Access error)."},
		"failing without a message":          {flowLogs: []object{flowLog("fl-1", failedMutely)}, change: leaves + "fl-1 (no reason given)."},
		"failing, two":                       {flowLogs: []object{flowLog("fl-1", accessError), flowLog("fl-2", failedMutely)}, change: leaves + "fl-1 (Access error), fl-2 (no reason given)."},
		"not active":                         {flowLogs: []object{flowLog("fl-1", notActive)}, change: creates},
		"no status":                          {flowLogs: []object{flowLog("fl-1", object{"FlowLogStatus": nil})}, change: creates},
		"the first of two is good":           {flowLogs: []object{flowLog("fl-1"), flowLog("fl-2", allTraffic)}, change: first},
		"the second is good, after failing":  {flowLogs: []object{flowLog("fl-1", accessError), flowLog("fl-2")}, change: second},
		"the second is good, after accepted": {flowLogs: []object{flowLog("fl-1", acceptOnly), flowLog("fl-2")}, change: second},
		"the second is good, not active one": {flowLogs: []object{flowLog("fl-1", notActive), flowLog("fl-2")}, change: second},
		"accepted, and one that fails":       {flowLogs: []object{flowLog("fl-1", acceptOnly), flowLog("fl-2", accessError)}, change: leaves + "fl-2 (Access error)."},
		"many, none covers":                  {flowLogs: manyFlowLogs(acceptOnly), change: creates},
		"many, the last is good":             {flowLogs: append(manyFlowLogs(accessError), flowLog("fl-2")), change: second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			want := flowLogPlan{Action: "create", LogGroup: flowLogTo, RetentionInDays: 365, Change: tc.change}
			if strings.HasPrefix(tc.change, "Nothing to change: ") {
				want.Action = "none"
			}
			if tc.retention != 0 {
				want.RetentionInDays = tc.retention
			}
			payload := object{"vpc": flowLogVPC, "flowLogs": tc.flowLogs, "retention": strconv.Itoa(want.RetentionInDays)}
			var got flowLogPlan
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Before) != len(tc.flowLogs) {
				t.Errorf("Before has %d of %d flow logs", len(got.Before), len(tc.flowLogs))
			}
			got.Before = nil // what it keeps of each has a test of its own
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// EC2 may leave out what it has no value for, and the executor what an output found nothing for.
func TestDecideFlowLogsThatAreNotThere(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, flowLogs, "decide")
	for name, payload := range map[string]object{
		"no key":   {"vpc": flowLogVPC, "retention": "365"},
		"text ''":  {"vpc": flowLogVPC, "retention": "365", "flowLogs": ""},
		"an empty": {"vpc": flowLogVPC, "retention": "365", "flowLogs": []object{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got flowLogPlan
			if err := run(t.Context(), interpreter(t), script, payload, &got); err != nil || got.Action != "create" {
				t.Errorf("action %q, %v", got.Action, err)
			}
		})
	}
}

func TestFlowLogsBefore(t *testing.T) {
	t.Parallel()
	config := interpreter(t)
	payload := object{"vpc": flowLogVPC, "retention": "365", "flowLogs": []object{
		flowLog("fl-1", accessError), flowLog("fl-2", acceptOnly, toBucket), flowLog("fl-3", young), flowLog("fl-4", notActive, object{"DeliverLogsStatus": ""}),
	}}
	want := []map[string]string{
		{"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT", "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error",
			"LogDestinationType": "cloud-watch-logs", "LogGroupName": "team"},
		{"FlowLogId": "fl-2", "FlowLogStatus": "ACTIVE", "TrafficType": "ACCEPT", "DeliverLogsStatus": "SUCCESS",
			"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs"},
		{"FlowLogId": "fl-3", "FlowLogStatus": "ACTIVE", "TrafficType": "REJECT", "LogDestinationType": "cloud-watch-logs", "LogGroupName": "team"},
		{"FlowLogId": "fl-4", "FlowLogStatus": "FAILED", "TrafficType": "REJECT", "LogDestinationType": "cloud-watch-logs", "LogGroupName": "team"},
	}
	var got flowLogPlan
	if err := run(t.Context(), config, scriptOf(t, flowLogs, "decide"), payload, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Before); diff != "" {
		t.Errorf("Before (-want +got):\n%s", diff)
	}
}

func TestFlowLogAccepted(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, flowLogs, "accepted")
	const refusal = "EC2 created no flow log. "
	refused := func(code, message string) object {
		return object{"ResourceId": flowLogVPC, "Error": object{"Code": code, "Message": message}}
	}
	exists := refused("FlowLogAlreadyExists", "There is an existing Flow Log with the same configuration and log destination.")
	limit, role := refused("FlowLogsLimitExceeded", "Too many."), refused("InvalidParameter", "No role.")
	for name, tc := range map[string]struct {
		unsuccessful []object
		err          string
	}{
		"created":                         {unsuccessful: []object{}},
		"created, and null":               {},
		"exists":                          {unsuccessful: []object{exists}},
		"exists twice":                    {unsuccessful: []object{exists, exists}},
		"refused":                         {[]object{limit}, refusal + "FlowLogsLimitExceeded: Too many."},
		"refused twice":                   {[]object{limit, role}, refusal + "FlowLogsLimitExceeded: Too many.; InvalidParameter: No role."},
		"exists, and refused":             {[]object{exists, limit}, refusal + "FlowLogsLimitExceeded: Too many."},
		"refused, and exists":             {[]object{limit, exists}, refusal + "FlowLogsLimitExceeded: Too many."},
		"a code that only sounds so":      {[]object{refused("FlowLogAlreadyExistsElsewhere", "There.")}, refusal + "FlowLogAlreadyExistsElsewhere: There."},
		"the code is only in the message": {[]object{refused("InternalError", "FlowLogAlreadyExists")}, refusal + "InternalError: FlowLogAlreadyExists"},
		"no error is told":                {[]object{{"ResourceId": flowLogVPC}}, refusal + "None: None"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), interpreter(t), script, object{"unsuccessful": tc.unsuccessful}, new(object))
			checkError(t, err, tc.err)
		})
	}
}

// checkError compares the text of a script's ValueError; an empty one means that there is none.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	checkRaised(t, err, "ValueError", want)
}

// checkRefusal is checkError for what a script cannot repair.
func checkRefusal(t *testing.T, err error, want string) {
	t.Helper()
	checkRaised(t, err, ssmtext.Refusal, want)
}

func checkRaised(t *testing.T, err error, exception, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if want != "" {
		want = exception + ": " + want
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// lastPass gives how often a loop goes round at most. A script that lets a last pass go
// by without an error would end the repair as a success.
func lastPass(t *testing.T, document, loop string) uint64 {
	t.Helper()
	r, _ := catalog.Embedded().Runbook(document)
	passes := uint64(0)
	runbook.Walk(r.Document.MainSteps, func(s runbook.Step) {
		if s.Name == loop {
			passes, _ = s.Inputs["MaxIterations"].(uint64)
		}
	})
	if passes < 2 {
		t.Fatalf("step %s of %s goes round %d times", loop, document, passes)
	}
	return passes
}

func TestVerifyFlowLogs(t *testing.T) {
	t.Parallel()
	script, last := scriptOf(t, flowLogs, "verify"), lastPass(t, flowLogs, "setUp")
	const unseen = "The VPC has no flow log of rejected traffic to " + flowLogTo + ". Start the repair again."
	bad := func(id, problem string) string {
		return "Flow log " + id + " to " + flowLogTo + " exists, but " + problem + ". See that the role hubmend-flow-log-delivery " +
			"is as the member template makes it, delete the flow log and start the repair again."
	}
	for name, tc := range map[string]struct {
		flowLogs []object
		err      string // unseen only at the last pass; any other at every one
	}{
		"delivers":                         {flowLogs: []object{flowLog("fl-1", toFlowLogTo)}},
		"young":                            {flowLogs: []object{flowLog("fl-1", toFlowLogTo, young)}},
		"all traffic":                      {flowLogs: []object{flowLog("fl-1", toFlowLogTo, allTraffic)}},
		"delivers again":                   {flowLogs: []object{flowLog("fl-1", toFlowLogTo, object{"DeliverLogsErrorMessage": "Rate limited"})}},
		"good behind bad":                  {flowLogs: []object{flowLog("fl-1", toFlowLogTo, accessError), flowLog("fl-2", toFlowLogTo, allTraffic)}},
		"good before bad":                  {flowLogs: []object{flowLog("fl-1", toFlowLogTo), flowLog("fl-2", toFlowLogTo, notActive)}},
		"good behind one of another group": {flowLogs: []object{flowLog("fl-1", accessError), flowLog("fl-2", toFlowLogTo)}},
		"good behind many":                 {flowLogs: append(manyFlowLogs(toFlowLogTo, accessError), flowLog("fl-2", toFlowLogTo))},

		"none":                  {[]object{}, unseen},
		"null":                  {nil, unseen},
		"to another group":      {[]object{flowLog("fl-1")}, unseen},
		"to a group below":      {[]object{flowLog("fl-1", object{"LogGroupName": flowLogTo + "/team"})}, unseen},
		"to S3":                 {[]object{flowLog("fl-1", toBucket)}, unseen},
		"another group's fails": {[]object{flowLog("fl-1", accessError)}, unseen},
		"accepted traffic only": {[]object{flowLog("fl-1", toFlowLogTo, acceptOnly)}, unseen},
		"many of other groups":  {manyFlowLogs(), unseen},

		"fails":                     {[]object{flowLog("fl-1", toFlowLogTo, accessError)}, bad("fl-1", "it does not deliver: Access error")},
		"fails without a message":   {[]object{flowLog("fl-1", toFlowLogTo, failedMutely)}, bad("fl-1", "it does not deliver: FAILED")},
		"young, with an error":      {[]object{flowLog("fl-1", toFlowLogTo, youngFailing)}, bad("fl-1", "it does not deliver: Rate limited")},
		"not active":                {[]object{flowLog("fl-1", toFlowLogTo, notActive)}, bad("fl-1", "its status is FAILED")},
		"not active, but delivered": {[]object{flowLog("fl-1", toFlowLogTo, allTraffic, notActive)}, bad("fl-1", "its status is FAILED")},
		"no status":                 {[]object{flowLog("fl-1", toFlowLogTo, object{"FlowLogStatus": nil})}, bad("fl-1", "its status is None")},
		"two fail":                  {[]object{flowLog("fl-1", toFlowLogTo, accessError), flowLog("fl-2", toFlowLogTo, notActive)}, bad("fl-1", "it does not deliver: Access error")},
		"another group's is good":   {[]object{flowLog("fl-1"), flowLog("fl-2", toFlowLogTo, accessError)}, bad("fl-2", "it does not deliver: Access error")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			for pass := uint64(1); pass <= last; pass++ {
				state, text := map[string]string{"": "good", unseen: "unseen"}[tc.err], tc.err
				if tc.err == unseen && pass < last {
					text = ""
				}
				if text != "" {
					state = ""
				}
				var got struct{ State string }
				err := run(t.Context(), config, script, object{"group": flowLogTo, "flowLogs": tc.flowLogs, "pass": pass}, &got)
				checkError(t, err, text)
				if got.State != state {
					t.Errorf("pass %d: State is %q, want %q", pass, got.State, state)
				}
			}
		})
	}
}
