// Package rollout has the stack that deploys the member templates to the accounts of an organization: for each part a
// service-managed StackSet of the roles, once per account, and one of the runbooks, in every Region. It takes the
// templates as files.
//
// StackSets never deploy to the management account. There, and without an organization, the same templates are deployed
// as stacks.
package rollout

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/console"
	"hubmend/internal/engine/naming"
)

// StackProps describe the stack. Parts are required.
type StackProps struct {
	// Settings are nil without settings in cdk.json. The stack then has a parameter for each.
	Settings *Settings
	// Parts are the pairs of templates. The first has the resources that all need.
	Parts []Part
	// Reevaluate is the setting of that name; nil without one.
	Reevaluate *bool
}

// Part is a pair of member templates: runbooks and their roles.
type Part struct {
	Number          int
	Roles, Runbooks Template
}

// Template is a member template.
type Template struct {
	Name string // of its StackSet
	File string
}

// NewStack makes the stack. It is for the home Region of the management account or of a delegated administrator of
// StackSets.
func NewStack(scope constructs.Construct, id *string, props *StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, &awscdk.StackProps{
		StackName: jsii.String(naming.Stack(*id)),
		Description: jsii.String(
			"Hubmend, rollout: deploys the roles and runbooks to the accounts of an organization."),
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false), // as in the admin stack
		}),
	})
	var v *values
	if props.Settings != nil {
		v = configured(stack, props.Settings, props.Reevaluate)
	} else {
		v = asked(stack, props.Reevaluate)
	}
	for _, part := range props.Parts {
		newPart(stack, v, part, props.Settings)
	}
	console.Output(stack, "NextWatchStackSets", "Next: the operations of the StackSets hubmend-member-roles and "+
		"hubmend-member-runbooks show the outcome in every account and Region.", console.StackSets, stack.Region())
	console.Output(stack, "NextLaunchPlaybook", "Then: launch the playbook here, in the account of the stack "+
		"hubmend-admin. Every control group starts DISABLED.", console.Products, v.home)
	return stack
}

// newPart makes the StackSets of a part. Only the templates of the first part have parameters.
func newPart(stack awscdk.Stack, v *values, part Part, settings *Settings) {
	var forRoles, forRunbooks []any
	if part.Number == 1 {
		administrator := parameter("AdministratorAccount", v.administrator)
		forRoles = []any{administrator, parameter("Reevaluate", v.reevaluate)}
		forRunbooks = []any{administrator, parameter("AdministratorRegion", v.home)}
	}
	roles := newStackSet(stack, jsii.String(naming.Part("MemberRoles", part.Number)), v, &stackSetProps{
		Template:    part.Roles,
		description: "Hubmend: the roles that start and run runbooks.",
		// IAM is global: a stack in a second Region would fail to create the same roles.
		regions:        &[]*string{v.home},
		parameters:     forRoles,
		capabilities:   jsii.Strings("CAPABILITY_NAMED_IAM"),
		autoDeployment: v.autoDeployment(),
	})
	runbooks := newStackSet(stack, jsii.String(naming.Part("MemberRunbooks", part.Number)), v, &stackSetProps{
		Template:    part.Runbooks,
		description: "Hubmend: the runbooks, and the rule that reports their outcome.",
		regions:     v.regions,
		parameters:  forRunbooks,
		// The ARN makes the runbooks wait for the roles twice: in accounts that join later, and in this stack, because
		// CloudFormation creates the StackSet of the roles first.
		autoDeployment: v.autoDeployment(v.stackSetARN(roles)),
	})
	if settings != nil && !*settings.AutoDeployment { // then the ARN is not used
		runbooks.AddResourceDependency(roles, nil)
	}
}

type stackSetProps struct {
	Template

	description    string
	regions        *[]*string
	parameters     []any
	capabilities   *[]*string
	autoDeployment any
}

// newStackSet makes a service-managed StackSet. The URL of the template has a hash of its content, so a change of the
// template is a change of the StackSet.
func newStackSet(scope constructs.Construct, id *string, v *values, props *stackSetProps) awscdk.CfnStackSet {
	template := awss3assets.NewAsset(scope, jsii.String(*id+"Template"), &awss3assets.AssetProps{
		Path: jsii.String(props.File), DisplayName: jsii.String(filepath.Base(props.File)),
	})
	return awscdk.NewCfnStackSet(scope, id, &awscdk.CfnStackSetProps{
		StackSetName:    jsii.String(naming.Stack(props.Name)),
		Description:     jsii.String(props.description),
		PermissionModel: jsii.String("SERVICE_MANAGED"),
		CallAs:          v.callAs,
		TemplateUrl:     template.HttpUrl(),
		Capabilities:    props.capabilities,
		Parameters:      props.parameters,
		AutoDeployment:  props.autoDeployment,
		// An account that joins during an operation is queued instead of failing.
		ManagedExecution: map[string]any{"Active": true},
		OperationPreferences: &awscdk.CfnStackSet_OperationPreferencesProperty{
			FailureTolerancePercentage: v.failures, MaxConcurrentPercentage: v.concurrent,
			RegionConcurrencyType: v.regionConcurrency,
		},
		StackInstancesGroup: []any{&awscdk.CfnStackSet_StackInstancesProperty{
			Regions: props.regions,
			DeploymentTargets: &awscdk.CfnStackSet_DeploymentTargetsProperty{
				OrganizationalUnitIds: v.units, Accounts: v.accounts, AccountFilterType: v.filter,
			},
		}},
	})
}

func parameter(name string, value *string) *awscdk.CfnStackSet_ParameterProperty {
	return &awscdk.CfnStackSet_ParameterProperty{ParameterKey: jsii.String(name), ParameterValue: value}
}
