package lab

import (
	"context"
	"slices"
	"time"
)

// Duration is a time.Duration that JSON writes as 200ms or 2m.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// reach takes the time that a function's call needs to reach a Region. It reports false when the
// caller gave up first, which is how a call into a silent Region ends.
func (l *Lab) reach(ctx context.Context, q request) bool {
	faults := l.config.Faults
	if slices.Contains(faults.SilentRegions, q.region) {
		l.story.tell(KindFault, q.caller.Account, q.region, "%s gets no answer to %s:%s", q.caller.Function, q.service, q.api)
		select {
		case <-ctx.Done():
		case <-l.ctx.Done():
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
	case <-l.ctx.Done():
	}
	return false
}
