// Package app puts the stacks together. The command infra synthesizes what it gives, and
// so do the tests of the templates.
package app

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/admin"
	"hubmend/infra/member"
	"hubmend/internal/catalog"
)

// Names of the stacks.
const (
	Admin          = "hubmend-admin"
	MemberRoles    = "hubmend-member-roles"
	MemberRunbooks = "hubmend-member-runbooks"
)

// Props say what to build the app from.
type Props struct {
	Catalog *catalog.Catalog
	// Functions is the folder with a folder for each compiled function.
	Functions string
	// Out is where the templates go; nil leaves it to the CDK command line.
	Out *string
}

// New makes the app with every stack. Nothing is written before Synth.
func New(props *Props) awscdk.App {
	app := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false),
		Outdir:             props.Out,
	})
	admin.NewStack(app, jsii.String(Admin), &admin.StackProps{Catalog: props.Catalog, Functions: props.Functions})
	member.NewRolesStack(app, jsii.String(MemberRoles), &member.StackProps{Catalog: props.Catalog})
	member.NewRunbooksStack(app, jsii.String(MemberRunbooks), &member.StackProps{Catalog: props.Catalog})
	return app
}
