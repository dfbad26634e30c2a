package report

import (
	"slices"
	"time"
)

// Tally counts attempts that ended in the period.
type Tally struct {
	Repaired  int `json:"repaired"`
	Failed    int `json:"failed"`
	Refused   int `json:"refused"` // what a runbook cannot repair, and left alone
	Undone    int `json:"undone"`  // repairs that were taken back
	NotUndone int `json:"notUndone"`
	// SuccessRate is Repaired of Repaired and Failed, from 0 to 1; nil when there was neither.
	SuccessRate *float64 `json:"successRate"`
	// MedianSeconds and P95Seconds are how long repairs took from the finding until they were
	// verified; nil when nothing was repaired.
	MedianSeconds *float64 `json:"medianSeconds"`
	P95Seconds    *float64 `json:"p95Seconds"`
}

// Attempts is how many attempts there were.
func (t Tally) Attempts() int { return t.Repaired + t.Failed + t.Refused + t.Undone + t.NotUndone }

// tally counts entries.
func tally(entries []Entry) Tally {
	var t Tally
	var took []time.Duration
	for _, e := range entries {
		switch e.Outcome {
		case Repaired:
			t.Repaired++
			took = append(took, e.Took())
		case Failed:
			t.Failed++
		case Refused:
			t.Refused++
		case Undone:
			t.Undone++
		case NotUndone:
			t.NotUndone++
		}
	}
	if tried := t.Repaired + t.Failed; tried > 0 {
		t.SuccessRate = new(float64(t.Repaired) / float64(tried))
	}
	if len(took) > 0 {
		slices.Sort(took)
		t.MedianSeconds, t.P95Seconds = new(median(took).Seconds()), new(nearestRank(took, 95).Seconds())
	}
	return t
}

// median gives the middle one of sorted times, or the mean of the middle two.
func median(sorted []time.Duration) time.Duration {
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// nearestRank gives the smallest of sorted times that so many of a hundred do not exceed.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}
