package lab

// resourceTypes are the resource types of this service.
func (a *ssmAutomation) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::SSM::Document": {
			properties: "Name Content DocumentType DocumentFormat UpdateMethod", name: "Name", fixed: "DocumentType",
			create: a.createResource, update: a.updateResource, delete: a.deleteResource,
		},
	}
}
