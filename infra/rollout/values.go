package rollout

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/infra/reevaluate"
)

// values are the settings of the StackSets, either literals or tokens of parameters.
type values struct {
	units, regions, accounts *[]*string
	filter                   *string
	home                     *string // the first of the Regions
	administrator            *string
	reevaluate               *string
	// owner is the management account, which owns every service-managed StackSet.
	owner, callAs        *string
	failures, concurrent *float64
	regionConcurrency    *string
	autoDeployment       func(after ...*string) any
}

const (
	callAsSelf      = "SELF"
	callAsDelegated = "DELEGATED_ADMIN"
)

// configured gives the values of the settings in cdk.json.
func configured(scope constructs.Construct, s *Settings, again *bool) *values {
	if again == nil {
		again = new(false)
	}
	v := &values{
		units: jsii.Strings(s.OrganizationalUnits...), regions: jsii.Strings(s.Regions...),
		home:   jsii.String(s.Regions[0]),
		filter: jsii.String(s.AccountFilter), administrator: awscdk.Aws_ACCOUNT_ID(), owner: awscdk.Aws_ACCOUNT_ID(),
		callAs: jsii.String(callAsSelf), reevaluate: reevaluate.Value(scope, again),
		failures: jsii.Number(*s.FailureTolerancePercentage), concurrent: jsii.Number(*s.MaxConcurrentPercentage),
		regionConcurrency: jsii.String(s.RegionConcurrency),
		autoDeployment: func(after ...*string) any {
			if !*s.AutoDeployment {
				return &awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: jsii.Bool(false)}
			}
			return automatic(after)
		},
	}
	if len(s.Accounts) > 0 {
		v.accounts = jsii.Strings(s.Accounts...)
	}
	if s.AdministratorAccount != "" {
		v.administrator = jsii.String(s.AdministratorAccount)
	}
	if s.ManagementAccount != "" {
		v.owner = jsii.String(s.ManagementAccount)
		v.callAs = callAsOf(delegates(scope, v.owner))
	}
	return v
}

// callAsOf chooses CallAs by the condition of a delegated administrator.
func callAsOf(delegated *string) *string {
	return awscdk.Token_AsString(awscdk.Fn_ConditionIf(delegated, callAsDelegated, callAsSelf), nil)
}

// automatic deploys to accounts that join an OU, after other StackSets, and deletes the stacks of accounts that leave.
func automatic(after []*string) *awscdk.CfnStackSet_AutoDeploymentProperty {
	p := &awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: jsii.Bool(true),
		RetainStacksOnAccountRemoval: jsii.Bool(false)}
	if len(after) > 0 {
		p.DependsOn = &after
	}
	return p
}

// stackSetARN is the ARN of a StackSet of the stack.
func (v *values) stackSetARN(set awscdk.CfnStackSet) *string {
	return awscdk.Fn_Join(jsii.String(""), &[]*string{
		arn.Sub("arn:${AWS::Partition}:cloudformation:${AWS::Region}:"), v.owner, jsii.String(":stackset/"), set.Ref(),
	})
}
