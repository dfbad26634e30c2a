package lab_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These calls show the state of a deployment.
func TestLook(t *testing.T) {
	t.Parallel()
	queue := object{"Fn::GetAtt": []any{"Queue", "Arn"}}
	own := deployed("worker", "")
	own["Queue"] = resource("AWS::SQS::Queue", object{"QueueName": "q"})
	own["Fed"] = resource("AWS::Lambda::EventSourceMapping", object{"FunctionName": "worker", "EventSourceArn": queue})
	own["Bus"] = resource("AWS::Events::EventBus", object{"Name": "mine"})
	pattern := object{"source": []any{"x"}}
	own["On"] = resource("AWS::Events::Rule", object{"Name": "a-on", "EventPattern": pattern})
	own["Off"] = resource("AWS::Events::Rule", object{"Name": "a-off", "EventPattern": pattern, "State": "DISABLED"})
	own["Elsewhere"] = resource("AWS::Events::Rule",
		object{"Name": "a-mine", "EventPattern": pattern, "EventBusName": object{"Ref": "Bus"}})
	w := up(t, stacks{
		admin: own, runbooks: resources{"Doc": resource("AWS::SSM::Document",
			object{"Name": "tag-vpc", "Content": tagVPC})},
	})

	t.Run("functions", func(t *testing.T) {
		t.Parallel()
		out := w.call(t, admin, "lambda", "GetFunctionConfiguration", object{"FunctionName": "worker"})
		if out["State"] != "Active" || out["LastUpdateStatus"] != "Successful" ||
			out["FunctionArn"] != "arn:aws:lambda:us-east-1:111111111111:function:worker" {
			t.Errorf("the function is %v", out)
		}
		w.refused(t, admin, "lambda", "GetFunctionConfiguration", object{"FunctionName": "nobody"},
			"ResourceNotFoundException", "function:nobody")
		w.refused(t, member, "lambda", "GetFunctionConfiguration", object{"FunctionName": "worker"},
			"ResourceNotFoundException", "")
		for _, in := range []object{{"FunctionName": "worker"},
			{"EventSourceArn": "arn:aws:sqs:us-east-1:111111111111:q"}, {}} {
			list := at(w.call(t, admin, "lambda", "ListEventSourceMappings", in), "EventSourceMappings").([]any)
			if len(list) != 1 || at(list[0], "State") != "Enabled" ||
				!strings.HasSuffix(at(list[0], "EventSourceArn").(string), ":q") {
				t.Errorf("%v: mappings are %v", in, list)
			}
		}
		if list := at(w.call(t, admin, "lambda", "ListEventSourceMappings", object{"FunctionName": "nobody"}),
			"EventSourceMappings").([]any); len(list) > 0 {
			t.Errorf("nobody is fed by %v", list)
		}
	})
	t.Run("rules", func(t *testing.T) {
		t.Parallel()
		states := func(in object) map[string]any {
			all := map[string]any{}
			for _, r := range at(w.call(t, admin, "events", "ListRules", in), "Rules").([]any) {
				all[at(r, "Name").(string)] = at(r, "State")
			}
			return all
		}
		if diff := cmp.Diff(map[string]any{"a-on": "ENABLED", "a-off": "DISABLED"}, states(object{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"a-on": "ENABLED"}, states(object{"NamePrefix": "a-on"})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"a-mine": "ENABLED"}, states(object{"EventBusName": "mine"})); diff != "" {
			t.Error(diff)
		}
		w.refused(t, admin, "events", "ListRules", object{"EventBusName": "none"}, "ResourceNotFoundException", "none")
	})
	t.Run("documents", func(t *testing.T) {
		t.Parallel()
		out := w.call(t, member, "ssm", "GetDocument", object{"Name": "tag-vpc"})
		if out["DocumentVersion"] != "1" || out["Status"] != "Active" ||
			!strings.Contains(out["Content"].(string), "mainSteps") {
			t.Errorf("the document is %v", out)
		}
		w.refused(t, member, "ssm", "GetDocument", object{"Name": "nothing"}, "InvalidDocument", "nothing")
	})
	t.Run("Security Hub", func(t *testing.T) {
		t.Parallel()
		if out := w.call(t, member, "securityhub", "DescribeHub",
			object{}); out["ControlFindingGenerator"] != "SECURITY_CONTROL" {
			t.Errorf("the hub is %v", out)
		}
		if list := at(w.call(t, member, "securityhub", "ListFindingAggregators", object{}),
			"FindingAggregators").([]any); len(list) > 0 {
			t.Errorf("a member aggregates: %v", list)
		}
		arn := at(w.call(t, admin, "securityhub", "ListFindingAggregators", object{}), "FindingAggregators", 0,
			"FindingAggregatorArn")
		if out := w.call(t, admin, "securityhub", "GetFindingAggregator",
			object{"FindingAggregatorArn": arn}); out["FindingAggregationRegion"] != home {
			t.Errorf("the aggregator is %v", out)
		}
	})
}

func TestLookAtStackSets(t *testing.T) {
	t.Parallel()
	w := start(t, rolloutConfig(t, rolled(t, "first.json", object{}, []any{home})))
	instances := func() []string {
		var all []string
		for _, i := range at(w.call(t, admin, "cloudformation", "ListStackInstances", object{"StackSetName": "logs"}),
			"Summaries").([]any) {
			all = append(all, at(i, "Account").(string)+" "+at(i, "Status").(string))
		}
		slices.Sort(all)
		return all
	}
	if diff := cmp.Diff([]string{member + " CURRENT", third + " CURRENT"}, instances()); diff != "" {
		t.Error(diff)
	}
	if text := at(w.call(t, admin, "cloudformation", "DescribeStackSet", object{"StackSetName": "logs"}), "StackSet",
		"TemplateBody").(string); !strings.Contains(text, "AWS::Logs::LogGroup") {
		t.Errorf("its template is %s", text)
	}
	w.call(t, third, "cloudformation", "DeleteStack", object{"StackName": "StackSet-logs"})
	if err := w.Quiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{member + " CURRENT", third + " OUTDATED"}, instances()); diff != "" {
		t.Error(diff)
	}
	for _, api := range []string{"DescribeStackSet", "ListStackInstances"} {
		w.refused(t, admin, "cloudformation", api, object{"StackSetName": "none"}, "StackSetNotFoundException", "none")
	}
}
