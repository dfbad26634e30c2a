package main

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/deadletter"
	"hubmend/internal/ops/wording"
)

func dlqRedriveCommand() *cobra.Command {
	var h handling
	cmd := &cobra.Command{
		Use:   "redrive ID...",
		Short: "Send dead letters back to their queue",
		Long: `Sends dead letters back to the queue that they came from, and then deletes them. Fix the cause
first, which their reason names. Exits with 1 when one of them is still a dead letter.`,
		Example: "  hubmend dlq redrive 5fea7756-0ea4-451a-a703-a558b933e274\n  hubmend dlq redrive --queue " +
			"outcomes --all",
		Args: func(_ *cobra.Command, ids []string) error { return h.check(ids) },
		RunE: func(cmd *cobra.Command, ids []string) error { return h.run(cmd, ids) },
	}
	h.register(cmd)
	return cmd
}

func dlqDeleteCommand() *cobra.Command {
	h := handling{deletes: true}
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete dead letters permanently",
		Long: `Deletes dead letters permanently, after a question. Nothing is remediated for them afterwards, so
redrive what can be handled. Exits with 1 when one of them is still a dead letter.`,
		Example: "  hubmend dlq delete 5fea7756-0ea4-451a-a703-a558b933e274\n  hubmend dlq delete --queue outcomes " +
			"--all --yes",
		Args: func(_ *cobra.Command, ids []string) error { return h.check(ids) },
		RunE: func(cmd *cobra.Command, ids []string) error { return h.run(cmd, ids) },
	}
	h.register(cmd)
	h.flag(cmd)
	return cmd
}

// handling is one run of redrive or delete.
type handling struct {
	confirmation
	queue                string
	all, asJSON, deletes bool
}

func (h *handling) register(cmd *cobra.Command) {
	queueFlag(cmd, &h.queue)
	cmd.Flags().BoolVar(&h.all, "all", false, "all dead letters")
	cmd.Flags().BoolVar(&h.asJSON, "json", false, "print JSON")
}

func (h *handling) check(ids []string) error {
	if h.all == (len(ids) > 0) {
		return errors.New("name the dead letters by their ids, which `hubmend dlq list` shows, or use --all")
	}
	if h.deletes {
		return h.checkJSON(h.asJSON)
	}
	return nil
}

func (h *handling) run(cmd *cobra.Command, ids []string) error {
	d, err := openQueues(cmd.Context(), h.queue)
	if err != nil {
		return err
	}
	letters, unseen, err := d.read(cmd.Context(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	wanted, err := choose(letters, ids)
	if err != nil {
		return err
	}
	if len(wanted) > 0 && h.deletes {
		if !h.yes && !h.asJSON {
			letters = slices.DeleteFunc(letters, func(l deadletter.Letter) bool { _, ok := wanted[l.ID]; return !ok })
			printLetters(cmd.OutOrStdout(), letterListing(letters), 0)
		}
		if err := h.ask(cmd, "Delete "+wording.Counted(len(wanted), "dead letter")+" permanently?",
			h.asJSON); err != nil {
			return err
		}
	}
	t := taking{handling: *h, wanted: wanted, total: len(wanted), out: cmd.OutOrStdout(), results: []taken{}}
	err = t.run(cmd.Context(), d)
	if h.asJSON {
		err = errors.Join(err, json.NewEncoder(t.out).Encode(t.results))
	} else if t.total == 0 {
		printLetters(t.out, listing{}, unseen)
	}
	if err == nil && t.failed {
		return errFailed
	}
	return err
}
