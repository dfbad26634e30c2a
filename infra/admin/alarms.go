package admin

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/decide"
	"hubmend/internal/naming"
)

// alarmed are the metrics that a person must hear of, with what to say.
var alarmed = []struct {
	metric      decide.Metric
	description string
}{
	{decide.MetricSuspended, "Hubmend has stopped repairing a resource: it kept failing, or something keeps changing it back. The notification has the attempts."},
	{decide.MetricBreaker, "Hubmend has paused automatic repair of a control, because several resources failed one after the other."},
	{decide.MetricReopened, "A later check contradicts a repair that Hubmend had verified. The finding is open again."},
	{decide.MetricUnconfirmed, "No check of Security Hub has confirmed a repair in time."},
	{decide.MetricPoison, "A message could not be understood. List it with: hubmend dlq list"},
}

// counted says which function writes which metric, so that no filter counts what never comes.
// decide has what each function may decide: dispatch starts repairs, or is refused; settle
// ends them; sweep looks for what came after.
var counted = map[string][]decide.Metric{
	naming.DispatchFunction: {decide.MetricSuspended, decide.MetricFailed, decide.MetricBreaker, decide.MetricPoison},
	naming.SettleFunction:   {decide.MetricRepaired, decide.MetricFailed, decide.MetricBreaker, decide.MetricPoison},
	naming.SweepFunction:    {decide.MetricReopened, decide.MetricUnconfirmed},
}

const (
	// alarmSeconds is how long an alarm looks back.
	alarmSeconds = 300
	// sweepPeriods is in how many such spans in a row a sweep must have failed.
	sweepPeriods = 3
)

// newAlarms counts the metrics in the functions' logs and raises the alarms, to the topic.
func newAlarms(scope constructs.Construct, topic awssns.Topic, functions map[string]awslambda.Function) {
	scope = constructs.NewConstruct(scope, jsii.String("Alarms"))
	allowAlarms(topic)
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		for _, m := range counted[name] {
			filter(scope, functions[name], m)
		}
	}
	for _, a := range alarmed {
		alarm(scope, topic, "hubmend-"+string(a.metric), a.description, &awscloudwatch.CfnAlarmProps{
			Namespace: jsii.String(naming.MetricNamespace), MetricName: jsii.String(string(a.metric)), Statistic: jsii.String("Sum"),
		})
	}
	for _, name := range []string{naming.DeadLetters(naming.FindingsQueue), naming.DeadLetters(naming.OutcomesQueue)} {
		alarm(scope, topic, name, "Hubmend could not handle a message. List it with: hubmend dlq list", &awscloudwatch.CfnAlarmProps{
			Namespace: jsii.String("AWS/SQS"), MetricName: jsii.String("ApproximateNumberOfMessagesVisible"), Statistic: jsii.String("Maximum"),
			Dimensions: dimension("QueueName", name),
		})
	}
	// Who else would notice that nobody looks for what was lost? Once is no news: the next
	// sweep is minutes away.
	alarm(scope, topic, naming.SweepFunction, "Hubmend's sweep fails again and again, so what was lost stays lost. Its log says why.", &awscloudwatch.CfnAlarmProps{
		Namespace: jsii.String("AWS/Lambda"), MetricName: jsii.String("Errors"), Statistic: jsii.String("Sum"),
		Dimensions: dimension("FunctionName", naming.SweepFunction), EvaluationPeriods: jsii.Number(sweepPeriods),
	})
}

func dimension(name, value string) []any {
	return []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: jsii.String(value)}}
}

func filter(scope constructs.Construct, f awslambda.Function, m decide.Metric) {
	awslogs.NewCfnMetricFilter(scope, jsii.String(*f.Node().Scope().Node().Id()+string(m)), &awslogs.CfnMetricFilterProps{
		LogGroupName:  f.LogGroup().LogGroupName(),
		FilterPattern: jsii.String(`{ $.metric = "` + string(m) + `" }`),
		MetricTransformations: []any{&awslogs.CfnMetricFilter_MetricTransformationProperty{
			MetricNamespace: jsii.String(naming.MetricNamespace), MetricName: jsii.String(string(m)), MetricValue: jsii.String("1"),
		}},
	})
}

// alarm raises as soon as there is one, unless props say otherwise, and is quiet when there
// is nothing to count.
func alarm(scope constructs.Construct, topic awssns.Topic, name, description string, props *awscloudwatch.CfnAlarmProps) {
	props.AlarmName, props.AlarmDescription = jsii.String(name), jsii.String(description)
	props.Period = jsii.Number(alarmSeconds)
	if props.EvaluationPeriods == nil {
		props.EvaluationPeriods = jsii.Number(1)
	}
	props.ComparisonOperator, props.Threshold = jsii.String("GreaterThanThreshold"), jsii.Number(0)
	props.TreatMissingData = jsii.String("notBreaching")
	props.AlarmActions = &[]any{topic.TopicArn()}
	awscloudwatch.NewCfnAlarm(scope, jsii.String(name), props)
}

// allowAlarms lets alarms of this account on the topic, which its policy would not otherwise.
func allowAlarms(topic awssns.Topic) {
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": topic.Env().Account}},
	}))
}
