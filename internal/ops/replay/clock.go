package replay

import (
	"container/heap"
	"context"
	"time"
)

// clock runs what happens in the order of its time, one thing after the other, so that the same findings always give
// the same history.
type clock struct {
	at     time.Time
	took   time.Duration // of the function that runs now
	events timeline
	order  int
}

type event struct {
	at    time.Time
	order int // of two at the same time, the one that was planned first comes first
	do    func()
}

type timeline []event

func (t timeline) Len() int { return len(t) }
func (t timeline) Less(i, j int) bool {
	if t[i].at.Equal(t[j].at) {
		return t[i].order < t[j].order
	}
	return t[i].at.Before(t[j].at)
}
func (t timeline) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timeline) Push(e any)   { *t = append(*t, e.(event)) }
func (t *timeline) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// now is the time, also within a function that waits.
func (c *clock) now() time.Time { return c.at.Add(c.took) }

// plan has something happen at a time, or now if that is over.
func (c *clock) plan(at time.Time, do func()) {
	if at.Before(c.now()) {
		at = c.now()
	}
	c.order++
	heap.Push(&c.events, event{at, c.order, do})
}

// run lets everything happen until a time.
func (c *clock) run(until time.Time) {
	for len(c.events) > 0 && !c.events[0].at.After(until) {
		e := heap.Pop(&c.events).(event)
		c.at, c.took = e.at, 0
		e.do()
	}
	c.at, c.took = until, 0
}

// sleep is a function that waits.
func (c *clock) sleep(_ context.Context, d time.Duration) { c.took += max(d, 0) }

// together does things that begin at the same time, and ends when the last of them does.
func (c *clock) together(ctx context.Context, n int, do func(ctx context.Context, i int)) {
	begin, end := c.took, c.took
	for i := range n {
		c.took = begin
		do(ctx, i)
		end = max(end, c.took)
	}
	c.took = end
}
