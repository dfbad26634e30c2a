package lab

import "sync/atomic"

// activity counts what the lab is doing by itself, which is deliveries, invocations and
// executions, and who waits for the end of it.
type activity struct{ n, waiting atomic.Int64 }

// awaited says whether somebody waits for the end of all activity and there is none. Then
// nothing more will join a batch, and the rest of its window would be time spent for nothing.
func (a *activity) awaited() bool { return a.waiting.Load() > 0 && a.n.Load() == 0 }

// do runs something in the background and counts it until it is over.
func (a *activity) do(f func()) {
	a.n.Add(1)
	go func() {
		defer a.n.Add(-1)
		f()
	}()
}
