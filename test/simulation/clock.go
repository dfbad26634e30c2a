package simulation

import (
	"container/heap"
	"time"
)

// clock runs what happens in the order of its time, one thing after the other, so that a
// seed always gives the same history.
type clock struct {
	now    time.Time
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

// after plans something.
func (c *clock) after(d time.Duration, do func()) {
	c.order++
	heap.Push(&c.events, event{c.now.Add(max(d, 0)), c.order, do})
}

// run lets everything happen until a time.
func (c *clock) run(until time.Time) {
	for len(c.events) > 0 && !c.events[0].at.After(until) {
		e := heap.Pop(&c.events).(event)
		c.now = e.at
		e.do()
	}
	c.now = until
}

// process is one invocation of a function. It runs in a goroutine, but only while the clock
// waits for it.
type process struct {
	clock   *clock
	resume  chan struct{}
	yielded chan struct{}
}

// crash ends a process in the middle, as Lambda may.
type crash struct{}

// together runs n things as processes of their own, and waits for all of them. If one
// crashes, so does the process that waits.
func (p *process) together(n int, do func(p *process, i int)) {
	left, crashed := n, false
	for i := range n {
		p.clock.spawn(func(p *process) { do(p, i) }, func(c bool) {
			left, crashed = left-1, crashed || c
			if left == 0 {
				p.clock.after(0, p.step)
			}
		})
	}
	if n > 0 {
		p.yielded <- struct{}{}
		<-p.resume
	}
	if crashed {
		panic(crash{})
	}
}

// spawn runs a process from now on. ended is called with whether it crashed.
func (c *clock) spawn(run func(p *process), ended func(crashed bool)) {
	p := &process{clock: c, resume: make(chan struct{}), yielded: make(chan struct{})}
	go func() {
		<-p.resume
		defer func() {
			r := recover()
			if _, died := r.(crash); r != nil && !died {
				panic(r)
			}
			ended(r != nil)
			p.yielded <- struct{}{}
		}()
		run(p)
	}()
	c.after(0, p.step)
}

func (p *process) step() {
	p.resume <- struct{}{}
	<-p.yielded
}

// sleep lets others go on for a while.
func (p *process) sleep(d time.Duration) {
	p.clock.after(d, p.step)
	p.yielded <- struct{}{}
	<-p.resume
}
