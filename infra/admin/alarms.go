package admin

import (
	"cmp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// counted are the metrics that raise an alarm at the first count, with the description of the alarm.
var counted = []struct {
	metric      decide.Metric
	description string
}{
	{decide.MetricFailed, "Hubmend failed to remediate a resource. The notification explains why."},
	{decide.MetricSuspended,
		"Hubmend has stopped remediating a resource automatically: it kept failing, or something keeps changing it " +
			"back. The notification lists the attempts."},
	{decide.MetricBreaker,
		"Hubmend has paused automatic remediation of a control, because several resources failed in a row."},
	{decide.MetricUnproven,
		"Security Hub did not confirm a remediation that Hubmend had verified: a later check failed and the finding " +
			"is open again, or no check came in time. The notification explains which."},
	{decide.MetricPolicyUnreadable,
		"Hubmend cannot read its policy, or a fact that the policy depends on, so it does not remediate " +
			"automatically. The notification explains why."},
}

const (
	// alarmSeconds is how long an alarm looks back.
	alarmSeconds = 300
	// sweepPeriods is how many periods in a row must be without a completed sweep. One may be, because the next sweep
	// follows within minutes.
	sweepPeriods = 3
	// A pause of a day may have been forgotten. Each sweep counts it, so every hour has a count.
	pausedSeconds, pausedPeriods = 3600, 24
	// Status events are best effort, so a few missing ones are normal. More than that within an hour mean a broken rule
	// or policy.
	unreportedSeconds, unreportedEvents = 3600, 5
	// oldestSeconds is longer than a message waits, unless thousands of findings arrive at once.
	oldestSeconds = 3600
)

// newAlarms makes the alarms, which notify the topic, and gives their names. There are twelve, and the free tier has
// ten.
func newAlarms(scope constructs.Construct, topic awssns.Topic) []string {
	a := &alarms{scope: constructs.NewConstruct(scope, jsii.String("Alarms")), topic: topic}
	allowAlarms(topic)
	for _, c := range counted {
		a.raise(naming.Prefix+string(c.metric), c.description,
			alarm{namespace: naming.MetricNamespace, metric: string(c.metric), statistic: "Sum"})
	}
	a.raise(naming.Prefix+string(decide.MetricPaused),
		"Hubmend has been paused for a day. To resume, set the SSM parameter "+naming.Switch+" to "+
			naming.SwitchActive+".", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricPaused), statistic: "Sum",
			seconds: pausedSeconds, periods: pausedPeriods,
		})
	a.raise(naming.Prefix+string(decide.MetricUnreported),
		"Many executions ended without a status event, and the sweep found them 15 minutes late. Events may not be "+
			"forwarded. Run: hubmend doctor", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricUnreported), statistic: "Sum",
			seconds: unreportedSeconds, above: unreportedEvents,
		})
	for _, queue := range []string{naming.FindingsQueue, naming.OutcomesQueue} {
		a.raise(naming.DeadLetters(queue), "Hubmend failed to process a message. List it with: hubmend dlq list", alarm{
			namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", statistic: "Maximum",
			dimension: "QueueName", value: naming.DeadLetters(queue),
		})
		a.raise(queue+"-age",
			"A message has been waiting for an hour, so Hubmend may not be running. Run: hubmend doctor", alarm{
				namespace: "AWS/SQS", metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum",
				dimension: "QueueName",
				value:     queue, above: oldestSeconds,
			})
	}
	// A function that is never invoked has no errors, so the absence of sweeps is the alarm.
	a.raise(naming.SweepFunction,
		"Hubmend's sweep has not completed for 15 minutes: it fails, or is not invoked. Run: hubmend doctor", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricSwept), statistic: "Sum",
			periods: sweepPeriods,
			missing: true,
		})
	return a.names
}

// alarms makes alarms that notify a topic.
type alarms struct {
	scope constructs.Construct
	topic awssns.Topic
	names []string
}

// alarm describes an alarm. It is raised when the statistic is above a threshold, by default 0, in a number of periods
// in a row, by default one of alarmSeconds.
type alarm struct {
	namespace, metric, statistic string
	dimension, value             string // none when empty
	above, seconds, periods      float64
	missing                      bool // raise it when there is no data instead
}

// raise makes an alarm.
func (a *alarms) raise(name, description string, of alarm) {
	operator, threshold, nothing := "GreaterThanThreshold", of.above, "notBreaching"
	if of.missing {
		operator, threshold, nothing = "LessThanThreshold", 1, "breaching"
	}
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(name), AlarmDescription: jsii.String(description),
		Namespace: jsii.String(of.namespace), MetricName: jsii.String(of.metric), Statistic: jsii.String(of.statistic),
		ComparisonOperator: jsii.String(operator), Threshold: jsii.Number(threshold),
		Period: jsii.Number(cmp.Or(of.seconds, alarmSeconds)), EvaluationPeriods: jsii.Number(cmp.Or(of.periods, 1)),
		TreatMissingData: jsii.String(nothing), AlarmActions: &[]any{a.topic.TopicArn()},
	}
	if of.dimension != "" {
		props.Dimensions = []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(of.dimension),
			Value: jsii.String(of.value)}}
	}
	awscloudwatch.NewCfnAlarm(a.scope, jsii.String(name), props)
	a.names = append(a.names, name)
}

// allowAlarms lets alarms of this account publish to the topic.
func allowAlarms(topic awssns.Topic) {
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": topic.Env().Account}},
	}))
}
