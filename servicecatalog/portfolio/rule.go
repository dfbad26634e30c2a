package portfolio

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// customActionSeconds is how long CloudFormation waits for the custom action's function. It answers within a minute or
// never. The default timeout is an hour.
const customActionSeconds = 120

// serviceToken is the function that creates custom actions.
func serviceToken() *string { return arn.Local("lambda", "function:"+naming.CustomActionFunction) }

type ruleProps struct {
	name, description string
	state             *string
	pattern           map[string]any
}

// newRule makes a rule that sends events to the findings queue, and after a day of failed attempts to its dead-letter
// queue.
func newRule(scope constructs.Construct, id string, props ruleProps) awsevents.CfnRule {
	return awsevents.NewCfnRule(scope, jsii.String(id), &awsevents.CfnRuleProps{
		Name:         jsii.String(naming.Prefix + props.name),
		Description:  jsii.String(props.description),
		State:        props.state,
		EventPattern: props.pattern,
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id:  jsii.String("findings"),
			Arn: arn.Local("sqs", naming.FindingsQueue),
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(86400), MaximumRetryAttempts: jsii.Number(185),
			},
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{
				Arn: arn.Local("sqs", naming.DeadLetters(naming.FindingsQueue)),
			},
		}},
	})
}
