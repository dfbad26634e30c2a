package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/deadletter"
	"hubmend/internal/naming"
)

func dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "List dead letters, and send them back to be handled again",
		Long: `A dead letter is a message that Hubmend gave up on. These commands use the credentials and
the Region of your AWS configuration, which must be those of the administrator's account
and home Region. docs/operations.md tells more.`,
		Example: "  hubmend dlq list\n  hubmend dlq redrive --all",
		Args:    cobra.NoArgs, // so that a mistyped command is an error
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dlqListCommand(), dlqShowCommand(), dlqRedriveCommand())
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
			queues, err := openQueues(cmd.Context(), queue)
			if err != nil {
				return err
			}
			letters, unseen, err := readAll(cmd.Context(), queues, cmd.ErrOrStderr())
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
			queues, err := openQueues(cmd.Context(), "")
			if err != nil {
				return err
			}
			for _, q := range queues {
				for l, err := range q.Letters(cmd.Context()) {
					if err != nil {
						return err
					}
					if l.ID == ids[0] {
						fmt.Fprintln(cmd.OutOrStdout(), deadletter.Pretty(l.Body))
						return nil
					}
				}
			}
			return unknownLetters(ids)
		},
	}
}

// queueNames are what --queue takes.
var queueNames = []string{shortName(naming.FindingsQueue), shortName(naming.OutcomesQueue)}

func shortName(queue string) string { return strings.TrimPrefix(queue, naming.Prefix) }

func queueFlag(cmd *cobra.Command, queue *string) {
	cmd.Flags().StringVar(queue, "queue", "", strings.Join(queueNames, " or ")+" (default: both)")
}

// openQueues opens the dead letters of the queue that was asked for, or of all.
func openQueues(ctx context.Context, queue string) ([]*deadletter.Queue, error) {
	names := queueNames
	if queue != "" {
		if names = []string{queue}; !slices.Contains(queueNames, queue) {
			return nil, fmt.Errorf("there is no queue %q; choose %s", queue, strings.Join(queueNames, " or "))
		}
	}
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	var queues []*deadletter.Queue
	for _, name := range names {
		q, err := deadletter.Open(ctx, sqs.NewFromConfig(cfg), naming.Prefix+name)
		if errors.Is(err, deadletter.ErrNoQueue) {
			return nil, fmt.Errorf("%w in %s; deploy hubmend-admin first, or choose the administrator's account and home Region", err, cfg.Region)
		}
		if err != nil {
			return nil, err
		}
		queues = append(queues, q)
	}
	return queues, nil
}

// readAll gives every dead letter, the oldest first and without its body. It warns of those
// that the queues count and do not show, and says how many they are.
func readAll(ctx context.Context, queues []*deadletter.Queue, warnings io.Writer) (letters []deadletter.Letter, unseen int, err error) {
	letters = []deadletter.Letter{}
	for _, q := range queues {
		seen := 0
		for l, err := range q.Letters(ctx) {
			if err != nil {
				return nil, 0, err
			}
			l.Body = "" // there may be thousands, of a megabyte each
			letters = append(letters, l)
			seen++
		}
		if seen < q.Expected {
			unseen += q.Expected - seen
			fmt.Fprintf(warnings, "hubmend: %s counts about %d messages and showed %d; look again in a minute\n", naming.DeadLetters(q.Name), q.Expected, seen)
		}
	}
	slices.SortStableFunc(letters, func(a, b deadletter.Letter) int { return a.Since.Compare(b.Since) })
	return letters, unseen, nil
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
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 5, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft},
		{Number: 6, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft},
	})
	fmt.Fprintln(out, w.Render())
}

func unknownLetters(ids []string) error {
	return fmt.Errorf("there is no dead letter %s; `hubmend dlq list` shows those there are", strings.Join(ids, ", "))
}
