package lab

// resourceTypes are the resource types of this service.
func (l *pollers) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::Lambda::EventSourceMapping": {
			properties: "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes " +
				"ScalingConfig", fixed: "EventSourceArn",
			create: fresh(l.putMapping), update: again(l.putMapping), delete: l.deleteMapping,
		},
	}
}
