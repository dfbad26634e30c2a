package simulation

import "time"

// Latency says how long a call takes from a Region to a Region.
type Latency func(from, to string) Span

// Span is a range of time, its ends included.
type Span struct{ Least, Most time.Duration }

var (
	quick = Span{time.Millisecond, 60 * time.Millisecond}
	slow  = Span{20 * time.Millisecond, 300 * time.Millisecond}
)

// Near is an organization whose Regions are close to each other.
func Near(_, _ string) Span { return quick }

// Far is an organization with Regions on other continents: only calls within a Region are quick.
func Far(from, to string) Span {
	if from == to {
		return quick
	}
	return slow
}

// Slow is Far on a bad day: no call is quick, not even within a Region.
func Slow(_, _ string) Span { return slow }
