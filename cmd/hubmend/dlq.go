package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"hubmend/internal/ops/deadletter"
)

func dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "List dead letters, send them back to be handled again, or delete them",
		Long: `A dead letter is a message that Hubmend gave up on. These commands use the credentials and
the Region of your AWS configuration, which must be those of the administrator's account
and home Region. docs/operations.md tells more.`,
		Example: "  hubmend dlq list\n  hubmend dlq redrive --all",
		Args:    cobra.NoArgs, // so that a mistyped command is an error
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dlqListCommand(), dlqShowCommand(), dlqRedriveCommand(), dlqDeleteCommand())
	return cmd
}

func dlqListCommand() *cobra.Command {
	var queue string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List dead letters and why they are there",
		Long:    "Lists dead letters and why they are there, the oldest first. It takes none away.",
		Example: "  hubmend dlq list\n  hubmend dlq list --queue findings --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := openQueues(cmd.Context(), queue)
			if err != nil {
				return err
			}
			letters, unseen, err := d.read(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(letters)
			}
			printLetters(cmd.OutOrStdout(), letters, unseen)
			return nil
		},
	}
	queueFlag(cmd, &queue)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func dlqShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Print the message of a dead letter",
		Long: `Prints the whole message of a dead letter, indented if it is JSON. Characters that would do
something to a terminal are written as \u escapes.`,
		Example: "  hubmend dlq show 5fea7756-0ea4-451a-a703-a558b933e274",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			d, err := openQueues(cmd.Context(), "")
			if err != nil {
				return err
			}
			body, err := d.body(cmd.Context(), ids[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), deadletter.Pretty(body))
			return nil
		},
	}
}

func printLetters(out io.Writer, letters []deadletter.Letter, unseen int) {
	if len(letters) == 0 {
		if unseen == 0 {
			fmt.Fprintln(out, "No dead letters.")
		}
		return
	}
	w := table.NewWriter()
	w.AppendHeader(table.Row{"Queue", "ID", "Since (UTC)", "Received", "About", "Reason"})
	for _, l := range letters {
		w.AppendRow(table.Row{l.Queue, l.ID, l.Since.Format(time.DateTime), l.Received, l.About, l.Reason})
	}
	fmt.Fprintln(out, render(out, w, wrapped(5, 60), wrapped(6, 60)))
}
