package cost

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

// base is the least that an administrator's template may have.
const base = `
"Dispatch": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "hubmend-dispatch", "MemorySize": 256, "Architectures": ["arm64"]}},
"Settle": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "hubmend-settle", "MemorySize": 512, "Architectures": ["arm64"]}},
"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 365}}`

func templateOf(resources ...string) []byte {
	return []byte(`{"Resources": {` + strings.Join(resources, ",") + `}}`)
}

// board is a dashboard with one widget, whose metrics are JSON.
func board(metrics string) string {
	body, _ := json.Marshal(`{"widgets": [{"properties": {"metrics": [` + metrics + `]}}]}`)
	return `"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": {"Fn::Sub": ` +
		string(body) + `}}}`
}

func TestTake(t *testing.T) {
	t.Parallel()
	got, err := Take(map[string][]byte{
		lab.AdminStack: templateOf(base,
			board(`["H", "Failed"], ["H", "Repaired"], ["AWS/SQS", "Depth", "QueueName", "q"]`),
			`"Failed": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "H", "MetricName": "Failed", "Period": 300}}`,
			`"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "AWS/SQS", "MetricName": "Depth", "Dimensions": [{"Name": "QueueName"}], "Period": 300}}`,
			`"Sum": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"MetricStat": {"Period": 60}}, {"MetricStat": {"Period": 300}}, {"Expression": "a+b"}]}}`,
			`"Poll": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Settle"}, "ScalingConfig": {"MaximumConcurrency": 2}}}`,
			`"Every": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Arn": {"Fn::GetAtt": ["Settle", "Arn"]}}]}}`,
			`"Match": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {}, "Targets": [{"Arn": {"Ref": "Q"}}]}}`,
			`"Ledger": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}}`,
			`"Q": {"Type": "AWS::SQS::Queue", "Properties": {}}`),
		lab.MemberRolesStack: templateOf(`"Key": {"Type": "AWS::KMS::Key", "Properties": {}}`),
		lab.MemberRunbooksStack: templateOf(
			`"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 300}}`),
	}, Embedded())
	if err != nil {
		t.Fatal(err)
	}
	want := Inventory{
		Counts: []Count{
			{alarm, 4, Once}, {dashboard, 1, Once}, {metric, 2, Once},
			{key, 1, PerAccount}, {alarm, 1, PerPlace},
		},
		Polled: 1, Schedules: []Schedule{{"hubmend-settle", time.Hour}},
		Memory: map[string]float64{"hubmend-dispatch": 256, "hubmend-settle": 512}, Recovery: true, LogDays: 365,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A resource that is not known to be free, or is billed in another way, is refused and not left out.
func TestTakeRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ resource, want string }{
		"unknown type": {`"X": {"Type": "AWS::EC2::NatGateway", "Properties": {}}`,
			"X, AWS::EC2::NatGateway: its price is unknown"},
		"high resolution": {`"X": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 10}}`, "60 s and more"},
		"one of several": {
			`"X": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"MetricStat": {"Period": 10}}, {"MetricStat": {"Period": 60}}]}}`, "60 s and more"},
		"only a search": {
			`"X": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"Expression": "SEARCH('x')"}]}}`,
			"60 s and more"},
		"dimensions": {`"X": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "H", "MetricName": "M", "Dimensions": [{"Name": "a"}], "Period": 60}}`,
			"metric M has dimensions"},
		"dimensions on a dashboard": {board(`["H", "M", "a", "b"]`), "metric M has dimensions"},
		"no metric":                 {board(`["H"]`), "not a namespace and name"},
		"a crowded dashboard":       {board(strings.Repeat(`["H", "M"],`, 50) + `["H", "M"]`), "more than 50 metrics"},
		"a body that is no text": {`"X": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {}}`,
			"an Fn::Sub of JSON"},
		"kept for ever": {`"X": {"Type": "AWS::Logs::LogGroup", "Properties": {}}`, "set RetentionInDays"},
		"free scaling": {`"X": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {}}`,
			"with a maximum concurrency"},
		"own pollers": {`"X": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"ScalingConfig": {"MaximumConcurrency": 2}, "ProvisionedPollerConfig": {"MinimumPollers": 2}}}`,
			"with a maximum concurrency"},
		"x86": {
			`"X": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "MemorySize": 128}}`,
			"only arm64"},
		"nameless": {
			`"X": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 128, "Architectures": ["arm64"]}}`,
			"FunctionName"},
		"cron": {
			`"X": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "cron(0 1 * * ? *)"}}`,
			"is not a rate"},
		"a queue on time": {
			`"X": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(5 minutes)", "Targets": [{"Arn": {"Ref": "Q"}}]}}`, "not a function"},
		"provisioned": {`"X": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PROVISIONED"}}`,
			"only on-demand tables"},
		"not a template": {`"X": 1`, "read template hubmend-admin"},
		"a wrong property": {`"X": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": "long"}}`,
			"X, AWS::Logs::LogGroup: json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Take(map[string][]byte{lab.AdminStack: templateOf(base, tc.resource)}, Embedded())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that says %q", err, tc.want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Read(t.TempDir(), Embedded()); err == nil || !strings.Contains(err.Error(), "run `make templates`") {
		t.Errorf("no templates: %v", err)
	}
	if _, err := Take(map[string][]byte{lab.AdminStack: templateOf()}, Embedded()); err == nil ||
		!strings.Contains(err.Error(), "are they Hubmend's?") {
		t.Errorf("a template without functions: %v", err)
	}
}
