package portfolio

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicecatalog"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
)

// ProductProps describe a product. Where the product's own properties say nothing,
// NewProduct fills in.
type ProductProps struct {
	*awsservicecatalog.CloudFormationProductProps

	Catalog  *catalog.Catalog
	Playbook catalog.Playbook
}

// NewProduct makes the product of a playbook, with the playbook's version as its only one.
func NewProduct(scope constructs.Construct, id *string, props *ProductProps) awsservicecatalog.CloudFormationProduct {
	template := newTemplate(scope, jsii.String(*id+"-Template"), props)
	own := awsservicecatalog.CloudFormationProductProps{}
	if props.CloudFormationProductProps != nil {
		own = *props.CloudFormationProductProps
	}
	if own.ProductName == nil {
		own.ProductName = jsii.String(props.Playbook.Name)
	}
	if own.Owner == nil {
		own.Owner = jsii.String(provider)
	}
	if own.Description == nil {
		own.Description = jsii.String(props.Playbook.Description)
	}
	if own.ProductVersions == nil {
		own.ProductVersions = &[]*awsservicecatalog.CloudFormationProductVersion{{
			ProductVersionName:     jsii.String(props.Playbook.Version),
			CloudFormationTemplate: awsservicecatalog.CloudFormationTemplate_FromProductStack(template),
		}}
	}
	return awsservicecatalog.NewCloudFormationProduct(scope, id, &own)
}

// newTemplate makes the stack that a launch of the playbook creates.
func newTemplate(scope constructs.Construct, id *string, props *ProductProps) awsservicecatalog.ProductStack {
	stack := awsservicecatalog.NewProductStack(scope, id, &awsservicecatalog.ProductStackProps{
		AnalyticsReporting: jsii.Bool(false),
		Description:        jsii.String("Hubmend playbook " + props.Playbook.Name + ", version " + props.Playbook.Version + "."),
	})
	for _, group := range props.Playbook.Groups {
		newGroup(stack, jsii.String(group.ID), &groupProps{
			group:    group,
			imported: imported(controls(props.Catalog, group), props.Playbook.Framework),
		})
	}
	stack.TemplateOptions().SetMetadata(&map[string]any{"AWS::CloudFormation::Interface": form(props.Playbook)})
	return stack
}

// form arranges the parameters on the page from which the product is launched.
func form(playbook catalog.Playbook) map[string]any {
	var names []string
	labels := map[string]any{}
	for _, group := range playbook.Groups {
		names = append(names, group.Parameter())
		labels[group.Parameter()] = label(group.Title)
	}
	return map[string]any{
		"ParameterGroups": []any{map[string]any{
			"Label":      label("What is repaired without asking"),
			"Parameters": names,
		}},
		"ParameterLabels": labels,
	}
}

func label(text string) map[string]any { return map[string]any{"default": text} }

// controls gives the controls of a group. The catalog was checked when it was loaded, so
// each of them exists.
func controls(c *catalog.Catalog, group catalog.Group) []catalog.Control {
	all := make([]catalog.Control, 0, len(group.Controls))
	for _, id := range group.Controls {
		if control, ok := c.ByID(id); ok {
			all = append(all, control)
		}
	}
	return all
}
