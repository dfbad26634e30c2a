package world

import "sync/atomic"

// activity counts the deliveries, invocations and executions in progress, and the callers that wait for their end.
type activity struct{ n, waiting atomic.Int64 }

// Awaited reports whether a caller waits for the end of all activity and there is none. Then no message will join a
// batch, and it need not wait for its window.
func (a *activity) Awaited() bool { return a.waiting.Load() > 0 && a.Idle() }

// Do runs a function in the background and counts it until it ends.
func (a *activity) Do(f func()) {
	a.n.Add(1)
	go func() {
		defer a.n.Add(-1)
		f()
	}()
}

// During runs a function and counts it until it ends.
func (a *activity) During(f func()) {
	a.n.Add(1)
	defer a.n.Add(-1)
	f()
}

// Await counts a caller that waits for the end of all activity, until it calls end.
func (a *activity) Await() (end func()) {
	a.waiting.Add(1)
	return func() { a.waiting.Add(-1) }
}

// Idle reports whether nothing is in progress.
func (a *activity) Idle() bool { return a.n.Load() == 0 }
