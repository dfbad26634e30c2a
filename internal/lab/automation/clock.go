package automation

import (
	"context"
	"time"
)

// Clock tells the time and lets it pass.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or earlier with an error when ctx ends.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

var _ Clock = SystemClock{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep waits for d or for the end of ctx.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deadline is when a step has used up its time, by the Clock. The Clock may run faster
// than the machine's, which alone limits the calls through a context.
type deadline struct {
	at    time.Time // zero when there is none
	cause *failure
}

// sooner gives the one of two deadlines that comes first.
func (d deadline) sooner(other deadline) deadline {
	if d.at.IsZero() || !other.at.IsZero() && other.at.Before(d.at) {
		return other
	}
	return d
}

// sleep lets d pass, but no more than is left before the deadline.
func (r *run) sleep(ctx context.Context, until deadline, d time.Duration) error {
	left := until.at.Sub(r.Clock.Now())
	if until.at.IsZero() || d < left {
		return because(ctx, r.Clock.Sleep(ctx, d))
	}
	if err := r.Clock.Sleep(ctx, left); err != nil {
		return because(ctx, err)
	}
	return until.cause
}

// overdue gives the reason why nothing more may start, nil when there is none.
func (r *run) overdue(ctx context.Context, until deadline) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !until.at.IsZero() && !r.Clock.Now().Before(until.at) {
		return until.cause
	}
	return nil
}

// because gives the reason why ctx ended in place of an error that only says that it did.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}
