package portfolio

import (
	"fmt"
	"slices"

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
	return newSwitch(stack, group.Parameter(), group.State(), explanation)
}

// newSwitch makes a parameter that is ENABLED or DISABLED, and the output that shows it.
func newSwitch(stack awscdk.Stack, name, output, explanation string) awscdk.CfnParameter {
	parameter := awscdk.NewCfnParameter(stack, jsii.String(name), &awscdk.CfnParameterProps{
		Type:          jsii.String("String"),
		AllowedValues: jsii.Strings(enabled, disabled),
		Default:       disabled,
		Description:   jsii.String(explanation),
	})
	awscdk.NewCfnOutput(stack, jsii.String(output), &awscdk.CfnOutputProps{Value: parameter.ValueAsString()})
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

// newSharedRules makes the playbook's custom action and the rules for new findings: those of Security Hub CSPM for all
// groups that are not separate, and those of the new Security Hub for all groups. Each pattern has the controls of the
// groups that are ENABLED. There are as many rules as the limit of a pattern demands.
func newSharedRules(stack awscdk.Stack, playbook catalog.Playbook) {
	scope := constructs.NewConstruct(stack, jsii.String("Playbook"))
	action := newCustomAction(scope,
		control.CustomAction{ID: playbook.CustomAction.ID, Name: playbook.CustomAction.Name},
		"Remediates the finding, of any control of "+playbook.Name+" that Hubmend can remediate.")
	shared := slices.DeleteFunc(slices.Clone(playbook.Groups), func(g catalog.Group) bool { return g.Separate })
	for i, groups := range inPatterns(shared) {
		rule := newRule(scope, fmt.Sprint("ImportedRule", i+1), ruleProps{
			name:        fmt.Sprintf("%s-imported-%d", playbook.ID, i+1),
			description: fmt.Sprintf("New failed findings of %s, of the controls that are ENABLED.", playbook.Name),
			state:       jsii.String(enabled), pattern: importedIfEnabled(stack, groups),
		})
		rule.AddResourceDependency(action, nil)
	}
	for i, groups := range inPatterns(playbook.Groups) {
		rule := newRule(scope, fmt.Sprint("ImportedV2Rule", i+1), ruleProps{
			name: fmt.Sprintf("%s-v2-imported-%d", playbook.ID, i+1),
			description: fmt.Sprintf(
				"New failed findings of %s in the new Security Hub, of the controls that are ENABLED.", playbook.Name),
			state: jsii.String(enabled), pattern: inOCSF(statusNew, ifEnabled(stack, groups)),
		})
		rule.AddResourceDependency(action, nil)
	}
}

// newInProgressRules makes the parameter that lets the status In Progress request a remediation, and its rules. They
// match what the playbook's custom action can be chosen on: the controls of all groups, and those that only a person
// can repair.
func newInProgressRules(stack awscdk.Stack, playbook catalog.Playbook) {
	parameter := newSwitch(stack, catalog.InProgress, catalog.InProgress+catalog.StateSuffix, inProgressExplained)
	scope := constructs.NewConstruct(stack, jsii.String("InProgress"))
	all := append(slices.Clone(playbook.Groups), catalog.Group{Controls: playbook.Guides})
	for i, groups := range inPatterns(all) {
		var ids []any
		for _, g := range groups {
			for _, id := range g.Controls {
				ids = append(ids, anyCase(id))
			}
		}
		newRule(scope, fmt.Sprint("Rule", i+1), ruleProps{
			name: fmt.Sprintf("%s-v2-in-progress-%d", playbook.ID, i+1),
			description: fmt.Sprintf("Failed findings of %s that are In Progress in the new Security Hub.",
				playbook.Name),
			state: parameter.ValueAsString(), pattern: inOCSF(statusInProgress, ids),
		})
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
