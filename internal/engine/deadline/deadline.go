// Package deadline divides the time of a function between its work and what has to follow it.
//
// Lambda ends a function at its timeout without a word: every message of its batch comes back, and
// what the function knew is lost. So the work ends before that, and what was not done by then is
// given back.
package deadline

import (
	"context"
	"time"
)

const (
	// Reserve is what the work leaves of a function's time.
	Reserve = 3 * time.Second
	// Grace is the part of Reserve in which the work may still save what it has done. The rest is for
	// the events and for the answer.
	Grace = 2 * time.Second
)

// Before returns a context that ends so long before ctx does. A context without an end stays so.
func Before(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-reserve))
	}
	return context.WithCancel(ctx)
}

// Half returns a context that ends when half of the time is over that ctx has left.
func Half(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-time.Until(end)/2))
	}
	return context.WithCancel(ctx)
}

// After returns a context that goes on so long after the deadline of ctx, even when ctx is done. A
// context without a deadline stays so.
func After(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), end.Add(grace))
	}
	return context.WithCancel(ctx)
}
