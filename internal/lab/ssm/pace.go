package ssm

import (
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
)

// pace remembers when executions were started, for StartsPerSecond.
type pace struct {
	mu     sync.Mutex
	starts map[apicall.Place][]time.Time
}

// take counts a start at a place, and says false when there were that many starts within
// the second before it.
func (p *pace) take(at apicall.Place, perSecond int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var recent []time.Time
	for _, start := range p.starts[at] {
		if now.Sub(start) < time.Second {
			recent = append(recent, start)
		}
	}
	if len(recent) >= perSecond {
		return false
	}
	if p.starts == nil {
		p.starts = map[apicall.Place][]time.Time{}
	}
	p.starts[at] = append(recent, now)
	return true
}
