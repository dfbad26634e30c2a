package lab

// resourceTypes are the resource types of this service.
func (f *functions) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::Lambda::Function": {
			properties: "FunctionName Description Runtime Architectures Handler Code Role Environment Timeout " +
				"MemorySize LoggingConfig KmsKeyArn", name: "FunctionName",
			create: f.createFunction, update: f.updateFunction, delete: f.deleteFunction,
		},
		"AWS::Lambda::EventInvokeConfig": {
			properties: "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds",
			fixed:      "FunctionName Qualifier",
			create:     fresh(f.putInvokeConfig), update: again(f.putInvokeConfig), delete: f.deleteInvokeConfig,
			lacks: "no event is too old",
		},
		"AWS::Lambda::Permission": {
			properties: "Action FunctionName Principal SourceArn",
			create:     f.createPermission, delete: f.deletePermission,
		},
	}
}
