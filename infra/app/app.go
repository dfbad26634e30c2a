// Package app builds the CDK app of all stacks, for the command infra and for the tests of the templates.
package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/admin"
	"hubmend/infra/member"
	"hubmend/infra/offer"
	"hubmend/infra/reevaluate"
	"hubmend/infra/restricted"
	"hubmend/infra/rollout"
	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// Names of the stacks.
const (
	Admin          = naming.AdminStack
	MemberRoles    = naming.MemberRolesStack
	MemberRunbooks = naming.MemberRunbooksStack
	Rollout        = naming.RolloutStack
)

// Props describe the app.
type Props struct {
	Catalog *catalog.Catalog
	// Functions has a folder for each compiled function.
	Functions string
	// Out is the output folder. If nil, the CDK command line chooses it.
	Out *string
	// Context is added to the context of the CDK command line.
	Context *map[string]any
}

// New makes the app with all stacks. Synth writes it. The error lists the mistakes in the settings of cdk.json.
func New(props *Props) (awscdk.App, error) {
	app := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false),
		Outdir:             props.Out,
		Context:            props.Context,
	})
	settings, err := rollout.Read(app.Node().TryGetContext(jsii.String(rollout.ContextKey)))
	if err != nil {
		return nil, err
	}
	restrictions, err := restricted.Read(app)
	if err != nil {
		return nil, err
	}
	offered, err := offer.Read(app.Node().TryGetContext(jsii.String(offer.ContextKey)), props.Catalog)
	if err != nil {
		return nil, err
	}
	again, err := reevaluate.Read(app.Node().TryGetContext(jsii.String(reevaluate.ContextKey)))
	if err != nil {
		return nil, err
	}
	restrictions.Bound(admin.NewStack(app, jsii.String(Admin), &admin.StackProps{
		Catalog: props.Catalog, Offered: offered.Playbooks, Functions: props.Functions,
		Processor: restrictions.Processor(),
		Key:       restrictions.KMSKey, Reevaluate: again,
	}))
	newMembers(app, offered, restrictions)
	return app, newRollout(app, settings, offered, restrictions, again)
}

func newMembers(scope constructs.Construct, c *catalog.Catalog, restrictions *restricted.Settings) {
	for _, part := range c.Parts() {
		props := &member.StackProps{Catalog: c, Part: part}
		restrictions.Bound(member.NewRolesStack(scope, jsii.String(naming.Part(MemberRoles, part.Number)), props))
		member.NewRunbooksStack(scope, jsii.String(naming.Part(MemberRunbooks, part.Number)), props)
	}
}

// newRollout makes the stack of the StackSets. Their templates must be files before the app is synthesized, so a second
// app writes the member stacks first.
func newRollout(scope constructs.Construct, settings *rollout.Settings, c *catalog.Catalog,
	restrictions *restricted.Settings, again *bool) error {
	dir, err := os.MkdirTemp("", "hubmend-members-*")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the CDK has copied the templates by then
	members := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false), AutoSynth: jsii.Bool(false), TreeMetadata: jsii.Bool(false), Outdir: &dir,
	})
	newMembers(members, c, restrictions)
	members.Synth(nil)
	var parts []rollout.Part
	for _, part := range c.Parts() {
		roles, errRoles := formatted(dir, naming.Part(MemberRoles, part.Number))
		runbooks, errRunbooks := formatted(dir, naming.Part(MemberRunbooks, part.Number))
		if err := errors.Join(errRoles, errRunbooks); err != nil {
			return err
		}
		parts = append(parts, rollout.Part{Number: part.Number, Roles: roles, Runbooks: runbooks})
	}
	rollout.NewStack(scope, jsii.String(Rollout),
		&rollout.StackProps{Settings: settings, Parts: parts, Reevaluate: again})
	return nil
}

// formatted writes the template of a member stack as the folder templates/ has it. It is smaller than the CDK's form.
func formatted(dir, name string) (rollout.Template, error) {
	t := rollout.Template{Name: name, File: filepath.Join(dir, name+templates.Suffix)}
	text, err := os.ReadFile(t.File)
	if err == nil {
		text, err = templates.Format(text)
	}
	if err == nil {
		err = os.WriteFile(t.File, text, 0o600)
	}
	if err != nil {
		return t, fmt.Errorf("format the template of %s: %w", name, err)
	}
	return t, nil
}
