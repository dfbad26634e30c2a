package templates_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/decide"
)

// alarmed says how an alarm looks at a metric: what, and how much of it in how many spans
// of five minutes in a row.
func alarmed(metric, dimension string, periods int) string {
	return fmt.Sprintf("%s of %s > 0, %d times", metric, dimension, periods)
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"hubmend-Suspended":     alarmed("Hubmend/Suspended Sum", "everything", 1),
		"hubmend-BreakerOpened": alarmed("Hubmend/BreakerOpened Sum", "everything", 1),
		"hubmend-Reopened":      alarmed("Hubmend/Reopened Sum", "everything", 1),
		"hubmend-Unconfirmed":   alarmed("Hubmend/Unconfirmed Sum", "everything", 1),
		"hubmend-Poison":        alarmed("Hubmend/Poison Sum", "everything", 1),
		"hubmend-findings-dlq":  alarmed("AWS/SQS/ApproximateNumberOfMessagesVisible Maximum", "QueueName hubmend-findings-dlq", 1),
		"hubmend-outcomes-dlq":  alarmed("AWS/SQS/ApproximateNumberOfMessagesVisible Maximum", "QueueName hubmend-outcomes-dlq", 1),
		"hubmend-sweep":         alarmed("AWS/Lambda/Errors Sum", "FunctionName hubmend-sweep", 3),
	}
	same := object{
		"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0, "Period": 300.0, "TreatMissingData": "notBreaching",
		"DatapointsToAlarm": nil, "ActionsEnabled": nil,
	}
	got := map[string]string{}
	stack := templates[app.Admin]
	for _, a := range stack.all("AWS::CloudWatch::Alarm") {
		p := a.Properties
		name, _ := p["AlarmName"].(string)
		on := "everything"
		if dimensions := list(p["Dimensions"]); len(dimensions) > 0 {
			on = fmt.Sprint(at(dimensions, 0, "Name"), " ", at(dimensions, 0, "Value"))
		}
		periods, _ := p["EvaluationPeriods"].(float64)
		got[name] = alarmed(fmt.Sprintf("%v/%v %v", p["Namespace"], p["MetricName"], p["Statistic"]), on, int(periods))
		for property, want := range same {
			if p[property] != want {
				t.Errorf("%s: %s = %v, want %v", name, property, p[property], want)
			}
		}
		if actions := list(p["AlarmActions"]); len(actions) != 1 || stack.named(actions[0]) != "hubmend-notifications" {
			t.Errorf("%s: actions = %v", name, actions)
		}
		if text, _ := p["AlarmDescription"].(string); text == "" {
			t.Errorf("%s does not say what it means", name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	// The first ten of an account cost nothing; more than these are not ours to take.
	if len(got) > 8 {
		t.Errorf("%d alarms", len(got))
	}
}

// The alarms look at metrics that filters count, in the log of every function that writes them.
func TestMetricFilters(t *testing.T) {
	t.Parallel()
	want := map[string]int{}
	for function, metrics := range map[string][]decide.Metric{
		"dispatch": {decide.MetricFailed, decide.MetricSuspended, decide.MetricBreaker, decide.MetricPoison},
		"settle":   {decide.MetricRepaired, decide.MetricFailed, decide.MetricBreaker, decide.MetricPoison},
		"sweep":    {decide.MetricReopened, decide.MetricUnconfirmed},
	} {
		for _, m := range metrics {
			want["/aws/lambda/hubmend-"+function+" "+string(m)]++
		}
	}
	got := map[string]int{}
	counted := map[any]bool{}
	stack := templates[app.Admin]
	for _, f := range stack.all("AWS::Logs::MetricFilter") {
		transformations := list(f.Properties["MetricTransformations"])
		name, _ := at(transformations, 0, "MetricName").(string)
		got[stack.named(f.Properties["LogGroupName"])+" "+name]++
		counted[name] = true
		if diff := cmp.Diff([]any{object{"MetricName": name, "MetricNamespace": "Hubmend", "MetricValue": "1"}}, transformations); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if pattern := `{ $.metric = "` + name + `" }`; f.Properties["FilterPattern"] != pattern {
			t.Errorf("%s: pattern %v, want %s", name, f.Properties["FilterPattern"], pattern)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
	for _, a := range stack.all("AWS::CloudWatch::Alarm") {
		if name := a.Properties["MetricName"]; a.Properties["Namespace"] == "Hubmend" && !counted[name] {
			t.Errorf("nothing counts %v", name)
		}
	}
}

// A topic with a policy of its own takes from other services only what the policy says.
func TestTopicTakesAlarmsOfThisAccount(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	policies := stack.all("AWS::SNS::TopicPolicy")
	if len(policies) != 1 || stack.named(at(policies[0].Properties, "Topics", 0)) != "hubmend-notifications" {
		t.Fatalf("topic policies = %v, want one, of the topic", policies)
	}
	got := map[any]object{}
	for _, s := range list(at(policies[0].Properties, "PolicyDocument", "Statement")) {
		s := maps.Clone(s.(object))
		if stack.named(s["Resource"]) != "hubmend-notifications" {
			t.Errorf("%v is about %v", s["Sid"], s["Resource"])
		}
		delete(s, "Resource")
		got[s["Effect"]] = s
	}
	want := map[any]object{
		"Deny": {
			"Sid": "AllowPublishThroughSSLOnly", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish",
			"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
		},
		"Allow": {
			"Sid": "Alarms", "Effect": "Allow", "Principal": object{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
			"Condition": object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}
