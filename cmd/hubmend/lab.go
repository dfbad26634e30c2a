package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"hubmend/internal/build/templates"
	"hubmend/internal/lab"
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
		labPermissionsCommand(), labSetupCommand())
	return cmd
}

// labFlags are common to the commands that start a lab.
type labFlags struct {
	assembly, root string
	logs           bool
}

func (f *labFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.assembly, "templates", "",
		"`FOLDER` with the templates (default: those of the checkout, or of this program)")
	cmd.Flags().StringVar(&f.root, "root", ".",
		"folder of a Hubmend checkout; elsewhere hubmend uses your cache folder")
	cmd.Flags().BoolVar(&f.logs, "logs", false, "print the logs of functions and of the emulator to standard error")
}

func (f *labFlags) config(logs io.Writer) (lab.Config, error) {
	config := lab.Defaults
	if runtime.GOOS == "windows" {
		return config, errors.New("the lab does not run on Windows; use the Windows Subsystem for Linux (WSL)")
	}
	h, err := findHome(f.root)
	if err != nil {
		return config, err
	}
	config.Root, config.Assembly, config.Enforce = h.folder, f.assembly, true
	if config.Python, err = h.python(); err != nil {
		return config, err
	}
	if h.checkout {
		config.Assembly = cmp.Or(f.assembly, filepath.Join(h.folder, templates.Folder))
		config.Functions = lab.Compile(h.folder) // in the background, while the emulator starts
	} else if config.Functions, err = ownFunctions(); err != nil {
		return config, err
	}
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
