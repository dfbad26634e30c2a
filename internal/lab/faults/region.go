package faults

import (
	"context"
	"slices"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// silence remembers the first call into a silent Region, for SilentFor.
type silence struct {
	mu    sync.Mutex
	began time.Time
}

// holds reports whether a Region is silent now.
func (s *silence) holds(f world.Faults, region string, now time.Time) bool {
	if !slices.Contains(f.SilentRegions, region) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began = now
	}
	return f.SilentFor == 0 || now.Before(s.began.Add(time.Duration(f.SilentFor)))
}

// Reach waits as long as a function's call takes to reach a Region. It gives false if the caller gives up first, as it
// does for a silent Region.
func (s *Interventions) Reach(ctx context.Context, q apicall.Request) bool {
	faults := s.lab.Faults
	if s.silence.holds(faults, q.Region, time.Now()) {
		s.lab.Story.Tell(story.KindFault, q.Caller.Account, q.Region, "%s gets no answer to %s:%s", q.Caller.Function,
			q.Service,
			q.API)
		select {
		case <-ctx.Done():
		case <-s.lab.Context.Done():
		}
		return false
	}
	latency := time.Duration(faults.Latency[q.Region])
	if latency == 0 {
		return true
	}
	select {
	case <-time.After(latency):
		return true
	case <-ctx.Done():
	case <-s.lab.Context.Done():
	}
	return false
}
