package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog/privilege"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/lab/scenario"
)

// writePermissions writes what scenarios need of the roles' permissions, and says what no
// scenario needs.
func writePermissions(out io.Writer, file string, results []scenario.Result) (needed bool, err error) {
	var runs []privilege.Run
	for _, r := range results {
		run := r.Permissions
		run.Scenario = r.Name
		runs = append(runs, run)
	}
	reasons, err := privilege.Reasons()
	if err != nil {
		return false, err
	}
	report := privilege.Summarize(runs, naming.Prefix)
	problems := report.Justify(reasons)
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return false, err
	}
	fmt.Fprintln(out, report.Count())
	for _, p := range problems {
		fmt.Fprintln(out, "FAIL", p)
	}
	return len(problems) == 0, nil
}

func labPermissionsCommand() *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "permissions FILE",
		Short: "Print who needs what the roles may do, as Markdown",
		Long: `Prints what "hubmend lab run --permissions FILE" found: each role, its statements, and for
each action and resource a scenario that fails without it or the reason why it stays.

With --check, prints nothing when a page that was printed before still has the same roles,
actions, resources and reasons. It may name another scenario: several may need the same.`,
		Example: "  hubmend lab permissions build/permissions.json > permissions.md\n  hubmend lab permissions " +
			"build/permissions.json --check docs/permissions.md",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := inputfile.Read(args[0])
			if err != nil {
				return err
			}
			var report privilege.Report
			if err := json.Unmarshal(text, &report); err != nil {
				return fmt.Errorf("read %s: %w", args[0], err)
			}
			if page != "" {
				return checkPermissions(page, report.Markdown())
			}
			_, err = io.WriteString(cmd.OutOrStdout(), report.Markdown())
			return err
		},
	}
	cmd.Flags().StringVar(&page, "check", "", "compare with this page instead of printing")
	return cmd
}

// checkPermissions compares a page with what it should be.
func checkPermissions(page, want string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	if line, ok := privilege.SamePage(string(text), want); !ok {
		return fmt.Errorf("%s is not up to date: %s; run `make permissions`", page, line)
	}
	return nil
}
