package executions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNotCalled is the error of an operation that was not started. It is transient.
var ErrNotCalled = fmt.Errorf("no call was made: %w", context.DeadlineExceeded)

// Regions limits how long an operation may wait for a Region, and remembers which Regions did not
// answer. One that hangs would otherwise take this time of every batch that has work there.
//
// The memory is that of a function's process: other processes find out for themselves, and a
// mistake is forgotten with it.
type Regions struct {
	Limit time.Duration // of one operation, with the session that it needs
	Rest  time.Duration // how long a Region that did not answer is left alone
	Now   func() time.Time

	mu     sync.Mutex
	silent map[string]time.Time // until when
}

// The limits that functions use. Limit is several times what the slowest Region takes, and leaves
// dispatch time to save what it knows.
const (
	Limit = 8 * time.Second
	Rest  = time.Minute
)

// do does an operation in a Region unless the Region is left alone.
func (r *Regions) do(ctx context.Context, region string, operation func(context.Context) error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: no time is left", ErrNotCalled)
	}
	if r == nil {
		return operation(ctx)
	}
	if !r.mayCall(region) {
		return fmt.Errorf("%w: Region %s did not answer within the last minutes", ErrNotCalled, region)
	}
	bounded, stop := context.WithTimeout(ctx, r.Limit)
	defer stop()
	err := operation(bounded)
	switch {
	case ctx.Err() != nil: // it had less than its limit, which tells nothing
	case err != nil && errors.Is(bounded.Err(), context.DeadlineExceeded):
		r.note(region, true)
		//nolint:staticcheck // AWS's name
		return fmt.Errorf("Region %s did not answer within %s: %w: %w", region, r.Limit, context.DeadlineExceeded, err)
	default:
		r.note(region, false)
	}
	return err
}

// mayCall reports whether a Region may be called. After its rest one operation finds out whether it
// answers again, and the others wait for what that one finds.
func (r *Regions) mayCall(region string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, silent := r.silent[region]
	if !silent {
		return true
	}
	now := r.Now()
	if now.Before(until) {
		return false
	}
	r.silent[region] = now.Add(r.Limit)
	return true
}

func (r *Regions) note(region string, silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !silent {
		delete(r.silent, region)
		return
	}
	if r.silent == nil {
		r.silent = map[string]time.Time{}
	}
	r.silent[region] = r.Now().Add(r.Rest)
}
