package report

import (
	"encoding/json"
	"strings"
	"time"

	"hubmend/internal/ops/deadletter"
)

// keptLimit is how many characters the page shows of the state before or after a repair.
const keptLimit = 4000

// readable formats what a runbook recorded, a list of texts that are mostly JSON themselves. It reports whether the
// text was cut.
func readable(kept string) (text string, cut bool) {
	var texts []string
	if json.Unmarshal([]byte(kept), &texts) != nil {
		texts = []string{kept}
	}
	for i := range texts {
		texts[i] = deadletter.Pretty(texts[i])
	}
	all := []rune(strings.Join(texts, "\n"))
	if len(all) <= keptLimit {
		return string(all), false
	}
	return string(all[:keptLimit]), true
}

// title names the days of a period, with hours when it is shorter than a day.
func (p Period) title() string {
	from, to := p.From.UTC(), p.To.UTC()
	if to.Sub(from) < day {
		return from.Format("2 January 2006, 15:04") + " to " + to.Format("2 January 2006, 15:04")
	}
	last := to.Add(-1) // the end is not part of it
	switch {
	case from.Format(time.DateOnly) == last.Format(time.DateOnly):
		return from.Format("2 January 2006")
	case from.Year() == last.Year():
		return from.Format("2 January") + " to " + last.Format("2 January 2006")
	}
	return from.Format("2 January 2006") + " to " + last.Format("2 January 2006")
}
