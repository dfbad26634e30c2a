package lab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
)

// These labs follow one another on one backend, because starting it takes longer than they do.
func TestDeploy(t *testing.T) {
	t.Parallel()
	backend, err := lab.StartBackend(t.Context(), config(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	t.Run("refuses", func(t *testing.T) { testDeployRefuses(t, backend) })
	t.Run("says what is missing", func(t *testing.T) { testMissing(t, backend) })
	t.Run("puts templates where they belong", func(t *testing.T) { testPlaces(t, backend) })
	t.Run("parameters of the admin stack", func(t *testing.T) { testAdminParameters(t, backend) })
	t.Run("starts empty", func(t *testing.T) { testEmpty(t, backend) })
}

// A part of a template that the lab does not know stops the deployment, with an error that names the place.
func testDeployRefuses(t *testing.T, backend *lab.Backend) {
	queue := func(properties object) resources { return resources{"Queue": resource("AWS::SQS::Queue", properties)} }
	c := config(t, "")
	c.Backend = backend
	for name, tc := range map[string]struct {
		stacks stacks
		wants  []string
	}{
		"unknown type": {stacks{roles: resources{"Odd": resource("AWS::Odd::Thing", object{})}},
			[]string{lab.MemberRolesStack, admin, "resource Odd", "AWS::Odd::Thing"}},
		"unknown property": {stacks{admin: queue(object{"QueueName": "q", "DelaySeconds": 3})},
			[]string{lab.AdminStack, "resource Queue", "DelaySeconds", "AWS::SQS::Queue"}},
		"a service refuses": {stacks{admin: queue(object{"QueueName": "not a name"})},
			[]string{lab.AdminStack, "resource Queue", "InvalidParameterValue"}},
		"policy that is none": {
			stacks{admin: resources{"Policy": resource("AWS::SQS::QueuePolicy",
				object{"Queues": []any{"q"}, "PolicyDocument": object{"Statment": []any{}}})}},
			[]string{"resource Policy", "Statment"}},
		"pattern that is none": {
			stacks{runbooks: resources{"Rule": resource("AWS::Events::Rule",
				object{"Name": "r", "EventPattern": object{"source": []any{object{"prefixx": "a"}}}})}},
			[]string{lab.MemberRunbooksStack, "resource Rule", "prefixx"}},
		"rule on no bus": {stacks{
			admin: resources{"Rule": resource("AWS::Events::Rule",
				object{"Name": "r", "EventBusName": "nobody", "EventPattern": object{"source": []any{"a"}}})}},
			[]string{"resource Rule", "bus nobody not found"}},
		"document that is none": {
			stacks{runbooks: resources{"Doc": resource("AWS::SSM::Document",
				object{"Name": "d", "Content": object{"schemaVersion": "0.3", "mainStepz": []any{}}})}},
			[]string{"resource Doc", "mainStepz"}},
		"function without its code": {
			stacks{admin: resources{"F": resource("AWS::Lambda::Function",
				object{"FunctionName": "f", "Code": object{"S3Bucket": "b", "S3Key": "nobody.zip"}})}},
			[]string{"resource F", "nobody.zip", "bucket b"}},
		"cron": {stacks{admin: resources{"Rule": resource("AWS::Events::Rule",
			object{"Name": "r", "ScheduleExpression": "cron(0 12 * * ? *)"})}},
			[]string{"resource Rule", "cron(0 12 * * ? *)"}},
		"pattern and schedule": {
			stacks{admin: resources{"Rule": resource("AWS::Events::Rule",
				object{"Name": "r", "ScheduleExpression": "rate(1 day)",
					"EventPattern": object{"source": []any{"a"}}})}},
			[]string{"resource Rule", "either"}},
		"schedule on another bus": {
			stacks{admin: resources{"Bus": resource("AWS::Events::EventBus", object{"Name": "b"}),
				"Rule": resource("AWS::Events::Rule",
					object{"Name": "r", "EventBusName": object{"Ref": "Bus"}, "ScheduleExpression": "rate(1 day)"})}},
			[]string{"resource Rule", "must be on the bus default"}},
		"target with an input": {
			stacks{admin: resources{"Rule": resource("AWS::Events::Rule",
				object{"Name": "r", "ScheduleExpression": "rate(1 day)",
					"Targets": []any{object{"Id": "t", "Arn": "a", "Input": "{}"}}})}},
			[]string{"resource Rule", `"Input"`}},
		"template of what there is no path for": {
			stacks{admin: resources{"Rule": resource("AWS::Events::Rule",
				object{"EventPattern": object{"source": []any{"a"}},
					"Targets": []any{object{"Id": "t", "Arn": "a",
						"InputTransformer": object{"InputPathsMap": object{"a": "$.a"},
							"InputTemplate": "<a> <b>"}}}})}},
			[]string{"resource Rule", "<b>"}},
		"permission for nobody": {
			stacks{admin: resources{"May": resource("AWS::Lambda::Permission",
				object{"Action": "lambda:InvokeFunction", "FunctionName": "nobody",
					"Principal": "events.amazonaws.com"})}},
			[]string{"resource May", "function nobody not found"}},
		"alarm on a band": {stacks{admin: resources{"Alarm": alarm("a", "b", "GreaterThanUpperThreshold", 1, nil)}},
			[]string{"resource Alarm", "GreaterThanUpperThreshold"}},
		"alarm on some of its periods": {
			stacks{admin: resources{"Alarm": alarm("a", "b", more, 1,
				object{"EvaluationPeriods": 3, "DatapointsToAlarm": 2})}},
			[]string{"resource Alarm", "DatapointsToAlarm"}},
		"dashboard that is none": {
			stacks{admin: resources{"Board": resource("AWS::CloudWatch::Dashboard",
				object{"DashboardBody": "widgets"})}},
			[]string{"resource Board", "valid JSON"}},
		"widget without properties": {
			stacks{admin: resources{"Board": resource("AWS::CloudWatch::Dashboard",
				object{"DashboardBody": `{"widgets":[{"type":"text"}]}`})}},
			[]string{"resource Board", "widget 1"}},
		"product without a version": {
			stacks{admin: resources{"P": resource("AWS::ServiceCatalog::CloudFormationProduct",
				object{"Name": "p", "Owner": "o"})}},
			[]string{"resource P", "a product needs a version"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Assembly = tc.stacks.synthesize(t)
			l, err := lab.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			err = l.Deploy(t.Context())
			for _, want := range tc.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Deploy = %v, want an error that says %s", err, want)
				}
			}
		})
	}
}

