package lab

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// activity counts what the lab is doing by itself: deliveries, invocations, executions.
type activity struct{ n atomic.Int64 }

// do runs something in the background and counts it until it is over.
func (a *activity) do(f func()) {
	a.n.Add(1)
	go func() {
		defer a.n.Add(-1)
		f()
	}()
}

// quietPoll is how often Quiet looks; it must see the same twice.
const quietPoll = 40 * time.Millisecond

// Quiet waits until nothing happens any more: no event is under way, no function and no
// runbook runs, and every queue that a function reads is empty.
func (l *Lab) Quiet(ctx context.Context) error {
	quiet := 0
	for quiet < 2 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the lab did not become quiet: %w", context.Cause(ctx))
		case <-l.backend.moto.Done():
			return errors.Join(errors.New("the emulator died"), l.backend.moto.Err())
		case <-time.After(quietPoll):
		}
		depth, err := l.queues.depth(ctx)
		if err != nil {
			return err
		}
		if depth == 0 && l.activity.n.Load() == 0 {
			quiet++
		} else {
			quiet = 0
		}
	}
	return nil
}
