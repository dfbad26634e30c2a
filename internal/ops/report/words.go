package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"hubmend/internal/engine/target"
	"hubmend/internal/ops/deadletter"
)

// visible puts text into one line and escapes characters that could hide text or change its direction.
func visible(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// shortName is the short name of a resource.
func shortName(resource string) string { return visible(target.Name(resource)) }

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

// span writes a duration without a line break: 40 s, 12 min, 5 h or 3 d.
func span(seconds float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}} {
		if seconds >= 2*unit.size {
			return fmt.Sprintf("%.0f\u00a0%s", math.Round(seconds/unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%.0f\u00a0s", seconds)
}

// percent writes a rate. Only a rate of 1 is 100%.
func percent(rate float64) string {
	whole := math.Round(rate * 100)
	if rate < 1 && whole == 100 {
		return fmt.Sprintf("%.1f%%", math.Min(99.9, math.Floor(rate*1000)/10))
	}
	return fmt.Sprintf("%.0f%%", whole)
}

// plural writes a number with its noun.
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + more
}

// grouped writes a number with commas.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

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
