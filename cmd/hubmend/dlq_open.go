package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/deadletter"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// queueNames are what --queue takes.
var queueNames = []string{shortName(naming.FindingsQueue), shortName(naming.OutcomesQueue)}

func shortName(queue string) string { return strings.TrimPrefix(queue, naming.Prefix) }

func queueFlag(cmd *cobra.Command, queue *string) {
	cmd.Flags().StringVar(queue, "queue", "", strings.Join(queueNames, " or ")+" (default: both)")
}

// deadLetters are those of the queues of a command.
type deadLetters struct {
	region string
	queues []*deadletter.Queue
}

// openQueues opens the dead letters of a queue, or of all.
func openQueues(ctx context.Context, queue string) (deadLetters, error) {
	names := queueNames
	if queue != "" {
		if names = []string{queue}; !slices.Contains(queueNames, queue) {
			return deadLetters{},
				fmt.Errorf("unknown queue %q; the queues are %s", queue, strings.Join(queueNames, " and "))
		}
	}
	cfg, err := awsConfig(ctx)
	if err != nil {
		return deadLetters{}, err
	}
	d := deadLetters{region: cfg.Region}
	for _, name := range names {
		q, err := deadletter.Open(ctx, sqs.NewFromConfig(cfg), naming.Prefix+name)
		if errors.Is(err, deadletter.ErrNoQueue) {
			who, whoErr := request.Caller(ctx, sts.NewFromConfig(cfg))
			if whoErr != nil {
				return deadLetters{}, awsError(cfg.Region, whoErr)
			}
			return deadLetters{}, notDeployed(ctx, cfg, err, who.Account)
		}
		if err != nil {
			return deadLetters{}, awsError(cfg.Region, err)
		}
		d.queues = append(d.queues, q)
	}
	return d, nil
}

// read gives every dead letter, the oldest first and without its body. It warns of those that the queues count and do
// not show, and counts them.
func (d deadLetters) read(ctx context.Context, warnings io.Writer) (letters []deadletter.Letter, unseen int,
	err error) {
	letters = []deadletter.Letter{}
	for _, q := range d.queues {
		seen := 0
		for l, err := range q.Letters(ctx) {
			if err != nil {
				return nil, 0, awsError(d.region, err)
			}
			l.Body = "" // there may be thousands, of a megabyte each
			letters = append(letters, l)
			seen++
		}
		if seen < q.Expected {
			unseen += q.Expected - seen
			fmt.Fprintf(warnings, "hubmend: %s counts about %s and showed %d; try again in a minute\n",
				naming.DeadLetters(q.Name), wording.Counted(q.Expected, "message"), seen)
		}
	}
	slices.SortStableFunc(letters, func(a, b deadletter.Letter) int { return a.Since.Compare(b.Since) })
	return letters, unseen, nil
}

// body finds the message of a letter.
func (d deadLetters) body(ctx context.Context, id string) (string, error) {
	for _, q := range d.queues {
		for l, err := range q.Letters(ctx) {
			if err != nil {
				return "", awsError(d.region, err)
			}
			if l.ID == id {
				return l.Body, nil
			}
		}
	}
	return "", unknownLetters([]string{id})
}

// choose gives the letters with the ids, or all without ids. An unknown id is an error.
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

func unknownLetters(ids []string) error {
	return fmt.Errorf("unknown dead letter %s; `hubmend dlq list` lists them",
		wording.OneLine(strings.Join(ids, ", ")))
}
