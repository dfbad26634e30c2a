package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/outcome"
	"hubmend/internal/engine/naming"
)

// BusProps describe the bus of status events from member accounts.
type BusProps struct {
	Organization *Organization
	// Outcomes receives the status of every execution that ended.
	Outcomes awssqs.Queue
}

// NewBus makes the bus, lets the organization put events on it, and forwards outcomes to the queue. Without an
// organization only roles of this account may use it.
func NewBus(scope constructs.Construct, id *string, props *BusProps) awsevents.EventBus {
	scope = constructs.NewConstruct(scope, id)
	bus := awsevents.NewEventBus(scope, jsii.String("Bus"), &awsevents.EventBusProps{
		EventBusName: jsii.String(naming.EventBus),
		Description:  jsii.String("Receives from member accounts the status of Hubmend executions that ended."),
	})
	policy := awsevents.NewCfnEventBusPolicy(scope, jsii.String("Members"), &awsevents.CfnEventBusPolicyProps{
		EventBusName: bus.EventBusName(),
		StatementId:  jsii.String("Members"),
		Statement: map[string]any{
			"Sid":       "Members",
			"Effect":    "Allow",
			"Principal": "*",
			"Action":    "events:PutEvents",
			"Resource":  bus.EventBusArn(),
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": props.Organization.ID}},
		},
	})
	policy.CfnOptions().SetCondition(props.Organization.Given)

	awsevents.NewCfnRule(scope, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Name:         jsii.String(naming.Prefix + "outcomes"),
		Description:  jsii.String("Hubmend executions that ended, in any account."),
		EventBusName: bus.EventBusName(),
		EventPattern: outcome.Pattern(),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id:  jsii.String("outcomes"),
			Arn: props.Outcomes.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{
				Arn: props.Outcomes.DeadLetterQueue().Queue.QueueArn()},
		}},
	})
	return bus
}
