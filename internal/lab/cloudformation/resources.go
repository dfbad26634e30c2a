package cloudformation

// ResourceTypes are the resource types that CloudFormation itself creates.
func (*Stacks) ResourceTypes() map[string]ResourceType {
	return map[string]ResourceType{
		"AWS::CloudFormation::StackSet": {
			Properties: "StackSetName Description PermissionModel CallAs TemplateURL Capabilities Parameters " +
				"AutoDeployment ManagedExecution OperationPreferences StackInstancesGroup",
			Name: "StackSetName", Fixed: "PermissionModel",
			Create: createStackSet, Update: updateStackSet, Delete: deleteStackSet,
			Lacks: "all accounts are in whatever unit is named, none joins later, and one that fails ends it",
		},
		"Custom::HubmendCustomAction": {
			Properties: "ServiceToken ServiceTimeout Id Name Description", Fixed: "ServiceToken",
			Create: createCustom, Update: updateCustom, Delete: deleteCustom,
		},
	}
}