func testMissing(t *testing.T, backend *lab.Backend) {
	empty := config(t, t.TempDir())
	if _, err := lab.Start(t.Context(), empty); err == nil || !strings.Contains(err.Error(), "make templates") {
		t.Errorf("Start on an empty folder = %v", err)
	}
	nobody := config(t, "x")
	nobody.Accounts = nil
	if _, err := lab.Start(t.Context(), nobody); err == nil || !strings.Contains(err.Error(), "account") {
		t.Errorf("Start without accounts = %v", err)
	}
	dir := stacks{}.synthesize(t)
	if err := os.Remove(filepath.Join(dir, lab.MemberRunbooksStack+".template.json")); err != nil {
		t.Fatal(err)
	}
	c := config(t, dir)
	c.Backend = backend
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Deploy(t.Context()); err == nil || !strings.Contains(err.Error(), lab.MemberRunbooksStack) ||
		!strings.Contains(err.Error(), "make templates") {
		t.Errorf("Deploy without a template = %v", err)
	}
	if err := l.Launch(t.Context(), "Nothing", nil); err == nil ||
		!strings.Contains(err.Error(), `no product "Nothing"`) {
		t.Errorf("Launch = %v", err)
	}
}

// Roles are global, runbooks are not, and the administrator is a member too.
func testPlaces(t *testing.T, backend *lab.Backend) {
	w := upWith(t, backend, stacks{
		admin: resources{"Log": resource("AWS::Logs::LogGroup", object{"LogGroupName": "once"})},
		roles: resources{"Role": resource("AWS::IAM::Role",
			object{"RoleName": "hubmend-x",
				"AssumeRolePolicyDocument": trust(object{"Service": "ssm.amazonaws.com"}, nil)})},
		runbooks: resources{"Log": resource("AWS::Logs::LogGroup",
			object{"LogGroupName": object{"Fn::Sub": "of-${AdministratorAccount}-${AdministratorRegion}"}})},
	})
	for _, account := range []string{admin, member} {
		if got := at(w.call(t, account, "iam", "GetRole", object{"RoleName": "hubmend-x"}), "Role",
			"Arn"); got != "arn:aws:iam::"+account+":role/hubmend-x" {
			t.Errorf("the role in %s is %v", account, got)
		}
		for _, region := range []string{home, linked} {
			out, err := w.Call(t.Context(),
				lab.Call{Account: account, Region: region, Service: "logs", API: "DescribeLogGroups"})
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if account == admin && region == home {
				want = 2
			}
			groups, _ := out["logGroups"].([]any)
			if len(groups) != want || at(groups, 0, "logGroupName") != "of-"+admin+"-"+home {
				t.Errorf("%s/%s has %v", account, region, groups)
			}
		}
	}
}

func testAdminParameters(t *testing.T, backend *lab.Backend) {
	c := config(t, stacks{
		admin: resources{"Log": resource("AWS::Logs::LogGroup",
			object{"LogGroupName": object{"Ref": "OrganizationId"}})}}.synthesize(t))
	c.Backend, c.Admin = backend, map[string]string{"OrganizationId": "o-other"}
	w := start(t, c)
	if name := at(w.call(t, admin, "logs", "DescribeLogGroups", object{}), "logGroups", 0,
		"logGroupName"); name != "o-other" {
		t.Errorf("the parameter is %v", name)
	}
	c.Admin = map[string]string{"Colour": "red"}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Deploy(t.Context()); err == nil || !strings.Contains(err.Error(), "Colour") {
		t.Errorf("Deploy with an unknown parameter = %v", err)
	}
}

// A lab must not find what the one before it left.
func testEmpty(t *testing.T, backend *lab.Backend) {
	for _, name := range []string{"first", "second"} {
		t.Run(name, func(t *testing.T) {
			w := upWith(t, backend, stacks{})
			w.call(t, member, "sqs", "CreateQueue", object{"QueueName": "left"})
			url := w.Endpoint() + "/" + member + "/left"
			w.call(t, member, "sqs", "SendMessage", object{"QueueUrl": url, "MessageBody": "x"})
			out := w.call(t, member, "sqs", "GetQueueAttributes",
				object{"QueueUrl": url, "AttributeNames": []any{"ApproximateNumberOfMessages"}})
			if n := at(out, "Attributes", "ApproximateNumberOfMessages"); n != "1" {
				t.Errorf("the queue has %v messages, want the one of this lab", n)
			}
		})
	}
}
