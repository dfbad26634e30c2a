package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"hubmend/internal/build/templates"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scenario"
)

func labCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Try remediation on this machine, without an AWS account",
		Long: `The lab deploys the templates into a local stand-in for AWS: moto holds the
resources, the compiled Lambda functions run behind the Lambda Runtime API, runbooks are
executed step by step with botocore. docs/lab.md tells what it has and what it lacks.`,
		Example: "  hubmend lab demo\n  hubmend lab run test/scenarios/demo-automatic.yaml\n  hubmend lab up",
		Args:    cobra.NoArgs, // so that a mistyped command is an error
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(labDemoCommand(), labRunCommand(), labUpCommand(), labClickCommand(), labSchemaCommand(),
		labPermissionsCommand())
	return cmd
}

// labFlags are common to the commands that start a lab.
type labFlags struct {
	assembly, root string
	logs           bool
}

func (f *labFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.assembly, "templates", "", "`FOLDER` with the templates (default: those of the checkout)")
	cmd.Flags().StringVar(&f.root, "root", ".", "folder of the Hubmend checkout")
	cmd.Flags().BoolVar(&f.logs, "logs", false, "print the logs of functions and of the emulator to standard error")
}

func (f *labFlags) config(logs io.Writer) (lab.Config, error) {
	config := lab.Defaults
	root, err := filepath.Abs(f.root)
	if err != nil {
		return config, err
	}
	config.Root, config.Assembly, config.Enforce = root, cmp.Or(f.assembly, filepath.Join(root, templates.Folder)), true
	if config.Python, err = python.Find(root); err != nil {
		return config, err
	}
	config.Functions = lab.Compile(root) // in the background, while the emulator starts
	if f.logs {
		config.Log = func(source, line string) { fmt.Fprintf(logs, "%s | %s\n", source, line) }
	}
	return config, nil
}

func labSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of scenario files, for editors",
		Example: "  hubmend lab schema > scenario.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(scenario.Schema)
			return err
		},
	}
}
