package lab_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counts is a metric filter of a function's lines.
func counts(function, pattern, name string) object {
	return resource("AWS::Logs::MetricFilter", object{"LogGroupName": "/aws/lambda/" + function, "FilterPattern": pattern,
		"MetricTransformations": []any{object{"MetricName": name, "MetricNamespace": "Lab", "MetricValue": "1", "DefaultValue": 0}}})
}

func alarm(namespace, metric, operator string, threshold float64, dimensions ...any) object {
	p := object{"AlarmName": metric + " " + operator, "Namespace": namespace, "MetricName": metric, "ComparisonOperator": operator, "Threshold": threshold,
		"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching"}
	if len(dimensions) > 0 {
		p["Dimensions"] = dimensions
		p["AlarmName"] = p["AlarmName"].(string) + " of " + dimensions[0].(object)["Value"].(string)
	}
	return resource("AWS::CloudWatch::Alarm", p)
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	of := func(name string) object { return object{"Name": "QueueName", "Value": name} }
	const atLeast, more, less, atMost = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
	w, _ := upWithFunction(t, stacks{admin: merged(fed("talks"), fed("other"), resources{
		"Shallow": counts("talks", `{ $.msg = "hear" }`, "Shallow"), "Deep": counts("talks", `{$.deep.msg="hear"}`, "Deep"),
		"Elsewhere": counts("another", `{ $.msg = "hear" }`, "Elsewhere"),
		"A1":        alarm("Lab", "Shallow", atLeast, 2), "A2": alarm("Lab", "Shallow", more, 2), "A3": alarm("Lab", "Deep", more, 1), "A4": alarm("Lab", "Deep", less, 2),
		"A5": alarm("Lab", "Deep", atMost, 2), "A6": alarm("Lab", "Elsewhere", atLeast, 1), "A7": alarm("Lab", "Shallow", atLeast, 1, of("talks")),
		"A8": alarm("AWS/Lambda", "Errors", atLeast, 0, object{"Name": "FunctionName", "Value": "talks"}),
		"Q1": alarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", more, 0, of("talks-dlq")), "Q2": alarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", more, 0, of("other-dlq")),
		"Q3": alarm("AWS/SQS", "ApproximateAgeOfOldestMessage", atLeast, 0, of("talks-dlq")),
	})})
	alarms := func() []string {
		names, err := w.Alarms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if diff := cmp.Diff([]string{"Deep " + atMost, "Deep " + less}, sorted(alarms())); diff != "" {
		t.Errorf("before anything happens (-want +got):\n%s", diff)
	}
	w.send(t, "talks", "say hear", "say not", "say hear")
	w.send(t, "other", "say hear")
	w.send(t, "talks", "fail")
	w.quiet(t)
	want := []string{"ApproximateNumberOfMessagesVisible " + more + " of talks-dlq", "Deep " + more, "Deep " + atMost, "Shallow " + atLeast}
	if diff := cmp.Diff(sorted(want), alarms()); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
	if n := len(at(w.call(t, admin, "cloudwatch", "DescribeAlarms", object{}), "MetricAlarms").([]any)); n != 11 {
		t.Errorf("CloudWatch has %d alarms", n)
	}
	if n := len(at(w.call(t, admin, "logs", "DescribeMetricFilters", object{}), "metricFilters").([]any)); n != 3 {
		t.Errorf("Logs has %d metric filters", n)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	w, j := upWithFunction(t, stacks{admin: merged(fed("reads"), resources{"Switch": resource("AWS::SSM::Parameter", object{
		"Name": "/lab/switch", "Type": "String", "Value": "active", "AllowedPattern": "^(active|paused)$", "Description": "d", "Tier": "Standard"}),
		"Copy": resource("AWS::Logs::LogGroup", object{"LogGroupName": object{"Fn::Join": []any{"", []any{object{"Ref": "Switch"}, "/", object{"Fn::GetAtt": []any{"Switch", "Value"}}}}}}),
	})})
	w.call(t, member, "ssm", "PutParameter", object{"Name": "/lab/switch", "Type": "String", "Value": "a member's"})
	w.send(t, "reads", "parameter /lab/switch")
	w.quiet(t)
	w.call(t, admin, "ssm", "PutParameter", object{"Name": "/lab/switch", "Value": "paused", "Overwrite": true})
	w.send(t, "reads", "parameter /lab/switch")
	w.quiet(t)
	if diff := cmp.Diff([]string{"active", "paused"}, j.texts("parameter")); diff != "" {
		t.Errorf("the function reads (-want +got):\n%s", diff)
	}
	if name := at(w.call(t, admin, "logs", "DescribeLogGroups", object{}), "logGroups", 0, "logGroupName"); name != "/lab/switch/active" {
		t.Errorf("Ref and GetAtt give %v", name)
	}
}
