package member

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/infra/console"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
)

// NewRolesStack makes the roles of a member account, or the runbook roles of a further part.
func NewRolesStack(scope constructs.Construct, id *string, props *StackProps) awscdk.Stack {
	stack := newStack(scope, id,
		props.description("Hubmend, member account, once per account: the roles that start and run runbooks"))
	if props.isFirst() {
		askAdministrator(stack)
		newDispatchRole(stack)
		newReevaluation(stack, newSettleRole(stack))
		newForwardRole(stack)
		for _, role := range props.Catalog.Roles {
			newServiceRole(stack, role)
		}
		console.Output(stack, "NextDeployRunbooks", "Next, without StackSets: create hubmend-member-runbooks here and "+
			"in every other Region to remediate.", console.CreateStack, stack.Region())
	}
	askScriptLogGroup(stack)
	log := newScriptLogPolicy(stack, props.Part.Number)
	for _, r := range props.Part.Runbooks {
		newRunbookRole(stack, props.Catalog, r, log)
	}
	return stack
}

// newDispatchRole makes the role that starts executions, only of Hubmend's runbooks and only with Hubmend's roles. It
// names them by their prefix, because a list would exceed IAM's limit for the policies of a role. The role also reads
// tags, for policies that ask about them.
func newDispatchRole(stack awscdk.Stack) {
	all := naming.Prefix + "*"
	access.NewRole(stack, jsii.String("DispatchRole"), &access.RoleProps{
		Name:        jsii.String(naming.DispatchRole),
		Description: jsii.String("Lets the administrator account start Hubmend's runbooks here, and read tags."),
		TrustedBy:   administrators(naming.FunctionRole(naming.DispatchFunction)),
		Statements: []access.Statement{
			{
				Sid: "Start", Actions: []string{"ssm:StartAutomationExecution"},
				Resources: []*string{
					// IAM names a runbook in both ways, depending on which version is started.
					arn.Anywhere("ssm", "automation-definition/"+all), arn.Anywhere("ssm", "document/"+all),
					// The new execution is a resource of the call, too.
					arn.Anywhere("ssm", "automation-execution/*"),
				},
			},
			{
				Sid: "Pass", Actions: []string{"iam:PassRole"}, Resources: []*string{arn.Role(all)},
				Conditions: access.Conditions{
					"StringEquals": map[string]any{"iam:PassedToService": "ssm.amazonaws.com"}},
			},
			// This API has no resources.
			{Sid: "Tags", Actions: []string{"tag:GetResources"}, Resources: []*string{jsii.String("*")}},
			{Sid: "BucketTags", Actions: []string{"s3:GetBucketTagging"},
				Resources: []*string{arn.Sub("arn:${AWS::Partition}:s3:::*")}},
			{
				Sid:     "IdentityTags",
				Actions: []string{"iam:ListUserTags", "iam:ListRoleTags", "iam:ListServerCertificateTags"},
				Resources: []*string{arn.Global("iam", "user/*"), arn.Global("iam", "role/*"),
					arn.Global("iam", "server-certificate/*")},
			},
		},
	})
}

// newSettleRole makes the role that reads the outcome of an execution, and who changed a resource after its repair.
// LookupEvents cannot be limited to a resource.
func newSettleRole(stack awscdk.Stack) awsiam.Role {
	return access.NewRole(stack, jsii.String("SettleRole"), &access.RoleProps{
		Name: jsii.String(naming.SettleRole),
		Description: jsii.String("Lets the administrator account read the outcome of executions and who changed " +
			"resources since."),
		TrustedBy: administrators(naming.FunctionRole(naming.SettleFunction)),
		Statements: []access.Statement{
			{
				Sid: "Read", Actions: []string{"ssm:GetAutomationExecution"},
				Resources: []*string{arn.Anywhere("ssm", "automation-execution/*")},
			},
			{Sid: "Changes", Actions: []string{"cloudtrail:LookupEvents"}, Resources: []*string{jsii.String("*")}},
		},
	})
}

