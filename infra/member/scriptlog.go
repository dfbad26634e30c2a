package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// scriptLogGroup is the parameter for the log group of Automation scripts, a setting of Systems Manager in the account.
const scriptLogGroup = "ScriptLogGroup"

// askScriptLogGroup makes the parameter.
func askScriptLogGroup(stack awscdk.Stack) {
	awscdk.NewCfnParameter(stack, jsii.String(scriptLogGroup), &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		Default:               "/aws/ssm/automation/executeScript",
		AllowedPattern:        jsii.String(`^[A-Za-z0-9_./#-]{1,512}$`),
		ConstraintDescription: jsii.String("must be the name of a log group"),
		Description: jsii.String(
			"The log group of Automation scripts in this account. Change it only if the service setting " +
				"/ssm/automation/customer-script-log-group-name is not the default."),
	})
}

// newScriptLogPolicy makes the policy that lets the roles of runbooks write the log of their script. Systems Manager
// writes it with that role if the service setting /ssm/automation/customer-script-log-destination is on in the account
// (control SSM.6). All roles of a stack share the policy, which would otherwise be a third of the template.
func newScriptLogPolicy(stack awscdk.Stack, part int) awsiam.IManagedPolicy {
	return access.NewManagedPolicy(stack, jsii.String("ScriptLog"), naming.Part(naming.ScriptLogPolicy, part),
		"Lets Hubmend's runbooks write the log of Automation scripts.", []access.Statement{
			{
				Sid: "ScriptLog", Actions: []string{"logs:CreateLogGroup", "logs:DescribeLogStreams",
					"logs:CreateLogStream", "logs:PutLogEvents"},
				Resources: []*string{arn.Anywhere("logs", "log-group:${"+scriptLogGroup+"}:*")},
			},
			// IAM checks the listing against a log group without a name.
			{Sid: "ScriptLogGroups", Actions: []string{"logs:DescribeLogGroups"},
				Resources: []*string{arn.Anywhere("logs", "log-group:*")}},
		})
}
