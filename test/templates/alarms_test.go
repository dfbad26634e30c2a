package templates_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
)

// alarmed returns how an alarm looks at a metric: what, how much of it is too much, and in how many
// spans of how many seconds in a row.
func alarmed(metric, dimension string, above, periods, seconds float64) string {
	return fmt.Sprintf("%s of %s > %g, %g times %g s", metric, dimension, above, periods, seconds)
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"hubmend-RepairFailed":     alarmed("Hubmend/RepairFailed Sum", "everything", 0, 1, 300),
		"hubmend-Suspended":        alarmed("Hubmend/Suspended Sum", "everything", 0, 1, 300),
		"hubmend-BreakerOpened":    alarmed("Hubmend/BreakerOpened Sum", "everything", 0, 1, 300),
		"hubmend-Unproven":         alarmed("Hubmend/Unproven Sum", "everything", 0, 1, 300),
		"hubmend-PolicyUnreadable": alarmed("Hubmend/PolicyUnreadable Sum", "everything", 0, 1, 300),
		"hubmend-Paused":           alarmed("Hubmend/Paused Sum", "everything", 0, 24, 3600),
		"hubmend-Unreported":       alarmed("Hubmend/Unreported Sum", "everything", 5, 1, 3600),
		"hubmend-findings-dlq": alarmed("AWS/SQS/ApproximateNumberOfMessagesVisible Maximum",
			"QueueName hubmend-findings-dlq", 0, 1, 300),
		"hubmend-findings-age": alarmed("AWS/SQS/ApproximateAgeOfOldestMessage Maximum", "QueueName hubmend-findings",
			3600, 1, 300),
		"hubmend-outcomes-dlq": alarmed("AWS/SQS/ApproximateNumberOfMessagesVisible Maximum",
			"QueueName hubmend-outcomes-dlq", 0, 1, 300),
		"hubmend-outcomes-age": alarmed("AWS/SQS/ApproximateAgeOfOldestMessage Maximum", "QueueName hubmend-outcomes",
			3600, 1, 300),
		"hubmend-sweep": "Hubmend/Swept Sum of everything < 1 or missing, 3 times 300 s",
	}
	same := object{"DatapointsToAlarm": nil, "ActionsEnabled": nil, "Metrics": nil}
	got := map[string]string{}
	stack := templates[app.Admin]
	for _, a := range stack.all("AWS::CloudWatch::Alarm") {
		p := a.Properties
		name, _ := p["AlarmName"].(string)
		on := "everything"
		if dimensions := list(p["Dimensions"]); len(dimensions) > 0 {
			on = fmt.Sprint(at(dimensions, 0, "Name"), " ", at(dimensions, 0, "Value"))
		}
		number := func(property string) float64 { n, _ := p[property].(float64); return n }
		got[name] = alarmed(fmt.Sprintf("%v/%v %v", p["Namespace"], p["MetricName"], p["Statistic"]), on,
			number("Threshold"), number("EvaluationPeriods"), number("Period"))
		switch fmt.Sprint(p["ComparisonOperator"], " ", p["TreatMissingData"]) {
		case "GreaterThanThreshold notBreaching":
		case "LessThanThreshold breaching":
			got[name] = strings.NewReplacer("> 1,", "< 1 or missing,").Replace(got[name])
		default:
			t.Errorf("%s is raised when %v, and missing data is %v", name, p["ComparisonOperator"],
				p["TreatMissingData"])
		}
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
	// The first ten of an account cost nothing. Two more, at 0.40 USD each with their metrics, tell of forwarding that
	// is broken everywhere, and of a policy that stops all automatic repair because it cannot be read.
	if len(got) > 12 {
		t.Errorf("%d alarms", len(got))
	}
}

// Each alarm has a row in the docs with its meaning and what to do.
func TestAlarmsAreExplained(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 || strings.TrimSpace(cells[2]) == "" || strings.TrimSpace(cells[3]) == "" {
			continue
		}
		for _, m := range regexp.MustCompile("`(hubmend-[A-Za-z-]+)`").FindAllStringSubmatch(cells[1], -1) {
			rows[m[1]] = true
		}
	}
	for _, a := range templates[app.Admin].all("AWS::CloudWatch::Alarm") {
		if name, _ := a.Properties["AlarmName"].(string); !rows[name] {
			t.Errorf("docs/operations.md does not say what %s means and what to do", name)
		}
	}
}

// A topic with its own policy accepts from other services only what the policy allows.
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
			"Sid": "Alarms", "Effect": "Allow", "Principal": object{"Service": "cloudwatch.amazonaws.com"},
			"Action":    "sns:Publish",
			"Condition": object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}
