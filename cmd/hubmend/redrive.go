package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"hubmend/internal/deadletter"
	"hubmend/internal/naming"
)

func dlqRedriveCommand() *cobra.Command {
	var queue string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "redrive ID...",
		Short: "Send dead letters back to be handled again",
		Long: `Sends dead letters back to the queue that they came from, and then deletes them. Mend first
what their reason says. Exits with 1 when one of them is still a dead letter.`,
		Example: "  hubmend dlq redrive 5fea7756-0ea4-451a-a703-a558b933e274\n  hubmend dlq redrive --queue outcomes --all",
		Args: func(_ *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("say which dead letters: either ids, which `hubmend dlq list` shows, or --all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, ids []string) error {
			queues, err := openQueues(cmd.Context(), queue)
			if err != nil {
				return err
			}
			letters, unseen, err := readAll(cmd.Context(), queues, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			wanted, err := choose(letters, ids)
			if err != nil {
				return err
			}
			r := redrive{wanted: wanted, total: len(wanted), out: cmd.OutOrStdout(), asJSON: asJSON, results: []redriven{}}
			err = r.run(cmd.Context(), queues)
			if asJSON {
				err = errors.Join(err, json.NewEncoder(r.out).Encode(r.results))
			} else if len(letters) == 0 {
				printLetters(r.out, nil, unseen)
			}
			if err == nil && r.failed {
				return errFailed
			}
			return err
		},
	}
	queueFlag(cmd, &queue)
	cmd.Flags().BoolVar(&all, "all", false, "every dead letter that is there now")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// choose gives the letters with the ids, or all when no id is given. It demands that every
// id is one of a letter.
func choose(letters []deadletter.Letter, ids []string) (map[string]deadletter.Letter, error) {
	chosen := map[string]deadletter.Letter{}
	for _, l := range letters {
		if len(ids) == 0 || slices.Contains(ids, l.ID) {
			chosen[l.ID] = l
		}
	}
	var unknown []string
	for _, id := range ids {
		if _, ok := chosen[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, unknownLetters(unknown)
	}
	return chosen, nil
}

// redrive goes through the queues once more. It knows what it may take, so that a message
// that becomes a dead letter again meanwhile is left for a person.
type redrive struct {
	wanted map[string]deadletter.Letter // not yet come to, by id
	total  int

	out     io.Writer
	asJSON  bool
	results []redriven
	failed  bool
}

// redriven is what became of a letter.
type redriven struct {
	Queue    string `json:"queue"`
	ID       string `json:"id"`
	About    string `json:"about"`
	Redriven bool   `json:"redriven"`
	Error    string `json:"error,omitempty"` // with it, the letter is still there
}

func (r *redrive) run(ctx context.Context, queues []*deadletter.Queue) error {
	for _, q := range queues {
		if err := r.drain(ctx, q); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.wanted)) {
		r.done(r.wanted[id], errors.New("SQS did not give it again; try again in a minute"))
	}
	return nil
}

func (r *redrive) drain(ctx context.Context, q *deadletter.Queue) error {
	if len(r.wanted) == 0 {
		return nil
	}
	for l, err := range q.Letters(ctx) {
		if err != nil {
			return err
		}
		if _, ok := r.wanted[l.ID]; ok {
			r.done(l, q.Redrive(ctx, l))
		}
		if len(r.wanted) == 0 {
			return nil
		}
	}
	return nil
}

// done notes and tells what became of a letter.
func (r *redrive) done(l deadletter.Letter, err error) {
	delete(r.wanted, l.ID)
	result := redriven{Queue: l.Queue, ID: l.ID, About: l.About, Redriven: err == nil}
	told := "sent back to " + naming.Prefix + l.Queue
	if err != nil {
		r.failed = true
		result.Error = err.Error()
		told = "still a dead letter: " + result.Error
	}
	r.results = append(r.results, result)
	if !r.asJSON {
		fmt.Fprintf(r.out, "[%d/%d] %s %s: %s\n", len(r.results), r.total, l.ID, l.About, told)
	}
}
