package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Organization is the AWS organization whose accounts are remediated. Without one it is this account alone.
type Organization struct {
	ID *string
	// Given is true when the parameter is not empty.
	Given awscdk.CfnCondition
}

// NewOrganization makes the parameter, with id as its name, and the condition.
func NewOrganization(scope constructs.Construct, id *string) *Organization {
	parameter := awscdk.NewCfnParameter(scope, id, &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		Default:               "",
		AllowedPattern:        jsii.String("^(o-[a-z0-9]{10,32})?$"),
		ConstraintDescription: jsii.String("must be the id of an organization, such as o-a1b2c3d4e5, or empty"),
		Description: jsii.String(
			"The AWS organization whose accounts are remediated, such as o-a1b2c3d4e5. Empty: only this account."),
	})
	return &Organization{
		ID: parameter.ValueAsString(),
		Given: awscdk.NewCfnCondition(scope, jsii.String("HasOrganization"), &awscdk.CfnConditionProps{
			Expression: given(parameter),
		}),
	}
}

// Owns is the condition that the resource of a call is in the organization or, without one, in this account.
func (o *Organization) Owns() any {
	return awscdk.Fn_ConditionIf(o.Given.LogicalId(),
		map[string]any{"aws:ResourceOrgID": o.ID},
		map[string]any{"aws:ResourceAccount": awscdk.Aws_ACCOUNT_ID()},
	)
}

func given(parameter awscdk.CfnParameter) awscdk.ICfnConditionExpression {
	return awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(parameter.ValueAsString(), ""))
}
