package admin

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// newCustomAction makes the function behind the custom actions of the products.
//
// It has no resource policy, because CloudFormation invokes it with the permissions of the launch role, or of the user
// who creates the product's stack. Both belong to this account.
func newCustomAction(scope constructs.Construct, props *StackProps, key awskms.IKey, timeout awscdk.Duration) {
	NewFunction(scope, jsii.String("CustomAction"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: props.Processor,
			Description: jsii.String(
				"Creates, updates and deletes Security Hub custom actions for CloudFormation stacks."),
			Timeout: timeout,
		},
		Name:   naming.CustomActionFunction,
		Key:    key,
		Binary: filepath.Join(props.Functions, customActionFolder),
		Statements: []access.Statement{{
			Sid: "CustomActions",
			Actions: []string{
				"securityhub:CreateActionTarget", "securityhub:UpdateActionTarget", "securityhub:DeleteActionTarget",
				"securityhub:DescribeActionTargets",
			},
			// IAM has no narrower resource for custom actions.
			Resources: []*string{arn.Local("securityhub", "hub/default")},
		}},
	})
}
