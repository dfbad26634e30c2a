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
			Lacks: "it acts on nothing; `alarms` of a scenario says what state it is in. One on what is counted " +
				"stays in ALARM, and one on another metric than the depth of a queue, or " +
				"that missing data raises, never is: of ours the two `-age` and `hubmend-sweep`",
		},
	}
}
