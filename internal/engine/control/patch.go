package control

// Patch makes a repair last where infrastructure as code manages the resource: the lines that set what the control
// requires. Names and values that differ between users are examples.
type Patch struct {
	CloudFormation string `yaml:"cloudformation" json:"cloudformation,omitempty"`
	Terraform      string `yaml:"terraform" json:"terraform,omitempty"`
	// None says why a language above has no lines.
	None string `yaml:"none" json:"none,omitempty"`
}

// For returns the lines for a tool of policy.Tools, or why there are none. The CDK deploys with CloudFormation, and
// Pulumi and Crossplane have the resources of Terraform's provider.
func (p Patch) For(tool string) string {
	lines := p.Terraform
	switch tool {
	case "":
		return ""
	case "cloudformation", "cdk":
		lines = p.CloudFormation
	}
	if lines == "" {
		return p.None
	}
	return lines
}
