package lab

import (
	"context"
	"slices"
	"sync"
	"time"
)

// silence remembers when calls into silent Regions began, for SilentFor.
type silence struct {
	mu    sync.Mutex
	began time.Time
}

// holds says whether a Region gives no answer now.
func (s *silence) holds(f Faults, region string, now time.Time) bool {
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

// reach takes the time that a function's call needs to reach a Region. It reports false when the
// caller gave up first, which is how a call into a silent Region ends.
func (s *interventions) reach(ctx context.Context, q request) bool {
	faults := s.lab.faults
	if s.silence.holds(faults, q.region, time.Now()) {
		s.lab.story.tell(KindFault, q.caller.Account, q.region, "%s gets no answer to %s:%s", q.caller.Function, q.service,
			q.api)
		select {
		case <-ctx.Done():
		case <-s.lab.ctx.Done():
		}
		return false
	}
	latency := time.Duration(faults.Latency[q.region])
	if latency == 0 {
		return true
	}
	select {
	case <-time.After(latency):
		return true
	case <-ctx.Done():
	case <-s.lab.ctx.Done():
	}
	return false
}
