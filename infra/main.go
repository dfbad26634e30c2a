// Command infra is the CDK app. It compiles the Lambda functions and synthesizes every
// template; the CDK command line runs it, see cdk.json.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/app"
	"hubmend/infra/restricted"
	"hubmend/internal/build/compile"
	"hubmend/internal/catalog"
)

// functions is where the compiled functions go, from the top of the repository, which
// is where the CDK command line runs the app.
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
	defer jsii.Close() // its files are there as soon as the program is
	if err := catalog.Check(); err != nil {
		return fmt.Errorf("the catalog is not in order:\n%w", err)
	}
	if err := catalog.Embedded().CheckPrepared(); err != nil {
		return err
	}
	settings, err := restricted.FromEnvironment()
	if err != nil {
		return err
	}
	if err := compile.Functions(ctx, ".", functions, settings.Target()); err != nil {
		return err
	}
	return relaunch(ctx, settings.Environment())
}

func synthesize(context.Context) error {
	stacks, err := app.New(&app.Props{Catalog: catalog.Embedded(), Functions: functions})
	if err != nil {
		return err
	}
	return checkVersions(*stacks.Synth(nil).Directory(), catalog.Embedded().Playbooks)
}
