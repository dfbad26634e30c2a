package page

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"hubmend/internal/engine/target"
)

// Visible puts text into one line and escapes characters that could hide text or change its direction.
func Visible(s string) string {
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

// ShortName is the short name of a resource.
func ShortName(resource string) string { return Visible(target.Name(resource)) }

// Span writes a duration without a line break: 40 s, 12 min, 5 h or 3 d.
func Span(seconds float64) string {
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

// Percent writes a rate. Only a rate of 1 is 100%.
func Percent(rate float64) string {
	whole := math.Round(rate * 100)
	if rate < 1 && whole == 100 {
		return fmt.Sprintf("%.1f%%", math.Min(99.9, math.Floor(rate*1000)/10))
	}
	return fmt.Sprintf("%.0f%%", whole)
}

// Plural writes a number with its noun.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + more
}

// Grouped writes a number with commas.
func Grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Moment writes a time in UTC.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
