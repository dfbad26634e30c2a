package admin

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// widget is a widget of a dashboard, as CloudWatch reads it.
type widget struct {
	Type       string         `json:"type"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// Three graphs fill a row of CloudWatch's grid.
const (
	graphWidth, wholeWidth  = 8, 24
	graphHeight, listHeight = 6, 4
	// graphSeconds is a period that keeps a week readable.
	graphSeconds = 3600
)

// newDashboard makes the dashboard of the alarms, their metrics and the throughput. The free tier has three dashboards
// of fifty metrics.
func newDashboard(scope constructs.Construct, alarms []string) {
	var arns []string
	for _, name := range alarms {
		arns = append(arns, "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"+name)
	}
	working := []string{naming.DispatchFunction, naming.SettleFunction, naming.SweepFunction}
	queues := []string{naming.FindingsQueue, naming.OutcomesQueue}
	deadLetters := []string{naming.DeadLetters(naming.FindingsQueue), naming.DeadLetters(naming.OutcomesQueue)}
	body, err := json.Marshal(map[string]any{"start": "-P7D", "periodOverride": "inherit", "widgets": []widget{
		{"alarm", wholeWidth, listHeight, map[string]any{"title": "Alarms", "alarms": arns}},
		graph("Remediations", "Sum",
			own(decide.MetricRepaired, decide.MetricCompliant, decide.MetricFailed, decide.MetricOverBudget)),
		graph("Needs attention", "Sum", own(decide.MetricSuspended, decide.MetricBreaker, decide.MetricUnproven,
			decide.MetricPolicyUnreadable)),
		graph("Sweeps, sweeps while paused, missing events", "Sum",
			own(decide.MetricSwept, decide.MetricPaused, decide.MetricUnreported, decide.MetricNotAnnounced,
				decide.MetricV2Refused)),
		graph("Messages in the queues", "Maximum",
			of("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queues...)),
		graph("Age of the oldest message (seconds)", "Maximum",
			of("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queues...)),
		graph("Dead letters", "Maximum",
			of("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", deadLetters...)),
		graph("Function errors", "Sum", of("AWS/Lambda", "Errors", "FunctionName", working...)),
		graph("Function duration (ms)", "Maximum", of("AWS/Lambda", "Duration", "FunctionName", working...)),
		graph("Failed notifications", "Sum",
			of("AWS/SNS", "NumberOfNotificationsFailed", "TopicName", naming.Topic)),
	}})
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	awscloudwatch.NewCfnDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(naming.Dashboard), DashboardBody: awscdk.Fn_Sub(jsii.String(string(body)), nil),
	})
}

func graph(title, statistic string, metrics [][]string) widget {
	return widget{"metric", graphWidth, graphHeight, map[string]any{
		"title": title, "stat": statistic, "metrics": metrics, "period": graphSeconds, "region": "${AWS::Region}",
	}}
}

// own are metrics that the functions publish.
func own(metrics ...decide.Metric) [][]string {
	var all [][]string
	for _, m := range metrics {
		all = append(all, []string{naming.MetricNamespace, string(m)})
	}
	return all
}

// of is a metric of an AWS service, for each value of a dimension.
func of(namespace, metric, dimension string, values ...string) [][]string {
	var all [][]string
	for _, value := range values {
		all = append(all, []string{namespace, metric, dimension, value})
	}
	return all
}
