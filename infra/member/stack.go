// Package member owns the two templates of an account whose resources are repaired: roles,
// once per account, and runbooks, once per account and Region.
//
// Both are plain: no assets, macros, nested stacks or bootstrap version, so that a service-managed
// StackSet takes them, and so does somebody who pastes one into the console.
package member

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// StackProps say what to build a stack from. All of them are needed.
type StackProps struct {
	Catalog *catalog.Catalog
	// Part is which runbooks the stack is about. What there is once per account or Region is in
	// the stack of the first part.
	Part catalog.Part
}

// isFirst says whether the stack has more than its runbooks.
func (p *StackProps) isFirst() bool { return p.Part.Number == 1 }

// description names the part in what a stack says of itself.
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

// askAdministrator makes the parameter that both templates of the first part have.
func askAdministrator(stack awscdk.Stack) {
	awscdk.NewCfnParameter(stack, jsii.String(administratorAccount), &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		AllowedPattern:        jsii.String(`^\d{12}$`),
		ConstraintDescription: jsii.String("must be the 12 digits of an account's id"),
		Description: jsii.String(
			"The id of the Security Hub administrator account, where the stack hubmend-admin is."),
	})
}
