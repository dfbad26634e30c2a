package portfolio

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
)

const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
)

// newParameter makes the parameter that enables automatic remediation of a group, directly in the stack, so that its id
// has no prefix. The output shows how it is set.
func newParameter(stack awscdk.Stack, group catalog.Group, explanation string) awscdk.CfnParameter {
	parameter := awscdk.NewCfnParameter(stack, jsii.String(group.Parameter()), &awscdk.CfnParameterProps{
		Type:          jsii.String("String"),
		AllowedValues: jsii.Strings(enabled, disabled),
		Default:       disabled,
		Description:   jsii.String(explanation),
	})
	awscdk.NewCfnOutput(stack, jsii.String(group.State()), &awscdk.CfnOutputProps{Value: parameter.ValueAsString()})
	return parameter
}

// newSeparateGroup makes the rules of a separate group: that of its custom action, which is always enabled, and that of
// its new findings, which the parameter switches.
func newSeparateGroup(stack awscdk.Stack, group catalog.Group, parameter awscdk.CfnParameter, imported map[string]any) {
	scope := constructs.NewConstruct(stack, jsii.String(group.ID))
	action := newCustomAction(scope, control.CustomAction{ID: group.ID, Name: group.Title}, group.Description)
	rule := newRule(scope, "ImportedRule", ruleProps{
		name: group.ID + "-imported", description: fmt.Sprintf("New failed findings of %s.", group.Title),
		state: parameter.ValueAsString(), pattern: imported,
	})
	rule.AddResourceDependency(action, nil)
}

// newSharedRules makes the playbook's custom action and the rules for new findings of all groups that are not separate.
// Each pattern has the controls of the groups that are ENABLED. There are as many rules as the limit of a pattern
// demands.
func newSharedRules(stack awscdk.Stack, c *catalog.Catalog, playbook catalog.Playbook) {
	scope := constructs.NewConstruct(stack, jsii.String("Playbook"))
	action := newCustomAction(scope,
		control.CustomAction{ID: playbook.CustomAction.ID, Name: playbook.CustomAction.Name},
		"Remediates the finding, of any control of "+playbook.Name+" that Hubmend can remediate.")
	for i, groups := range inPatterns(playbook.Groups) {
		rule := newRule(scope, fmt.Sprint("ImportedRule", i+1), ruleProps{
			name:        fmt.Sprintf("%s-imported-%d", playbook.ID, i+1),
			description: fmt.Sprintf("New failed findings of %s, of the controls that are ENABLED.", playbook.Name),
			state:       jsii.String(enabled), pattern: importedIfEnabled(stack, groups),
		})
		rule.AddResourceDependency(action, nil)
	}
}

// newCustomAction makes a custom action and the rule for its events. Rules depend on the action: if the playbook is
// launched already, the custom action reports that clearly, and a rule only that its name is taken.
func newCustomAction(scope constructs.Construct, action control.CustomAction, description string) awscdk.CfnResource {
	resource := awscdk.NewCustomResource(scope, jsii.String("CustomAction"), &awscdk.CustomResourceProps{
		ResourceType:   jsii.String("Custom::HubmendCustomAction"),
		ServiceToken:   serviceToken(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(customActionSeconds)),
		Properties:     &map[string]any{"Id": action.ID, "Name": action.Name, "Description": description},
	})
	newRule(scope, "CustomActionRule", ruleProps{
		name:        action.ID + "-custom-action",
		description: fmt.Sprintf("Findings on which the custom action %q was chosen.", action.Name),
		state:       jsii.String(enabled), pattern: picked(resource.Ref()),
	})
	return resource.Node().DefaultChild().(awscdk.CfnResource)
}
