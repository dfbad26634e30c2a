package postcondition

import (
	_ "embed" // for the patterns
	"encoding/json"
	"strings"
)

// patterns.json has the filter pattern of each control, as Security Hub's documentation has them.
//
//go:embed patterns.json
var patternsText []byte

func init() {
	var patterns map[string]string
	if err := json.Unmarshal(patternsText, &patterns); err != nil {
		panic(err) // which every test would show
	}
	for id, pattern := range patterns {
		controls[id] = func(r reader) (bool, error) { return r.alarmed(pattern) }
	}
}

// alarmed is CloudWatch.1 to CloudWatch.14: a trail of the account that is based in the finding's Region is logging,
// records all management events of all Regions and delivers to a log group. It has a metric filter with exactly the
// pattern, and an alarm on its metric notifies a topic with a subscription.
func (r reader) alarmed(pattern string) (bool, error) {
	trails, err := r.trails()
	for _, trail := range trails {
		arn, _ := trail["TrailARN"].(string)
		group, _ := trail["CloudWatchLogsLogGroupArn"].(string)
		part := strings.Split(group, ":")
		if trail["IsMultiRegionTrail"] != true || trail["HomeRegion"] != r.region ||
			!strings.Contains(arn, ":"+r.account+":") || len(part) < 7 {
			continue
		}
		passes, err := r.isWhole(trail)
		if passes && err == nil {
			passes, err = r.filtered(part[6], pattern)
		}
		if passes || err != nil {
			return passes, err
		}
	}
	return false, err
}

// filtered reports whether a log group has the metric filter, and the metric an alarm.
func (r reader) filtered(group, pattern string) (bool, error) {
	answer, err := r.call("logs", "DescribeMetricFilters", map[string]any{"logGroupName": group})
	for _, filter := range list(answer, "metricFilters") {
		have, _ := filter["filterPattern"].(string)
		if strings.Join(strings.Fields(have), "") != strings.Join(strings.Fields(pattern), "") {
			continue
		}
		for _, metric := range list(filter, "metricTransformations") {
			if ok, err := r.watched(metric); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, err
}

// watched reports whether an alarm on a metric notifies a topic with a subscription.
func (r reader) watched(metric map[string]any) (bool, error) {
	answer, err := r.call("cloudwatch", "DescribeAlarmsForMetric",
		map[string]any{"MetricName": metric["metricName"], "Namespace": metric["metricNamespace"]})
	for _, alarm := range list(answer, "MetricAlarms") {
		actions, _ := alarm["AlarmActions"].([]any)
		for _, topic := range actions {
			subscribed, err := r.call("sns", "ListSubscriptionsByTopic", map[string]any{"TopicArn": topic})
			if err == nil && len(list(subscribed, "Subscriptions")) > 0 && alarm["ActionsEnabled"] == true {
				return true, nil
			}
		}
	}
	return false, err
}
