package events

import (
	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (b *Bridge) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::Events::EventBus": {
			Properties: "Name Description", Name: "Name",
			Create: b.createBus, Update: cloudformation.Unchanged, Delete: b.deleteBus,
		},
		"AWS::Events::EventBusPolicy": {
			Properties: "EventBusName StatementId Statement", Name: "StatementId", Fixed: "EventBusName",
			Create: cloudformation.Fresh(b.putBusPolicy), Update: cloudformation.Again(b.putBusPolicy),
			Delete: b.deleteBusPolicy,
		},
		"AWS::Events::Rule": {
			Properties: "Name Description EventBusName EventPattern ScheduleExpression State Targets", Name: "Name",
			Fixed:  "EventBusName",
			Create: b.createRule, Update: b.updateRule, Delete: b.deleteRule,
		},
	}
}
