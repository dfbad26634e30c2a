package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/deadletter"
	"hubmend/internal/ops/wording"
)

// taking goes through the queues once more, and redrives or deletes the wanted letters. A message that becomes a dead
// letter again meanwhile stays.
type taking struct {
	handling
	wanted map[string]deadletter.Letter // not yet come to, by id
	total  int

	out     io.Writer
	results []taken
	failed  bool
}

// taken is the outcome for a letter, in JSON.
type taken struct {
	Queue    string `json:"queue"`
	ID       string `json:"id"`
	About    string `json:"about"`
	Redriven *bool  `json:"redriven,omitempty"` // of redrive
	Deleted  *bool  `json:"deleted,omitempty"`  // of delete
	Error    string `json:"error,omitempty"`    // with it, the letter is still there
}

func (t *taking) run(ctx context.Context, d deadLetters) error {
	for _, q := range d.queues {
		err := t.drain(ctx, q)
		switch {
		case err != nil && len(t.results) == 0:
			return awsError(d.region, err)
		case err != nil:
			return awsProblem(d.region, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.wanted)) {
		t.done(t.wanted[id], errors.New("SQS did not return it; try again in a minute"))
	}
	return nil
}

func (t *taking) drain(ctx context.Context, q *deadletter.Queue) error {
	if len(t.wanted) == 0 {
		return nil
	}
	take := q.Redrive
	if t.deletes {
		take = q.Delete
	}
	for l, err := range q.Letters(ctx) {
		if err != nil {
			return err
		}
		if _, ok := t.wanted[l.ID]; ok {
			err := take(ctx, l)
			if errors.Is(err, context.Canceled) {
				return err
			}
			t.done(l, err)
		}
		if len(t.wanted) == 0 {
			return nil
		}
	}
	return nil
}

// done records and reports the outcome for a letter.
func (t *taking) done(l deadletter.Letter, err error) {
	delete(t.wanted, l.ID)
	result := taken{Queue: l.Queue, ID: l.ID, About: l.About}
	told := "sent back to " + naming.Prefix + l.Queue
	if t.deletes {
		result.Deleted, told = new(err == nil), "deleted"
	} else {
		result.Redriven = new(err == nil)
	}
	if err != nil {
		t.failed, result.Error = true, err.Error()
		told = "still a dead letter: " + wording.OneLine(result.Error)
	}
	t.results = append(t.results, result)
	if !t.asJSON {
		fmt.Fprintf(t.out, "[%d/%d] %s %s: %s\n", len(t.results), t.total, l.ID, l.About, told)
	}
}
