package decide

import (
	"slices"
	"time"
)

// Breaker counts, for one control, the targets whose repair failed one after the other.
// When there are too many, what is wrong is likely not the targets.
type Breaker struct {
	Control  string
	Version  int
	Failures []TargetFailure // since the last success, the newest failure of each target, oldest first
	// OpenUntil is when automatic repair goes on; zero when it was never paused since the
	// last success. The first failure after it pauses again.
	OpenUntil time.Time
}

// TargetFailure is one failed target.
type TargetFailure struct {
	Key      string // of the target
	Resource string
	At       time.Time
}

// BreakerDecision is a new breaker and what to do, notifications first.
type BreakerDecision struct {
	Breaker       Breaker
	Save          bool
	Notifications []Notification
	Metrics       []Metric
}

// OnEnded counts the end of an attempt. A success closes the breaker, because it shows that the
// control can be repaired. Counting the same end twice does no harm.
func (b Breaker) OnEnded(e Ended, t TargetFailure, now time.Time, s Settings) BreakerDecision {
	d := BreakerDecision{Breaker: b}
	switch {
	case !e.Counts:
	case e.Attempt.State == Succeeded:
		if len(b.Failures) > 0 || !b.OpenUntil.IsZero() {
			d.Breaker.Failures, d.Breaker.OpenUntil, d.Save = nil, time.Time{}, true
		}
	default:
		d.fail(t, now, s)
	}
	return d
}

func (d *BreakerDecision) fail(t TargetFailure, now time.Time, s Settings) {
	b := &d.Breaker
	tried := !b.OpenUntil.IsZero()
	b.Failures = slices.DeleteFunc(slices.Clone(b.Failures), func(x TargetFailure) bool {
		return x.Key == t.Key || now.Sub(x.At) >= s.BreakerWindow && !tried
	})
	b.Failures = append(b.Failures, t)
	if extra := len(b.Failures) - s.BreakerFailures; extra > 0 {
		b.Failures = slices.Delete(b.Failures, 0, extra)
	}
	d.Save = true
	if now.Before(b.OpenUntil) || !tried && len(b.Failures) < s.BreakerFailures {
		return // it is open already, or not yet
	}
	b.OpenUntil = now.Add(s.BreakerWindow)
	d.Notifications = []Notification{{Kind: ControlPaused, Breaker: *b}}
	d.Metrics = []Metric{MetricBreaker}
}
