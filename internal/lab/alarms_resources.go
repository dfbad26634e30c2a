package lab

// resourceTypes are the resource types of this service.
func (a *alarms) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::CloudWatch::Alarm": {
			properties: "AlarmName " + alarmProperties, name: "AlarmName",
			create: a.createAlarm, update: a.updateAlarm, delete: a.deleteAlarm,
			lacks: "it acts on nothing; `alarms` of a scenario says what state it is in. One on what is counted " +
				"stays in ALARM, and one on another metric than the depth of a queue, or " +
				"that missing data raises, never is: of ours the two `-age` and `hubmend-sweep`",
		},
	}
}
