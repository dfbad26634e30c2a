package scenario_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scenario"
)

type object = map[string]any

// admin is an admin stack with a rule that puts a message on a queue, and an alarm on it.
func admin() object {
	resource := func(kind string, properties object) object { return object{"Type": kind, "Properties": properties} }
	arn := object{"Fn::GetAtt": []any{"Queue", "Arn"}}
	return object{
		"Parameters": object{"OrganizationId": object{"Type": "String"},
			"QueueName": object{"Type": "String", "Default": "nobody"}},
		"Resources": object{
			"Queue": resource("AWS::SQS::Queue", object{"QueueName": object{"Ref": "QueueName"}}),
			"Policy": resource("AWS::SQS::QueuePolicy",
				object{"Queues": []any{object{"Ref": "Queue"}}, "PolicyDocument": object{"Statement": []any{
					object{"Effect": "Allow", "Principal": object{"Service": "events.amazonaws.com"},
						"Action": "sqs:SendMessage", "Resource": arn}}}}),
			"Rule": resource("AWS::Events::Rule",
				object{"Name": "sweep", "ScheduleExpression": "rate(5 minutes)",
					"Targets": []any{object{"Id": "t", "Arn": arn}}}),
			"Alarm": resource("AWS::CloudWatch::Alarm",
				object{"AlarmName": "deep", "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
					"Dimensions":         []any{object{"Name": "QueueName", "Value": object{"Ref": "QueueName"}}},
					"ComparisonOperator": "GreaterThanOrEqualToThreshold",
					"Threshold":          2, "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1}),
		},
	}
}

// member is a stack with nothing in it.
func member(parameters ...string) object {
	declared := object{}
	for _, p := range parameters {
		declared[p] = object{"Type": "String"}
	}
	return object{"Parameters": declared,
		"Resources": object{"None": object{"Type": "AWS::ServiceCatalog::PortfolioProductAssociation",
			"Properties": object{}}}}
}

func config(t *testing.T) lab.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	dir := t.TempDir()
	for name, content := range map[string]object{
		lab.AdminStack + ".template.json":          admin(),
		lab.MemberRolesStack + ".template.json":    member("AdministratorAccount"),
		lab.MemberRunbooksStack + ".template.json": member("AdministratorAccount", "AdministratorRegion"),
	} {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := lab.Defaults
	c.Assembly = dir
	var err error
	if c.Python, err = python.Find("../../.."); err != nil {
		t.Fatal(err)
	}
	return c
}

// A scenario brings its faults, its parameters and its schedules to the lab, and what it
// expects is held against it.
func TestRun(t *testing.T) {
	t.Parallel()
	c := config(t)
	backend, err := lab.StartBackend(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	c.Backend = backend
	const v2 = "v2: {enabled: true, automationRules: [{control: EC2.14, status: Suppressed}]}\nevents:\n"
	const imported = "  - import: {name: f, control: EC2.13, resource: r}\n"
	const exposed = "  - import: {name: e, exposure: [f, 'arn:aws:macie2:${region}:${account}:finding/1']}\n"
	const head = "name: x\nproduct: ''\nadmin: {QueueName: deep}\n"
	for name, tc := range map[string]struct {
		text   string
		failed string // a part of what the expectation got instead; empty: it holds
		err    string // instead of a result
	}{
		"nothing happened": {text: head + "expect: [{alarms: []}]"},
		"a schedule":       {text: head + "events: [{schedule: sweep}]\nexpect: [{alarms: []}]"},
		"two of them":      {text: head + "events: [{schedule: sweep}, {schedule: sweep}]\nexpect: [{alarms: [deep]}]"},
		"amid the events": {text: head +
			"events: [{expect: {alarms: []}}, {schedule: sweep}, {schedule: sweep}]\nexpect: [{alarms: [deep]}]"},
		"too late": {text: head +
			"events: [{schedule: sweep}, {schedule: sweep}, {wait: true}, {expect: {alarms: []}}]\nexpect: " +
			"[{alarms: [deep]}]", failed: `["deep"]`},
		"time passes": {text: head + "events: [{pass: 36h}]\nexpect: [{alarms: []}]"},
		"delivered twice": {text: head +
			"faults: {deliverTwice: true}\nevents: [{schedule: sweep}]\nexpect: [{alarms: [deep]}]"},
		"too few alarms": {text: head + "events: [{schedule: sweep}]\nexpect: [{alarms: [deep]}]", failed: "[]"},
		"too many alarms": {text: head +
			"faults: {deliverTwice: true}\nevents: [{schedule: sweep}]\nexpect: [{alarms: []}]", failed: `["deep"]`},
		"a queue's depth": {text: head + "events: [{schedule: sweep}]\nexpect:\n" +
			"  - call: {account: '${accounts[0]}', service: sqs, api: GetQueueAttributes, input: {QueueUrl: deep, " +
			"AttributeNames: [ApproximateNumberOfMessages]}}\n" +
			"    path: $.Attributes.ApproximateNumberOfMessages\n    equals: '1'"},
		"no such call": {text: head +
			"interventions: [{before: 'a:B', error: {code: x, message: y}}]\nexpect: [{alarms: []}]",
			failed: "nobody made such a call"},
		"an account that moves": {text: head + "ous: {ou-lab1-payments: {accounts: ['222222222222']}}\n" +
			"events:\n  - call: {account: '${management}', service: organizations, api: MoveAccount, input: " +
			"{AccountId: '222222222222', SourceParentId: ou-lab1-payments, DestinationParentId: '${root}'}}\n" +
			"expect:\n  - call: {account: '${accounts[0]}', service: organizations, api: ListParents, input: " +
			"{ChildId: '222222222222'}}\n    path: $.Parents[0].Id\n    equals: r-lab1"},
		"another parameter": {text: "name: x\nproduct: ''\nadmin: {Colour: red}\nexpect: [{alarms: []}]",
			err: "Colour"},
		"another schedule": {text: head + "events: [{schedule: weep}]\nexpect: [{alarms: []}]",
			err: `scheduled rule "weep" not found; the scheduled rules are: sweep`},
		"another function": {text: head +
			"interventions: [{function: f, before: 'a:B', kill: true}]\nexpect: [{alarms: []}]",
			err: "function f not found"},
		"a policy with a mistake": {text: head + "events: [{policy: {version: 7}}]\nexpect: [{alarms: []}]",
			err: "does not know version 7"},
		"a request for nothing": {text: head + "events: [{remediate: {action: A, finding: f}}]\nexpect: [{alarms: []}]",
			err: `no finding was imported under the name "f"`},
		"the new Security Hub": {text: head + v2 + imported + "  - setV2Status: {finding: f, status: In Progress, " +
			"comment: ann}\n  - expect: {finding: f, workflow: NEW, v2Status: In Progress, v2Comment: an}\n" +
			"expect: [{finding: f, v2Status: In Progress}]"},
		"another status there": {text: head + v2 + imported + "expect: [{finding: f, v2Status: Resolved}]",
			failed: "in the new Security Hub: New: "},
		"V2 is off": {text: head + "events:\n" + imported + "expect: [{finding: f, workflow: NEW, v2Status: none}]"},
		"a click where V2 is off": {text: head + "events:\n" + imported +
			"  - setV2Status: {finding: f, status: New}\nexpect: [{alarms: []}]",
			err: `the new Security Hub has no finding "f"`},
		"of another service": {text: head + v2 + "  - import: {name: e, ocsf: {status: New, metadata: {uid: e}, " +
			"finding_info: {uid: '${account}'}, cloud: {region: us-east-1, account: {uid: '${account}'}}}}\n" +
			"expect: [{finding: e, v2Status: New}]"},
		"an exposure": {text: head + v2 + imported + exposed + "expect:\n  - {call: {service: securityhub, api: " +
			"GetFindingsV2}, path: '$.Findings[1].finding_info.related_events', equals: [{uid: 'arn:aws:securityhub:" +
			"us-east-1:222222222222:security-control/EC2.13/finding/f'}, {uid: 'arn:aws:macie2:us-east-1:222222222222" +
			":finding/1'}]}"},
		"an exposure that is remediated": {text: head + v2 + imported + exposed + "  - remediate: {exposure: e}\n" +
			"expect: [{alarms: []}]", err: "only `hubmend lab run` can remediate an exposure"},
		"an exposure that was not imported": {text: head + "events: [{remediate: {exposure: e}}]\nexpect: " +
			"[{alarms: []}]", err: `the new Security Hub has no exposure "e"`},
		"another account": {text: head +
			"seed: [{account: '${accounts[7]}', service: sqs, api: ListQueues}]\nexpect: [{alarms: []}]",
			err: "accounts[7]"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Parse([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			r, err := scenario.Run(t.Context(), s, c, scenario.Hooks{})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("Run = %v, want an error that says %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Passed != (tc.failed == "") || r.Verdicts[0].Got != tc.failed {
				t.Errorf("passed is %v: %+v", r.Passed, r.Verdicts)
			}
		})
	}
}
