package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
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

// scriptLog lets the role of a runbook write the log of its script. Systems Manager writes it with that role if the
// service setting /ssm/automation/customer-script-log-destination is on in the account (control SSM.6).
func scriptLog() []access.Statement {
	return []access.Statement{
		{
			Sid: "ScriptLog", Actions: []string{"logs:CreateLogGroup", "logs:DescribeLogStreams",
				"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []*string{arn.Anywhere("logs", "log-group:${"+scriptLogGroup+"}:*")},
		},
		// IAM checks the listing against a log group without a name.
		{Sid: "ScriptLogGroups", Actions: []string{"logs:DescribeLogGroups"},
			Resources: []*string{arn.Anywhere("logs", "log-group:*")}},
	}
}
