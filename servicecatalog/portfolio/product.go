package portfolio

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicecatalog"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
	"hubmend/servicecatalog/versions"
)

// ProductProps describe a product. CloudFormationProductProps that are nil get defaults.
type ProductProps struct {
	*awsservicecatalog.CloudFormationProductProps

	Catalog  *catalog.Catalog
	Playbook catalog.Playbook
}

// NewProduct makes the product of a playbook, with all released versions.
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
		dir, err := os.MkdirTemp("", "hubmend-versions-*")
		if err != nil {
			panic(fmt.Errorf("make a temporary folder: %w", err))
		}
		defer func() { _ = os.RemoveAll(dir) }() // the CDK has copied the files by then
		own.ProductVersions = released(props.Playbook, template, dir)
	}
	return awsservicecatalog.NewCloudFormationProduct(scope, id, &own)
}

// released lists the versions of a playbook, the oldest first. A released version is offered from its snapshot, also
// the latest: Service Catalog identifies a version by its URL, which must stay the same when a newer one follows. A
// version that is not released yet is offered from the synthesized template.
func released(playbook catalog.Playbook, template awsservicecatalog.ProductStack,
	dir string) *[]*awsservicecatalog.CloudFormationProductVersion {
	names, err := versions.Of(versions.Files, playbook.ID)
	if err != nil {
		panic(err) // a test of the embedded files rules this out
	}
	var all []*awsservicecatalog.CloudFormationProductVersion
	offer := func(name string, t awsservicecatalog.CloudFormationTemplate) {
		all = append(all, &awsservicecatalog.CloudFormationProductVersion{ProductVersionName: jsii.String(name),
			CloudFormationTemplate: t})
	}
	for _, name := range names {
		file := filepath.Join(dir, name+versions.Suffix)
		text, err := versions.Read(versions.Files, versions.File(playbook.ID, name))
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			panic(fmt.Errorf("copy snapshot: %w", err))
		}
		offer(name, awsservicecatalog.CloudFormationTemplate_FromAsset(jsii.String(file), &awss3assets.AssetOptions{
			DisplayName: jsii.String(versions.File(playbook.ID, name)),
		}))
	}
	if !slices.Contains(names, playbook.Version) {
		offer(playbook.Version, awsservicecatalog.CloudFormationTemplate_FromProductStack(template))
	}
	return &all
}

// Description is the description of a playbook's product template. It identifies the template.
func Description(p catalog.Playbook) string {
	return "Hubmend playbook " + p.Name + ", version " + p.Version + "."
}

// newTemplate makes the stack that a launch of the playbook creates.
func newTemplate(scope constructs.Construct, id *string, props *ProductProps) awsservicecatalog.ProductStack {
	stack := awsservicecatalog.NewProductStack(scope, id, &awsservicecatalog.ProductStackProps{
		AnalyticsReporting: jsii.Bool(false),
		Description:        jsii.String(Description(props.Playbook)),
	})
	for _, group := range props.Playbook.Groups {
		parameter := newParameter(stack, group, explain(props.Catalog, props.Playbook, group))
		if group.Separate {
			newSeparateGroup(stack, group, parameter,
				imported(props.Catalog, controls(props.Catalog, group), props.Playbook.Framework))
		}
	}
	newSharedRules(stack, props.Playbook)
	newInProgressRules(stack, props.Playbook)
	stack.TemplateOptions().SetMetadata(&map[string]any{
		"AWS::CloudFormation::Interface": form(props.Catalog, props.Playbook)})
	return stack
}

// controls gives the controls of a group. All of them exist, because the catalog was checked when it was loaded.
func controls(c *catalog.Catalog, group catalog.Group) []catalog.Control {
	all := make([]catalog.Control, 0, len(group.Controls))
	for _, id := range group.Controls {
		if control, ok := c.ByID(id); ok {
			all = append(all, control)
		}
	}
	return all
}
