package lab

// resourceTypes are the resource types that CloudFormation makes itself.
func (*stacks) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::CloudFormation::StackSet": {
			properties: "StackSetName Description PermissionModel CallAs TemplateURL Capabilities Parameters " +
				"AutoDeployment ManagedExecution OperationPreferences StackInstancesGroup",
			name: "StackSetName", fixed: "PermissionModel",
			create: createStackSet, update: updateStackSet, delete: deleteStackSet,
			lacks: "all accounts are in whatever unit is named, none joins later, and one that fails ends it",
		},
		"Custom::HubmendCustomAction": {
			properties: "ServiceToken ServiceTimeout Id Name Description", fixed: "ServiceToken",
			create: createCustom, update: updateCustom, delete: deleteCustom,
		},
	}
}
