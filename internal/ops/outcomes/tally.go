package outcomes

import (
	"slices"
	"time"
)

// Tally counts attempts by outcome.
type Tally struct {
	Repaired    int `json:"repaired"`
	Compliant   int `json:"compliant"`
	Failed      int `json:"failed"`
	Skipped     int `json:"skipped"`
	Undone      int `json:"undone"` // repairs that ended in the period and were undone later
	Undos       int `json:"undos"`  // attempts that undid a repair
	UndosFailed int `json:"undosFailed"`
	// SuccessRate is Repaired of Repaired and Failed, from 0 to 1; nil when there was neither.
	SuccessRate *float64 `json:"successRate"`
	// MedianSeconds and P95Seconds are how long repairs took; nil when nothing was repaired.
	MedianSeconds *float64 `json:"medianSeconds"`
	P95Seconds    *float64 `json:"p95Seconds"`
}

// Attempts is how many attempts there were.
func (t Tally) Attempts() int {
	return t.Repaired + t.Compliant + t.Failed + t.Skipped + t.Undone + t.Undos + t.UndosFailed
}

// Timed is an attempt's outcome and duration.
type Timed struct {
	Outcome Outcome
	Took    time.Duration
}

// Count tallies attempts.
func Count(attempts []Timed) Tally {
	n := map[Outcome]int{}
	var took []time.Duration
	for _, a := range attempts {
		n[a.Outcome]++
		if a.Outcome == Repaired {
			took = append(took, a.Took)
		}
	}
	t := Tally{Repaired: n[Repaired], Compliant: n[Compliant], Failed: n[Failed], Skipped: n[Skipped],
		Undone: n[Undone], Undos: n[Undo], UndosFailed: n[UndoFailed]}
	if tried := t.Repaired + t.Failed; tried > 0 {
		t.SuccessRate = new(float64(t.Repaired) / float64(tried))
	}
	if len(took) > 0 {
		slices.Sort(took)
		t.MedianSeconds, t.P95Seconds = new(median(took).Seconds()), new(nearestRank(took, 95).Seconds())
	}
	return t
}

// Times are how long something took, as often as it happened.
type Times struct {
	Count         int      `json:"count"`
	MedianSeconds *float64 `json:"medianSeconds"` // nil when it never happened
}

// TimesOf summarizes times.
func TimesOf(took []time.Duration) Times {
	if len(took) == 0 {
		return Times{}
	}
	return Times{len(took), new(median(slices.Sorted(slices.Values(took))).Seconds())}
}

// median gives the middle one of sorted times, or the mean of the middle two.
func median(sorted []time.Duration) time.Duration {
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// nearestRank gives the smallest of sorted times that the given percentage does not exceed.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}
