package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/deadletter"
)

func dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "List dead letters, redrive them, or delete them",
		Long: `A dead letter is a message that Hubmend could not handle. These commands use the credentials and the
Region of your AWS configuration, which must be those of the administrator's account and home
Region. See docs/operations.md.`,
		Example: "  hubmend dlq list\n  hubmend dlq redrive --all",
		Args:    cobra.NoArgs, // so that a mistyped command is an error
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dlqListCommand(), dlqShowCommand(), dlqRedriveCommand(), dlqDeleteCommand())
	return cmd
}

func dlqListCommand() *cobra.Command {
	var queue string
	var f format
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List dead letters and their reasons",
		Long:    "Lists dead letters and their reasons, the oldest first. It changes nothing.",
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
			l := letterListing(letters)
			return f.print(cmd.OutOrStdout(), letters, l, func(out io.Writer) { printLetters(out, l, unseen) })
		},
	}
	queueFlag(cmd, &queue)
	f.register(cmd)
	return cmd
}

func dlqShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Print the message of a dead letter",
		Long: `Prints the whole message of a dead letter, indented if it is JSON. Control characters are written as
\u escapes.`,
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

func letterListing(letters []deadletter.Letter) listing {
	l := listing{columns: []column{{name: "Queue"}, {name: "ID"}, {name: "Since (UTC)", show: minutes},
		{name: "Received", right: true}, {name: "About"}, {name: "Reason"}}}
	for _, one := range letters {
		l.add(one.Queue, one.ID, fullTime(one.Since), strconv.Itoa(one.Received), one.About, one.Reason)
	}
	return l
}

func printLetters(out io.Writer, l listing, unseen int) {
	switch {
	case len(l.rows) > 0:
		fmt.Fprintln(out, l.render(out))
	case unseen == 0:
		fmt.Fprintln(out, "No dead letters.")
	}
}
