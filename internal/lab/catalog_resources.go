package lab

// resourceTypes are the resource types of this service.
func (c *serviceCatalog) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::ServiceCatalog::Portfolio": {
			properties: "DisplayName ProviderName Description",
			create:     c.createPortfolio, update: c.updatePortfolio, delete: c.deletePortfolio,
		},
		"AWS::ServiceCatalog::CloudFormationProduct": {
			properties: "Name Owner Description Distributor SupportDescription ProvisioningArtifactParameters " +
				"ReplaceProvisioningArtifacts",
			create: c.createProduct, update: c.updateProduct, delete: c.deleteProduct,
		},
		"AWS::ServiceCatalog::PortfolioProductAssociation": {
			properties: "PortfolioId ProductId",
			create:     c.createOffer, delete: c.deleteOffer,
		},
		"AWS::ServiceCatalog::LaunchRoleConstraint": {
			properties: "PortfolioId ProductId LocalRoleName RoleArn Description",
			create:     c.createLaunchConstraint, delete: c.deleteLaunchConstraint,
		},
		"AWS::ServiceCatalog::PortfolioPrincipalAssociation": {
			properties: "PortfolioId PrincipalARN PrincipalType",
			create:     c.createPrincipal, delete: c.deletePrincipal,
		},
	}
}
