package world

import "sync/atomic"

// activity counts what the lab is doing by itself, which is deliveries, invocations and
// executions, and who waits for the end of it.
type activity struct{ n, waiting atomic.Int64 }

// Awaited says whether somebody waits for the end of all activity and there is none. Then
// nothing more will join a batch, and the rest of its window would be time spent for nothing.
func (a *activity) Awaited() bool { return a.waiting.Load() > 0 && a.Idle() }

// Do runs something in the background and counts it until it is over.
func (a *activity) Do(f func()) {
	a.n.Add(1)
	go func() {
		defer a.n.Add(-1)
		f()
	}()
}

// During counts something until it is over.
func (a *activity) During(f func()) {
	a.n.Add(1)
	defer a.n.Add(-1)
	f()
}

// Await says that somebody waits for the end of all activity, until the function that it gives is called.
func (a *activity) Await() (end func()) {
	a.waiting.Add(1)
	return func() { a.waiting.Add(-1) }
}

// Idle says whether nothing is under way.
func (a *activity) Idle() bool { return a.n.Load() == 0 }
