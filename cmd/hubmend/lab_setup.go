package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hubmend/internal/lab/python"
)

func labSetupCommand() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Install the Python packages of the lab into a folder of your own",
		Long: `Makes a Python virtual environment in your cache folder and installs the lab's packages there with pip:
moto, boto3 and botocore, in the versions that this hubmend was tested with. plan and lint use it too.
Run it again after an update of hubmend, when a command asks for it. A checkout has its own, by make tools.

It needs Python 3.10 or later, and a Python package index. Nothing else on the machine changes.`,
		Example: "  hubmend lab setup",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := userFolder()
			if err != nil {
				return err
			}
			var log bytes.Buffer
			var to io.Writer = &log
			if verbose {
				to = cmd.ErrOrStderr()
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Installing the lab's Python packages into %s (about a minute)\n", folder)
			if err := python.Setup(cmd.Context(), folder, to); err != nil {
				_, _ = log.WriteTo(cmd.ErrOrStderr())
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Done. Next: hubmend lab demo")
			return nil
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "print what pip prints")
	return cmd
}
