package templates_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/engine/decide"
)

// board is the body of a dashboard.
type board struct {
	Widgets []struct {
		Type          string
		Width, Height int
		Properties    struct {
			Title, Region, Stat string
			Period              int
			Alarms              []string
			Metrics             [][]string
		}
	}
}

// dashboard reads the body of the only dashboard. An account has three of them for nothing, and one is ours.
func dashboard(t *testing.T) (body string, b board) {
	t.Helper()
	all := templates[app.Admin].all("AWS::CloudWatch::Dashboard")
	if len(all) != 1 || all[0].Properties["DashboardName"] != "hubmend" {
		t.Fatalf("dashboards = %v", all)
	}
	body, _ = at(all[0].Properties, "DashboardBody", "Fn::Sub").(string)
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatalf("the body is no JSON: %v", err)
	}
	return body, b
}

// measured are the metrics of AWS that we look at, with what it makes sense to draw of them.
var measured = map[string]bool{
	"AWS/SQS ApproximateNumberOfMessagesVisible Maximum": true, "AWS/SQS ApproximateAgeOfOldestMessage Maximum": true,
	"AWS/Lambda Errors Sum": true, "AWS/Lambda Duration Maximum": true, "AWS/SNS NumberOfNotificationsFailed Sum": true,
}

// A dashboard draws what is not there as an empty graph, so every name on it must be one of the stack.
func TestDashboardShowsWhatIsThere(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	names := map[string]bool{}
	for kind, property := range map[string]string{"AWS::SQS::Queue": "QueueName",
		"AWS::Lambda::Function": "FunctionName", "AWS::SNS::Topic": "TopicName"} {
		for _, r := range stack.all(kind) {
			names[fmt.Sprint(property, " ", r.Properties[property])] = true
		}
	}
	_, b := dashboard(t)
	own := map[string]bool{}
	metrics := 0
	for _, w := range b.Widgets {
		p := w.Properties
		if w.Type != "metric" {
			continue
		}
		if p.Title == "" || p.Region != "${AWS::Region}" || p.Stat == "" || p.Period < 60 || w.Width*3 != 24 ||
			w.Height == 0 {
			t.Errorf("widget %+v", w)
		}
		for _, m := range p.Metrics {
			metrics++
			switch {
			case m[0] == "Hubmend" && len(m) == 2:
				own[m[1]] = true
			case len(m) != 4 || !names[m[2]+" "+m[3]] || !measured[m[0]+" "+m[1]+" "+p.Stat]:
				t.Errorf("%s: nothing of the stack has the metric %q as a %s", p.Title, m, p.Stat)
			}
		}
	}
	if metrics > 50 {
		t.Errorf("%d metrics, of which 50 are free", metrics)
	}
	want := map[string]bool{}
	for _, m := range []decide.Metric{
		decide.MetricRepaired, decide.MetricCompliant, decide.MetricFailed, decide.MetricSuspended,
		decide.MetricBreaker, decide.MetricUnproven, decide.MetricSwept, decide.MetricPaused,
		decide.MetricUnreported, decide.MetricNotAnnounced, decide.MetricOverBudget, decide.MetricPolicyUnreadable,
		decide.MetricV2Refused,
	} {
		want[string(m)] = true
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("metrics of our own (-want +got):\n%s", diff)
	}
	for _, a := range stack.all("AWS::CloudWatch::Alarm") {
		if name := fmt.Sprint(a.Properties["MetricName"]); a.Properties["Namespace"] == "Hubmend" && !own[name] {
			t.Errorf("the alarm %v is raised by %s, which nobody sees", a.Properties["AlarmName"], name)
		}
	}
}

func TestDashboardListsEveryAlarm(t *testing.T) {
	t.Parallel()
	body, b := dashboard(t)
	listed := map[string]int{}
	for _, w := range b.Widgets {
		for _, arn := range w.Properties.Alarms {
			listed[arn]++
		}
	}
	want := map[string]int{}
	for _, a := range templates[app.Admin].all("AWS::CloudWatch::Alarm") {
		want[fmt.Sprintf("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:%v",
			a.Properties["AlarmName"])]++
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	var variables []string
	for _, part := range strings.Split(body, "${")[1:] {
		name, _, _ := strings.Cut(part, "}")
		variables = append(variables, name)
	}
	slices.Sort(variables)
	known := map[string]bool{"AWS::Partition": true, "AWS::Region": true, "AWS::AccountId": true}
	for _, v := range slices.Compact(variables) {
		if !known[v] {
			t.Errorf("the body has ${%s}; there are %v", v, slices.Sorted(maps.Keys(known)))
		}
	}
	// CloudFormation takes a megabyte of template; each kilobyte here is one that a person reads.
	if len(body) > 5000 {
		t.Errorf("the body has %d bytes", len(body))
	}
}
