package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"hubmend/internal/deadletter"
	"hubmend/internal/naming"
)

// redrive goes through the queues once more. It knows what it may take, so that a message
// that becomes a dead letter again meanwhile is left for a person.
type redrive struct {
	handling
	wanted map[string]deadletter.Letter // not yet come to, by id
	total  int

	out     io.Writer
	results []redriven
	failed  bool
}

// redriven is what became of a letter, in JSON.
type redriven struct {
	Queue    string `json:"queue"`
	ID       string `json:"id"`
	About    string `json:"about"`
	Redriven *bool  `json:"redriven,omitempty"` // of redrive
	Deleted  *bool  `json:"deleted,omitempty"`  // of delete
	Error    string `json:"error,omitempty"`    // with it, the letter is still there
}

func (r *redrive) run(ctx context.Context, d deadLetters) error {
	for _, q := range d.queues {
		err := r.drain(ctx, q)
		switch {
		case err != nil && len(r.results) == 0:
			return awsError(d.region, err)
		case err != nil:
			return awsProblem(d.region, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.wanted)) {
		r.done(r.wanted[id], errors.New("SQS did not give it again; try again in a minute"))
	}
	return nil
}

func (r *redrive) drain(ctx context.Context, q *deadletter.Queue) error {
	take := q.Redrive
	if r.deletes {
		take = q.Delete
	}
	if len(r.wanted) == 0 {
		return nil
	}
	for l, err := range q.Letters(ctx) {
		if err != nil {
			return err
		}
		if _, ok := r.wanted[l.ID]; ok {
			err := take(ctx, l)
			if errors.Is(err, context.Canceled) {
				return err
			}
			r.done(l, err)
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
	result := redriven{Queue: l.Queue, ID: l.ID, About: l.About}
	told := "sent back to " + naming.Prefix + l.Queue
	if r.deletes {
		result.Deleted, told = new(err == nil), "deleted"
	} else {
		result.Redriven = new(err == nil)
	}
	if err != nil {
		r.failed, result.Error = true, err.Error()
		told = "still a dead letter: " + oneLine(result.Error)
	}
	r.results = append(r.results, result)
	if !r.asJSON {
		fmt.Fprintf(r.out, "[%d/%d] %s %s: %s\n", len(r.results), r.total, l.ID, l.About, told)
	}
}
