package dispatch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// timely is a world in which calls take time: none is made when there is no time left.
type timely struct {
	*world
	hangs map[string]bool // what never answers: the start of a group, or another call by its name
}

func (w *timely) wait(ctx context.Context, what string) error {
	if w.hangs[what] {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (w *timely) Start(ctx context.Context, t target.Target, a decide.Attempt) (string, error) {
	if ctx.Err() != nil {
		return "", executions.ErrNotCalled
	}
	if err := w.wait(ctx, t.Resource[len(t.Resource)-len(one):]); err != nil {
		return "", err
	}
	return w.world.Start(ctx, t, a)
}

func (w *timely) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if err := w.wait(ctx, "Save"); err != nil {
		return decide.Record{}, err
	}
	return w.world.Save(ctx, rec)
}

func (w *timely) Update(ctx context.Context, u decide.Update) error {
	if err := w.wait(ctx, "Update"); err != nil {
		return err
	}
	return w.world.Update(ctx, u)
}

func (w *timely) Delay(ctx context.Context, handle string, after time.Duration) error {
	if err := w.wait(ctx, "Delay"); err != nil {
		return err
	}
	return w.world.Delay(ctx, handle, after)
}

// handler does what belongs together at the same time, as the function does.
func (w *timely) handler() *dispatch.Handler {
	h := w.world.handler()
	h.Effects.Ledger, h.Effects.Findings, h.Starter, h.Queue, h.Slots = w, w, w, w, &ledger.Memory{}
	h.Now, h.Grace = time.Now, deadline.Grace
	h.Sleep = func(ctx context.Context, d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	return h
}

// Whatever hangs, the function answers before Lambda ends it, and what was not done comes back.
func TestDeadline(t *testing.T) {
	t.Parallel()
	const two = "sg-22222222"
	queued := func(a decide.Attempt, mayRun bool) bool {
		return a.State == decide.Queued && a.MayRun == mayRun && a.ClaimedAt.IsZero() == !mayRun
	}
	for name, tc := range map[string]struct {
		hangs string
		back  []string
		holds func(t *testing.T, w *world) bool
	}{
		"nothing hangs": {"", nil, func(t *testing.T, w *world) bool {
			return w.attempt(t, one).State == decide.Running && w.attempt(t, two).State == decide.Running
		}},
		// The first may run. The second was not started, so it is no attempt yet.
		"a start": {one, []string{"m1", "m2"}, func(t *testing.T, w *world) bool {
			return queued(w.attempt(t, one), true) && queued(w.attempt(t, two), false)
		}},
		// The findings are not told, so nothing is started. The leases expire.
		"an update": {"Update", []string{"m1", "m2"}, func(t *testing.T, w *world) bool {
			return w.attempt(t, one).State == decide.Claimed && w.attempt(t, two).State == decide.Claimed &&
				w.started == 0
		}},
		"the ledger": {"Save", []string{"m1", "m2"}, func(t *testing.T, w *world) bool {
			rec, err := w.memory.Load(t.Context(), targetOf(one).Key())
			return err == nil && rec.Version == 0 && w.started == 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &timely{newWorld(), map[string]bool{tc.hangs: true}}
				delete(w.hangs, "")
				const timeout = 30 * time.Second
				begin := time.Now()
				ctx, stop := context.WithTimeout(t.Context(), timeout)
				defer stop()
				work, stop := deadline.Before(ctx, deadline.Reserve)
				defer stop()
				now := func(id, finding, group string) events.SQSMessage {
					return at(begin.Format(time.TimeOnly), imported(id, sg(finding, "EC2.13", group)))
				}
				response, err := w.handler().Handle(work,
					events.SQSEvent{Records: []events.SQSMessage{now("m1", "f1", one), now("m2", "f2", two)}})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); took > timeout-time.Second {
					t.Errorf("the handler took %s", took)
				}
				var back []string
				for _, f := range response.BatchItemFailures {
					back = append(back, f.ItemIdentifier)
				}
				if diff := cmp.Diff(tc.back, back); diff != "" {
					t.Errorf("messages that come back (-want +got):\n%s", diff)
				}
				if !tc.holds(t, w.world) {
					t.Errorf("done: %q", w.done)
				}
			})
		})
	}
}
