package cloudformation

// ResourceTypes are the resource types that CloudFormation itself creates.
func (*Stacks) ResourceTypes() map[string]ResourceType {
	return map[string]ResourceType{
		"AWS::CloudFormation::StackSet": {
			Properties: "StackSetName Description PermissionModel CallAs TemplateURL Capabilities Parameters " +
				"AutoDeployment ManagedExecution OperationPreferences StackInstancesGroup",
			Name: "StackSetName", Fixed: "PermissionModel",
			Create: createStackSet, Update: updateStackSet, Delete: deleteStackSet,
			Lacks: "every OU contains all accounts, no account joins later, and the first failure ends the operation",
		},
		"Custom::HubmendCustomAction": {
			Properties: "ServiceToken ServiceTimeout Id Name Description", Fixed: "ServiceToken",
			Create: createCustom, Update: updateCustom, Delete: deleteCustom,
		},
	}
}
