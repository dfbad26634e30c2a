package admin

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// newSchedule invokes the sweep every decide.SweepEvery.
func newSchedule(scope constructs.Construct, sweep awslambda.Function) {
	rule := awsevents.NewCfnRule(scope, jsii.String("SweepRule"), &awsevents.CfnRuleProps{
		Name:               jsii.String(naming.SweepRule),
		Description:        jsii.String("Invokes the sweep of Hubmend, which resumes work that was interrupted."),
		ScheduleExpression: jsii.String(fmt.Sprintf("rate(%.0f minutes)", decide.SweepEvery.Minutes())),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("sweep"), Arn: sweep.FunctionArn(),
			// An invocation that is later than this is left to the next one.
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(decide.SweepEvery.Seconds()),
				MaximumRetryAttempts:     jsii.Number(3),
			},
		}},
	})
	awslambda.NewCfnPermission(scope, jsii.String("SweepPermission"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: sweep.FunctionName(),
		Principal: jsii.String("events.amazonaws.com"), SourceArn: rule.AttrArn(),
	})
}
