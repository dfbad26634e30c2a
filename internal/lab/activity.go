package lab

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// quietPoll is the interval of checks. Two in a row must succeed.
const quietPoll = 40 * time.Millisecond

// Await says that the caller waits for the end of all activity, until it calls end. Meanwhile batches do not wait for
// messages that cannot come.
func (l *Lab) Await() (end func()) {
	return l.world.Activity.Await()
}

// Quiet waits until nothing happens anymore: no event is being delivered, no function or runbook runs, and every queue
// that a function reads is empty.
func (l *Lab) Quiet(ctx context.Context) error { return l.rest(ctx, l.isQuiet) }

func (l *Lab) isQuiet(ctx context.Context) (bool, error) {
	depth, err := l.pollers.Depth(ctx)
	return depth == 0 && l.world.Activity.Idle(), err
}

// isIdle is isQuiet except for messages whose visibility timeout functions changed.
func (l *Lab) isIdle(ctx context.Context) (bool, error) {
	depth, err := l.pollers.Depth(ctx)
	return depth == len(l.pollers.StillPutOff()) && l.world.Activity.Idle(), err
}

// rest waits until a condition is true.
func (l *Lab) rest(ctx context.Context, come func(context.Context) (bool, error)) error {
	defer l.Await()()
	for seen := 0; seen < 2; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the lab did not become quiet: %w", context.Cause(ctx))
		case <-l.world.Backend.Moto.Done():
			return errors.Join(errors.New("the emulator died"), l.world.Backend.Moto.Err())
		case <-time.After(quietPoll):
		}
		ok, err := come(ctx)
		if err != nil {
			return err
		}
		seen++
		if !ok {
			seen = 0
		}
	}
	return nil
}
