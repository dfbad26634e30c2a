package facts

import (
	"context"
	"sync"
	"time"
)

// cache keeps what was read for a while, and reads each key once at a time. After its time a value is never used again,
// whether or not a new one can be read.
type cache[V any] struct {
	keep time.Duration // of a value, from before it was read
	now  func() time.Time

	mu   sync.Mutex
	kept map[string]*reading[V]
}

// reading is a read that is in flight or has ended.
type reading[V any] struct {
	until  time.Time
	ended  chan struct{}
	value  V
	err    error
	gaveUp bool // its caller's time was over, which says nothing
}

const (
	// keepFailure is how long an error is kept, so that a batch does not ask a service that throttles for each message.
	keepFailure = 5 * time.Second
	// most limits the memory of a warm function.
	most = 1000
)

// get returns the value of a key, which it reads if none is kept.
func (c *cache[V]) get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	for {
		one, own := c.claim(key)
		if own {
			one.value, one.err = read(ctx)
			one.gaveUp = one.err != nil && ctx.Err() != nil
			c.end(key, one)
			return one.value, one.err
		}
		select {
		case <-one.ended:
			if !one.gaveUp {
				return one.value, one.err
			}
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
}

// claim returns the reading of a key, and whether it is the caller who has to read.
func (c *cache[V]) claim(key string) (one *reading[V], own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if one = c.kept[key]; one != nil && now.Before(one.until) {
		return one, false
	}
	if c.kept == nil || len(c.kept) >= most {
		c.kept = map[string]*reading[V]{}
	}
	one = &reading[V]{until: now.Add(c.keep), ended: make(chan struct{})}
	c.kept[key] = one
	return one, true
}

// end lets the others see a reading.
func (c *cache[V]) end(key string, one *reading[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(one.ended)
	switch {
	case c.kept[key] != one: // the cache was full meanwhile
	case one.gaveUp:
		delete(c.kept, key)
	case one.err != nil:
		one.until = c.now().Add(keepFailure)
	}
}
