package simulation

import (
	"context"
	"time"

	"github.com/aws/smithy-go"

	"hubmend/internal/engine/securityhub"
)

// limits are what AWS allows, as token buckets. A nil one in a world allows everything.
type limits struct {
	starts, looks  map[place]*bucket        // of Systems Manager, by account and Region
	updates, reads *bucket                  // of Security Hub
	refused        map[string]int           // calls that were made too often, by service and what it limits
	longest        map[string]time.Duration // that an invocation took, by queue
	started        []time.Time              // each execution
}

// Calls per second that the services document.
const (
	startsPerSecond  = 1
	looksPerSecond   = 3
	updatesPerSecond = 10
	readsPerSecond   = 3
)

func newLimits(now time.Time) *limits {
	return &limits{
		starts: map[place]*bucket{}, looks: map[place]*bucket{},
		updates: &bucket{rate: updatesPerSecond, room: 30, at: now},
		reads:   &bucket{rate: readsPerSecond, room: 6, at: now},
		refused: map[string]int{}, longest: map[string]time.Duration{},
	}
}

// bucket allows rate calls per second, and room of them at once.
type bucket struct {
	rate, room float64
	used       float64
	at         time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.used = max(0, b.used-b.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.used+1 > b.room {
		return false
	}
	b.used++
	return true
}

// of gives the bucket of a place.
func of(buckets map[place]*bucket, at place, rate float64, now time.Time) *bucket {
	if buckets[at] == nil {
		buckets[at] = &bucket{rate: rate, room: rate, at: now}
	}
	return buckets[at]
}

var errTooOften = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}

// sdkTries is how often the SDK makes a call by default.
const sdkTries = 3

// limited makes a call that a bucket may refuse, up to a number of times, with the waits of the
// SDK between.
func limited[T any](ctx context.Context, c *client, what, region string, tries int, take func(*limits) bool,
	do func() (T, error)) (T, error) {
	var none T
	for try := 1; ; try++ {
		got, err := callTo(ctx, c, region, func() (T, error) {
			if c.limits != nil && !take(c.limits) {
				c.limits.refused[what]++
				return none, errTooOften
			}
			return do()
		})
		if err != error(errTooOften) || try == tries {
			return got, err
		}
		processOf(ctx).sleep(c.between(0, min(time.Second<<try, securityhub.MaxBackoff)))
	}
}
