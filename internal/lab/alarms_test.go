package lab_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

func alarm(namespace, metric, operator string, threshold float64, more object) object {
	p := object{"AlarmName": fmt.Sprint(metric, " ", operator, " ", threshold), "Namespace": namespace,
		"MetricName": metric, "ComparisonOperator": operator, "Threshold": threshold,
		"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching"}
	maps.Copy(p, more)
	return resource("AWS::CloudWatch::Alarm", p)
}

func queueDimension(name string) object {
	return object{"AlarmName": "of " + name, "Dimensions": []any{object{"Name": "QueueName", "Value": name}}}
}

// counting is the order to write a line that counts n for a metric.
func counting(namespace, metric string, n float64) string {
	return fmt.Sprintf(`print {"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":%q,"Dimensions":[[]],"Metrics":[{"Name":%q,"Unit":"Count"}]}]},%q:%g}`, namespace, metric, metric, n)
}

const (
	atLeast = "GreaterThanOrEqualToThreshold"
	more    = "GreaterThanThreshold"
	less    = "LessThanThreshold"
	atMost  = "LessThanOrEqualToThreshold"
)

func (w world) alarms(t *testing.T) []string {
	t.Helper()
	names, err := w.Alarms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Functions count with the lines of their log, queues have a depth, and nothing else raises an alarm.
func TestAlarms(t *testing.T) {
	t.Parallel()
	const visible = "ApproximateNumberOfMessagesVisible"
	w, _ := upWithFunction(t, stacks{admin: merged(fed("talks"), fed("other"), resources{
		"A1": alarm("Lab", "Heard", atLeast, 5, nil), "A2": alarm("Lab", "Heard", more, 5, nil),
		"A3": alarm("Lab", "Heard", less, 6, nil),
		"A4": alarm("Lab", "Heard", atMost, 4, nil), "A5": alarm("Lab", "Seen", less, 1, nil),
		"A6": alarm("Bal", "Heard", atLeast, 1, nil),
		"A7": alarm("Lab", "Heard", atLeast, 1, queueDimension("talks")),
		"A8": alarm("AWS/Lambda", "Errors", atLeast, 0,
			object{"AlarmName": "errors", "Dimensions": []any{object{"Name": "FunctionName", "Value": "talks"}}}),
		"A9": alarm("Lab", "Heard", less, 6, object{"AlarmName": "missed", "TreatMissingData": "breaching"}),
		"Q1": alarm("AWS/SQS", visible, more, 0, queueDimension("talks-dlq")),
		"Q2": alarm("AWS/SQS", visible, more, 0, queueDimension("other-dlq")),
		"Q3": alarm("AWS/SQS", "ApproximateAgeOfOldestMessage", atLeast, 0,
			object{"AlarmName": "age", "Dimensions": queueDimension("talks-dlq")["Dimensions"]}),
	})})
	if names := w.alarms(t); len(names) > 0 {
		t.Errorf("before anything happens: %q", names)
	}
	w.send(t, "talks", counting("Lab", "Heard", 2), "say hear", "print {not JSON", counting("Lab", "Heard", 1))
	w.send(t, "other", counting("Lab", "Heard", 2))
	w.send(t, "talks", "fail")
	w.quiet(t)
	want := []string{"Heard " + atLeast + " 5", "Heard " + less + " 6", "of talks-dlq"}
	if diff := cmp.Diff(sorted(want), w.alarms(t)); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
	if n := len(at(w.call(t, admin, "cloudwatch", "DescribeAlarms", object{}), "MetricAlarms").([]any)); n != 12 {
		t.Errorf("CloudWatch has %d alarms", n)
	}
	if problems := w.told(lab.KindProblem); len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
}

// An alarm of several periods wants each of them.
func TestAlarmsOverTime(t *testing.T) {
	t.Parallel()
	hourly := object{"Period": 3600, "EvaluationPeriods": 3}
	w, _ := upWithFunction(t, stacks{admin: merged(fed("talks"), resources{
		"A1": alarm("Lab", "Heard", more, 0, hourly), "A2": alarm("Lab", "Rare", more, 0, hourly),
		"A3": alarm("Lab", "Often", more, 1, object{"Period": 3600}),
	})})
	pass := func(d time.Duration) {
		if err := w.Pass(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		w.send(t, "talks", counting("Lab", "Heard", 1), counting("Lab", "Rare", 1), counting("Lab", "Often", 1))
		w.quiet(t)
		pass(time.Hour)
	}
	if names := w.alarms(t); len(names) > 0 {
		t.Errorf("after two of three periods, and once an hour: %q", names)
	}
	w.send(t, "talks", counting("Lab", "Heard", 1))
	w.quiet(t)
	pass(time.Hour)
	w.send(t, "talks", counting("Lab", "Rare", 1))
	w.quiet(t)
	if diff := cmp.Diff([]string{"Heard " + more + " 0"}, w.alarms(t)); diff != "" {
		t.Errorf("after three in a row (-want +got):\n%s", diff)
	}
}

// What CloudWatch would not count, or count otherwise, is a mistake of the function.
func TestMetricsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	w, _ := upWithFunction(t, stacks{admin: fed("talks")})
	w.send(t, "talks",
		`print {"_aws":{"CloudWatchMetrics":[{"Namespace":"Lab","Dimensions":[["Account"]],"Metrics":[{"Name":"Heard"}]}]},"Account":"1","Heard":1}`,
		`print {"_aws":{"CloudWatchMetrics":[{"Namespace":"Lab","Dimensions":[[]],"Metrics":[{"Name":"Heard"}]}]},"Heard":"1"}`)
	w.quiet(t)
	if problems := w.told(lab.KindProblem); len(problems) != 2 ||
		!strings.Contains(problems[0], "without dimensions") || !strings.Contains(problems[1], "no number") {
		t.Errorf("problems: %q", problems)
	}
}

func TestDashboards(t *testing.T) {
	t.Parallel()
	body := `{"widgets":[{"type":"text","properties":{"markdown":"in ${AWS::Region}"}}]}`
	w := up(t, stacks{admin: resources{"Board": resource("AWS::CloudWatch::Dashboard",
		object{"DashboardName": "board", "DashboardBody": object{"Fn::Sub": body}})}})
	got := at(w.call(t, admin, "cloudwatch", "GetDashboard", object{"DashboardName": "board"}), "DashboardBody")
	if want := strings.ReplaceAll(body, "${AWS::Region}", "us-east-1"); got != want {
		t.Errorf("the body is %v, want %s", got, want)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	w, j := upWithFunction(t,
		stacks{admin: merged(fed("reads"), resources{"Switch": resource("AWS::SSM::Parameter", object{
			"Name": "/lab/switch", "Type": "String", "Value": "active", "AllowedPattern": "^(active|paused)$",
			"Description": "d", "Tier": "Standard"}),
			"Copy": resource("AWS::Logs::LogGroup",
				object{"LogGroupName": object{"Fn::Join": []any{"",
					[]any{object{"Ref": "Switch"}, "/", object{"Fn::GetAtt": []any{"Switch", "Value"}}}}}}),
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
	if name := at(w.call(t, admin, "logs", "DescribeLogGroups", object{}), "logGroups", 0,
		"logGroupName"); name != "/lab/switch/active" {
		t.Errorf("Ref and GetAtt give %v", name)
	}
}
