package cloudwatch

import (
	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (a *Alarms) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::CloudWatch::Alarm": {
			Properties: "AlarmName " + alarmProperties, Name: "AlarmName",
			Create: a.createAlarm, Update: a.updateAlarm, Delete: a.deleteAlarm,
			Lacks: "no actions. `alarms` of a scenario checks the state: an alarm on a metric of functions stays " +
				"in ALARM, and one on the depth of a queue follows the queue. Others are never in ALARM, which are " +
				"the two `-age` alarms and `hubmend-sweep`",
		},
	}
}
