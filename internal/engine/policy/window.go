package policy

import (
	"slices"
	"time"
	_ "time/tzdata" // functions run where there is no database of time zones
)

// Window is a time of the week in which repairs may start.
type Window struct {
	Days []time.Weekday `json:"days,omitempty"` // on which it opens; none: every day
	// From and To are minutes after midnight. A window that ends at or before its beginning ends on the next day.
	From int    `json:"from"`
	To   int    `json:"to"`
	Zone string `json:"zone,omitempty"` // of the IANA database; empty: UTC
}

// opening returns the first moment from a time on at which one of the windows is open. Without windows it is the time
// itself.
func opening(windows []Window, from time.Time) time.Time {
	if len(windows) == 0 {
		return from
	}
	var all []time.Time
	for _, w := range windows {
		all = append(all, w.opening(from))
	}
	return slices.MinFunc(all, time.Time.Compare)
}

// longTime is returned for a window of a time zone that is not known, so that it never opens.
var longTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// opening returns the first moment from a time on at which the window is open. It looks at the day before, because a
// window may last beyond midnight, and at a week and a day, because it may be open on one day of the week only.
func (w Window) opening(from time.Time) time.Time {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return longTime
	}
	year, month, today := from.In(zone).Date()
	for day := today - 1; day <= today+8; day++ {
		opens := time.Date(year, month, day, 0, w.From, 0, 0, zone)
		closes := time.Date(year, month, day, 0, w.To, 0, 0, zone)
		if w.To <= w.From {
			closes = time.Date(year, month, day+1, 0, w.To, 0, 0, zone)
		}
		if len(w.Days) > 0 && !slices.Contains(w.Days, time.Date(year, month, day, 12, 0, 0, 0, zone).Weekday()) ||
			!from.Before(closes) {
			continue
		}
		if from.After(opens) {
			return from
		}
		return opens
	}
	return longTime
}
