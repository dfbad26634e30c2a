package decide

import (
	"hash/fnv"
	"time"
)

// Settings are the numbers of the decisions.
type Settings struct {
	// MaxAttempts in Window is what automatic repair may spend on one target.
	MaxAttempts int
	Window      time.Duration
	// BreakerFailures is how many targets of a control must fail one after the other within
	// BreakerWindow for its automatic repair to pause for as long.
	BreakerFailures int
	BreakerWindow   time.Duration

	// ClaimLease is how long an attempt may stay claimed before another function starts
	// it. It is longer than the function that claims it can live.
	ClaimLease time.Duration
	// Wait is how long a finding that cannot join the attempt in flight stays in the queue.
	Wait time.Duration
	// ShortWait is how long a function itself waits for a start slot, and SlotLead how long
	// before its slot a message comes back that waits longer: the queue counts in seconds and
	// collects batches, and a start that comes late meets the next one's second.
	ShortWait, SlotLead time.Duration
	// StartBackoff is the first wait before a start that Systems Manager did not accept is tried
	// again, and RetryBackoff that before an attempt that failed; each further one is four times
	// as long, up to MaxBackoff.
	StartBackoff, RetryBackoff, MaxBackoff time.Duration
	// ReadyBackoff is the first wait before Hubmend tries whether an account is ready now. Each further wait is
	// twice as long, up to MaxReadyBackoff. After ReadyWithin Hubmend gives up the pending attempts, and may
	// notify people of the account again.
	ReadyBackoff, MaxReadyBackoff, ReadyWithin time.Duration
	// ProbeLease is how long others wait for the outcome of the one that is let through. Executions that take
	// longer than half of it are not waited for.
	ProbeLease time.Duration

	// DigestEvery is for how long what has the same cause as an earlier message is collected, for one message.
	DigestEvery time.Duration

	// RunTime is how long an execution may take before the sweep asks how it is.
	RunTime time.Duration
	// ConfirmEvery is how often the sweep looks whether a resolution was confirmed, and
	// ConfirmWithin when it reports one that was not.
	ConfirmEvery, ConfirmWithin time.Duration
	// EvidenceLag is how old the data of any check may be; a control may have a longer one.
	EvidenceLag time.Duration
	// UpdateLag is how long an update of a finding may take to show.
	UpdateLag time.Duration
}

// Defaults are the settings of the design.
var Defaults = Settings{
	MaxAttempts: 3, Window: 24 * time.Hour,
	BreakerFailures: 5, BreakerWindow: time.Hour,
	ClaimLease: time.Minute, Wait: 15 * time.Second, ShortWait: 8 * time.Second, SlotLead: 6 * time.Second,
	StartBackoff: 10 * time.Second, RetryBackoff: time.Minute, MaxBackoff: 30 * time.Minute,
	ReadyBackoff: 5 * time.Minute, MaxReadyBackoff: time.Hour, ReadyWithin: 24 * time.Hour, ProbeLease: 2 * time.Hour,
	DigestEvery: time.Hour,
	RunTime:     15 * time.Minute, ConfirmEvery: time.Hour, ConfirmWithin: 36 * time.Hour,
	EvidenceLag: 5 * time.Minute, UpdateLag: 30 * time.Minute,
}

// backoff returns the wait before try n, counted from 1, of something that key names. It is
// up to a quarter longer or shorter than its base, so that what failed together is not
// tried again together. The same key and n give the same wait.
func (s Settings) backoff(first time.Duration, key string, n int) time.Duration {
	return spread(first, s.MaxBackoff, 4, key, n)
}

// readyBackoff returns the wait before it is tried for the nth time whether an account is ready.
func (s Settings) readyBackoff(key string, n int) time.Duration {
	return spread(s.ReadyBackoff, s.MaxReadyBackoff, 2, key, n)
}

// spread returns wait n, counted from 1, of waits that become factor times as long.
func spread(first, most time.Duration, factor int, key string, n int) time.Duration {
	wait := first
	for ; n > 1 && wait < most; n-- {
		wait *= time.Duration(factor)
	}
	wait = min(wait, most)
	h := fnv.New32a()
	h.Write([]byte(key)) // never fails
	h.Write([]byte{byte(n)})
	part := float64(h.Sum32()%1000)/1000 - 0.5
	return wait + time.Duration(float64(wait)*part/2)
}
