package overview

import (
	"slices"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// Control is how the repairs of a control went that ended in the time that was asked for.
type Control struct {
	Control  string `json:"control"`
	Repaired int    `json:"repaired"`
	Failed   int    `json:"failed"`
	Refused  int    `json:"refused"` // what a runbook cannot repair, and left alone
	Undone   int    `json:"undone"`  // repairs that were taken back
	// SuccessRate is Repaired of Repaired and Failed, from 0 to 1; nil when there was neither.
	SuccessRate *float64 `json:"successRate"`
	// MedianSeconds is how long a repair takes from the wish for it until it is verified; nil
	// when nothing was repaired.
	MedianSeconds *float64 `json:"medianSeconds"`
}

// sum counts the attempts of a control, all of which are over.
func sum(control string, attempts []decide.Attempt) Control {
	c := Control{Control: control}
	var took []time.Duration
	for _, a := range attempts {
		switch {
		case a.Undo != "":
			if a.State == decide.Succeeded {
				c.Undone++
			}
		case a.State == decide.Succeeded:
			c.Repaired++
			took = append(took, a.EndedAt.Sub(a.QueuedAt))
		case a.Class == failure.Gone:
		case a.Class == decide.Refused:
			c.Refused++
		default:
			c.Failed++
		}
	}
	if tried := c.Repaired + c.Failed; tried > 0 {
		c.SuccessRate = new(float64(c.Repaired) / float64(tried))
	}
	if len(took) > 0 {
		c.MedianSeconds = new(median(took).Seconds())
	}
	return c
}

// median gives the middle one, or the mean of the middle two.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	middle := len(all) / 2
	if len(all)%2 == 1 {
		return all[middle]
	}
	return (all[middle-1] + all[middle]) / 2
}
