package portfolio

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
)

// customActionSeconds is how long CloudFormation waits for the custom action's function. It answers within a minute or
// never. The default timeout is an hour.
const customActionSeconds = 120

type groupProps struct {
	group       catalog.Group
	explanation string         // of the parameter, in the launch form
	imported    map[string]any // the event pattern of findings that are remediated automatically
}

// newGroup makes a control group: the parameter that enables automatic remediation, the rule that it switches, and the
// custom action with a rule that is always enabled.
func newGroup(stack awscdk.Stack, id *string, props *groupProps) {
	parameter := newParameter(stack, props)
	scope := constructs.NewConstruct(stack, id)
	action := awscdk.NewCustomResource(scope, jsii.String("CustomAction"), &awscdk.CustomResourceProps{
		ResourceType:   jsii.String("Custom::HubmendCustomAction"),
		ServiceToken:   arn.Local("lambda", "function:"+naming.CustomActionFunction),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(customActionSeconds)),
		Properties: &map[string]any{
			"Id": props.group.ID, "Name": props.group.Title, "Description": props.group.Description,
		},
	})
	awsevents.NewCfnRule(scope, jsii.String("CustomActionRule"), &awsevents.CfnRuleProps{
		Name:         jsii.String(naming.Prefix + props.group.ID + "-custom-action"),
		Description:  jsii.String(fmt.Sprintf("Findings on which the custom action %q was chosen.", props.group.Title)),
		State:        jsii.String(enabled),
		EventPattern: picked(action.Ref()),
		Targets:      toFindings(),
	})
	rule := awsevents.NewCfnRule(scope, jsii.String("ImportedRule"), &awsevents.CfnRuleProps{
		Name:         jsii.String(naming.Prefix + props.group.ID + "-imported"),
		Description:  jsii.String(fmt.Sprintf("New failed findings of %s.", props.group.Title)),
		State:        parameter.ValueAsString(),
		EventPattern: props.imported,
		Targets:      toFindings(),
	})
	// If the playbook is launched already, the custom action reports that clearly. The rule would only report that its
	// name is taken, so it is created after the action.
	rule.AddResourceDependency(action.Node().DefaultChild().(awscdk.CfnResource), nil)
	awscdk.NewCfnOutput(stack, jsii.String(props.group.State()),
		&awscdk.CfnOutputProps{Value: parameter.ValueAsString()})
}

// newParameter makes the parameter directly in the stack, so that its id has no prefix.
func newParameter(stack awscdk.Stack, props *groupProps) awscdk.CfnParameter {
	return awscdk.NewCfnParameter(stack, jsii.String(props.group.Parameter()), &awscdk.CfnParameterProps{
		Type:          jsii.String("String"),
		AllowedValues: jsii.Strings(enabled, disabled),
		Default:       disabled,
		Description:   jsii.String(props.explanation),
	})
}

// toFindings sends events to the findings queue, and after a day of failed attempts to its dead-letter queue.
func toFindings() []any {
	return []any{&awsevents.CfnRule_TargetProperty{
		Id:  jsii.String("findings"),
		Arn: arn.Local("sqs", naming.FindingsQueue),
		RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
			MaximumEventAgeInSeconds: jsii.Number(86400), MaximumRetryAttempts: jsii.Number(185),
		},
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{
			Arn: arn.Local("sqs", naming.DeadLetters(naming.FindingsQueue)),
		},
	}}
}
