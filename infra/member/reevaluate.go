package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/infra/reevaluate"
	"hubmend/internal/engine/naming"
)

// newReevaluation lets the role that reads outcomes have AWS Config evaluate rules again, if the parameter says so. It
// is a policy of its own, so that nothing else changes without it.
//
// Security Hub's own rules are service-linked. AWS does not document their ARN, so both forms that it can have are
// allowed. Names are not in either, only ids that AWS assigns.
func newReevaluation(stack awscdk.Stack, role awsiam.Role) {
	on := awscdk.NewCfnCondition(stack, jsii.String("Reevaluates"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionEquals(reevaluate.Parameter(stack), reevaluate.On)})
	policy := awsiam.NewCfnPolicy(stack, jsii.String("Reevaluation"), &awsiam.CfnPolicyProps{
		PolicyName: jsii.String(naming.Prefix + "reevaluate"),
		Roles:      &[]*string{role.RoleName()},
		PolicyDocument: map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Sid": "Reevaluate", "Effect": "Allow", "Action": "config:StartConfigRulesEvaluation",
			"Resource": []any{
				arn.Anywhere("config", "config-rule/aws-service-rule/securityhub.amazonaws.com/config-rule-*"),
				arn.Anywhere("config", "config-rule/config-rule-*"),
			},
		}}},
	})
	policy.CfnOptions().SetCondition(on)
}
