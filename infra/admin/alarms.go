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

// counted are metrics that a person must hear of as soon as there is one, with what to say.
var counted = []struct {
	metric      decide.Metric
	description string
}{
	{decide.MetricFailed, "Hubmend could not repair a resource. The notification says why."},
	{decide.MetricSuspended,
		"Hubmend has stopped repairing a resource: it kept failing, or something keeps changing it back. The " +
			"notification has the attempts."},
	{decide.MetricBreaker,
		"Hubmend has paused automatic repair of a control, because several resources failed one after the other."},
	{decide.MetricUnproven,
		"Security Hub does not bear out a repair that Hubmend had verified: a later check failed, and the finding " +
			"is open again, or none came in time. The notification says which."},
}

const (
	// alarmSeconds is how long an alarm looks back.
	alarmSeconds = 300
	// sweepPeriods is in how many such spans in a row no sweep must have done its work. One is no news: the next
	// sweep is minutes away.
	sweepPeriods = 3
	// A switch that is off for a day may have been forgotten. Each sweep counts it, so no hour is without.
	pausedSeconds, pausedPeriods = 3600, 24
	// A status event is best effort, so a few that never come are no news. More than a few within an hour are a rule or
	// a policy that is broken.
	unreportedSeconds, unreportedEvents = 3600, 5
	// oldestSeconds are more than a message that is handled ever waits, unless some thousand findings came
	// at once.
	oldestSeconds = 3600
)

// newAlarms raises the alarms, to the topic: eleven, of which ten cost an account nothing. It gives
// their names.
func newAlarms(scope constructs.Construct, topic awssns.Topic) []string {
	a := &alarms{scope: constructs.NewConstruct(scope, jsii.String("Alarms")), topic: topic}
	allowAlarms(topic)
	for _, c := range counted {
		a.raise(naming.Prefix+string(c.metric), c.description,
			alarm{namespace: naming.MetricNamespace, metric: string(c.metric), statistic: "Sum"})
	}
	a.raise(naming.Prefix+string(decide.MetricPaused),
		"Hubmend has started no repair for a day, because its switch is off: the parameter "+naming.Switch+".", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricPaused), statistic: "Sum",
			seconds: pausedSeconds, periods: pausedPeriods,
		})
	a.raise(naming.Prefix+string(decide.MetricUnreported),
		"Many repairs ended without a status event, and only the sweep found out, a quarter of an hour late. Events "+
			"may not be forwarded. Ask: hubmend doctor", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricUnreported), statistic: "Sum",
			seconds: unreportedSeconds, above: unreportedEvents,
		})
	for _, queue := range []string{naming.FindingsQueue, naming.OutcomesQueue} {
		a.raise(naming.DeadLetters(queue), "Hubmend could not handle a message. List it with: hubmend dlq list", alarm{
			namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", statistic: "Maximum",
			dimension: "QueueName", value: naming.DeadLetters(queue),
		})
		a.raise(queue+"-age", "A message has waited for an hour, so Hubmend may not be at work. Ask: hubmend doctor",
			alarm{
				namespace: "AWS/SQS", metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum",
				dimension: "QueueName",
				value:     queue, above: oldestSeconds,
			})
	}
	// Who else would notice that nobody looks for what was lost? A function that is not called at all has no errors.
	a.raise(naming.SweepFunction,
		"Hubmend's sweep has not come to its end for a quarter of an hour: it fails, or nothing calls it. Ask: "+
			"hubmend doctor", alarm{
			namespace: naming.MetricNamespace, metric: string(decide.MetricSwept), statistic: "Sum",
			periods: sweepPeriods,
			missing: true,
		})
	return a.names
}

// alarms makes alarms of one topic.
type alarms struct {
	scope constructs.Construct
	topic awssns.Topic
	names []string
}

// alarm says what an alarm looks at. It is raised when the statistic is above a number, which is
// 0 unless said otherwise, in each of so many spans in a row: one of alarmSeconds.
type alarm struct {
	namespace, metric, statistic string
	dimension, value             string // none when empty
	above, seconds, periods      float64
	missing                      bool // it is raised when there is nothing instead
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
