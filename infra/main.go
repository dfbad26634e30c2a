// Command infra is the CDK app, which cdk.json names. It compiles the Lambda functions and synthesizes all templates.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/admin"
	"hubmend/infra/app"
	"hubmend/infra/offer"
	"hubmend/infra/policy"
	"hubmend/infra/reevaluate"
	"hubmend/infra/restricted"
	"hubmend/infra/rollout"
	"hubmend/internal/build/compile"
	"hubmend/internal/catalog"
)

// functions is the folder of the compiled functions, relative to the top of the repository, where the CDK command line
// runs the app.
const functions = "build/lambdas"

func main() {
	do := run
	if prepared() {
		do = synthesize
	}
	if err := do(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	defer jsii.Close() // removes the files that jsii unpacked when the program started
	if err := catalog.Check(); err != nil {
		return fmt.Errorf("the catalog is invalid:\n%w", err)
	}
	if err := catalog.Embedded().CheckPrepared(); err != nil {
		return err
	}
	restrictions, rules, err := settings()
	if err != nil {
		return err
	}
	if err := compile.Functions(ctx, ".", functions, restrictions.Target()); err != nil {
		return err
	}
	if err := policy.Place(rules, filepath.Join(functions, admin.SweepFolder)); err != nil {
		return err
	}
	return relaunch(ctx, restrictions.Environment())
}

// settings reads the settings that this process needs, and the policy to deploy. The error also has the mistakes in
// all others, before anything is compiled.
func settings() (*restricted.Settings, []byte, error) {
	context, err := restricted.Context()
	if err != nil {
		return nil, nil, err
	}
	restrictions, err := restricted.FromContext(context)
	_, rolloutErr := rollout.Read(context[rollout.ContextKey])
	_, offerErr := offer.Read(context[offer.ContextKey], catalog.Embedded())
	_, reevaluateErr := reevaluate.Read(context[reevaluate.ContextKey])
	rules, policyErr := policy.Read(context[policy.ContextKey], catalog.Embedded(), os.Stderr)
	return restrictions, rules, errors.Join(err, rolloutErr, offerErr, reevaluateErr, policyErr)
}

func synthesize(context.Context) error {
	stacks, err := app.New(&app.Props{Catalog: catalog.Embedded(), Functions: functions})
	if err != nil {
		return err
	}
	offered, err := offer.Read(stacks.Node().TryGetContext(jsii.String(offer.ContextKey)), catalog.Embedded())
	if err != nil {
		return err
	}
	return checkVersions(*stacks.Synth(nil).Directory(), offered.Playbooks)
}
