package lab

// resourceTypes are the resource types of this service.
func (b *eventBridge) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::Events::EventBus": {
			properties: "Name Description", name: "Name",
			create: b.createBus, update: unchanged, delete: b.deleteBus,
		},
		"AWS::Events::EventBusPolicy": {
			properties: "EventBusName StatementId Statement", name: "StatementId", fixed: "EventBusName",
			create: fresh(b.putBusPolicy), update: again(b.putBusPolicy), delete: b.deleteBusPolicy,
		},
		"AWS::Events::Rule": {
			properties: "Name Description EventBusName EventPattern ScheduleExpression State Targets", name: "Name",
			fixed:  "EventBusName",
			create: b.createRule, update: b.updateRule, delete: b.deleteRule,
		},
	}
}
