// Package member has the two stacks of a member account: roles, once per account, and runbooks, once per account and
// Region.
//
// Their templates have no assets, macros, nested stacks or bootstrap version, so that service-managed StackSets and the
// console accept them.
package member

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// StackProps describe a stack. All are required.
type StackProps struct {
	Catalog *catalog.Catalog
	// Part has the runbooks of the stack. Resources that exist once per account or Region are in the first part.
	Part catalog.Part
}

// isFirst reports whether the stack has more than its runbooks.
func (p *StackProps) isFirst() bool { return p.Part.Number == 1 }

// description adds the number of a further part to the description of a stack.
func (p *StackProps) description(text string) string {
	if p.isFirst() {
		return text + "."
	}
	return fmt.Sprintf("%s, part %d.", text, p.Part.Number)
}

// Names of the parameters.
const (
	administratorAccount = "AdministratorAccount"
	administratorRegion  = "AdministratorRegion"
)

// newStack makes a stack whose synthesizer refuses assets.
func newStack(scope constructs.Construct, id *string, description string) awscdk.Stack {
	return awscdk.NewStack(scope, id, &awscdk.StackProps{
		StackName:   jsii.String(naming.Stack(*id)),
		Description: jsii.String(description),
		Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
	})
}

// askAdministrator makes the parameter that both templates of the first part need.
func askAdministrator(stack awscdk.Stack) {
	awscdk.NewCfnParameter(stack, jsii.String(administratorAccount), &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		AllowedPattern:        jsii.String(`^\d{12}$`),
		ConstraintDescription: jsii.String("must be the 12-digit id of an account"),
		Description: jsii.String(
			"The id of the Security Hub administrator account, which has the stack hubmend-admin."),
	})
}