// newForwardRole makes the role with which rules of this account, in any Region, put events on the administrator's bus.
func newForwardRole(stack awscdk.Stack) {
	access.NewRole(stack, jsii.String("ForwardRole"), &access.RoleProps{
		Name: jsii.String(naming.ForwardRole),
		Description: jsii.String(
			"Lets EventBridge forward the status of executions here to the administrator account."),
		TrustedBy: access.Service("events.amazonaws.com", arn.Anywhere("events", "rule/"+naming.Prefix+"*")),
		Statements: []access.Statement{{
			Sid: "Report", Actions: []string{"events:PutEvents"},
			Resources: []*string{
				arn.Sub("arn:${AWS::Partition}:events:*:${" + administratorAccount + "}:event-bus/" + naming.EventBus)},
		}},
	})
}

// newRunbookRole makes the role of a runbook. Its permissions are derived from the runbook's calls.
func newRunbookRole(stack awscdk.Stack, c *catalog.Catalog, r catalog.Runbook, log awsiam.IManagedPolicy) {
	policy, err := c.Policy(r)
	if err != nil {
		// The linter reports this earlier.
		panic(fmt.Errorf("derive the policy of a runbook's role: %w", err))
	}
	id := r.Name + "Role"
	if r.IsSetting() { // one suppression of a check covers them all
		id = "Setting" + id
	}
	access.NewRole(stack, jsii.String(id), &access.RoleProps{
		Name:        jsii.String(naming.RunbookRole(r.Name)),
		Description: jsii.String("Permissions of the runbook " + naming.Document(r.Name) + "."),
		TrustedBy:   access.Service("ssm.amazonaws.com", arn.Anywhere("ssm", "automation-execution/*")),
		Statements:  written(policy),
		Shared:      log,
	})
}

// newServiceRole makes a role that runbooks pass to an AWS service.
func newServiceRole(stack awscdk.Stack, role catalog.Role) {
	trusted := awsiam.IPrincipal(awsiam.NewServicePrincipal(jsii.String(role.Service), nil))
	if role.Source != "" {
		trusted = access.Service(role.Service, arn.Sub(role.Source))
	}
	access.NewRole(stack, jsii.String(role.Name), &access.RoleProps{
		Name:        jsii.String(naming.Prefix + role.Name),
		Description: jsii.String(role.Description),
		TrustedBy:   trusted,
		Statements:  written(role.Statements()),
	})
}

// written converts derived statements to statements of the template.
func written(policy []runbook.Statement) []access.Statement {
	var statements []access.Statement
	for _, s := range policy {
		var resources []*string
		for _, resource := range s.Resources {
			resources = append(resources, resourceARN(resource))
		}
		written := access.Statement{Sid: s.Sid, Actions: s.Actions, Resources: resources}
		if s.PassedTo != "" {
			written.Conditions = access.Conditions{"StringEquals": map[string]any{"iam:PassedToService": s.PassedTo}}
		}
		if len(s.Policies) > 0 {
			var policies []*string
			for _, policy := range s.Policies {
				policies = append(policies, arn.Sub(policy))
			}
			written.Conditions = access.Conditions{"ArnEquals": map[string]any{"iam:PolicyARN": policies}}
		}
		statements = append(statements, written)
	}
	return statements
}

// resourceARN leaves "*" as it is, because linters report an Fn::Sub without variables.
func resourceARN(resource string) *string {
	if resource == "*" {
		return jsii.String(resource)
	}
	return arn.Sub(resource)
}

// administrators trusts a role in the administrator account by its name, whether the role exists or not.
//
// If the role were the principal, IAM would store its unique id, and members would refuse the role once it is created
// again. See docs/adr/0016-trust-by-name.md.
func administrators(role string) awsiam.IPrincipal {
	account := "${" + administratorAccount + "}"
	return awsiam.NewArnPrincipal(arn.Sub("arn:${AWS::Partition}:iam::" + account + ":root")).WithConditions(
		&map[string]any{
			"ArnEquals": map[string]any{"aws:PrincipalArn": arn.RoleIn(account, role)},
		})
}
