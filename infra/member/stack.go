// Package member owns the two templates of an account whose resources are repaired: roles,
// once per account, and runbooks, once per account and Region.
//
// Both are plain: no assets, macros, nested stacks or bootstrap version, so that a service-managed
// StackSet takes them, and so does somebody who pastes one into the console.
package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
)

// StackProps say what to build a stack from. Catalog is needed.
type StackProps struct {
	Catalog *catalog.Catalog
}

// Names of the parameters.
const (
	administratorAccount = "AdministratorAccount"
	administratorRegion  = "AdministratorRegion"
)

// newStack makes a stack with the parameter that both templates have. Its synthesizer
// refuses assets.
func newStack(scope constructs.Construct, id *string, description string) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, &awscdk.StackProps{
		Description: jsii.String(description),
		Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
	})
	awscdk.NewCfnParameter(stack, jsii.String(administratorAccount), &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		AllowedPattern:        jsii.String(`^\d{12}$`),
		ConstraintDescription: jsii.String("must be the 12 digits of an account's id"),
		Description:           jsii.String("The id of the Security Hub administrator account, where the stack hubmend-admin is."),
	})
	return stack
}
