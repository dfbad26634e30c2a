package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
)

// scriptLogGroup is the parameter for the log group of scripts, which an account names for all of Systems Manager.
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

// scriptLog lets a runbook's role write the log of its script, which Systems Manager does under that role
// when the account has the service setting /ssm/automation/customer-script-log-destination on (control
// SSM.6).
func scriptLog() []access.Statement {
	return []access.Statement{
		{
			Sid: "ScriptLog", Actions: []string{"logs:CreateLogGroup", "logs:DescribeLogStreams",
				"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []*string{arn.Anywhere("logs", "log-group:${"+scriptLogGroup+"}:*")},
		},
		// Listing is checked against a group without a name.
		{Sid: "ScriptLogGroups", Actions: []string{"logs:DescribeLogGroups"},
			Resources: []*string{arn.Anywhere("logs", "log-group:*")}},
	}
}
