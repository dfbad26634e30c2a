package policyfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"hubmend/internal/engine/policy"
)

const dateForm = time.DateOnly

// until reads the last day of a rule and returns the moment at which it has passed, in UTC.
func (r *reader) until(n ast.Node) time.Time {
	text := r.text(n, "until")
	if text == "" {
		return time.Time{}
	}
	date, err := time.Parse(dateForm, text)
	switch {
	case strings.EqualFold(text, "never"):
		r.wrong(n, "until: never does not say why; write forever: with why the rule has no end instead")
		return time.Time{}
	case err != nil:
		r.wrong(n, "%q is not a date; write the last day as year-month-day, such as %s", text, r.now.Format(dateForm))
		return time.Time{}
	}
	return date.AddDate(0, 0, 1)
}

// lastDay is what until said.
func lastDay(rule policy.Rule) string { return day(rule.Until.AddDate(0, 0, -1)) }

func day(t time.Time) string { return t.UTC().Format(dateForm) }

// moment reads a date, which stands for its beginning in UTC, or a time.
func (r *reader) moment(n ast.Node, key string) time.Time {
	text := r.text(n, key)
	for _, form := range []string{dateForm, time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	if text != "" {
		r.wrong(n, "%q is not a date; write one such as %s, or a time such as %s", text, r.now.Format(dateForm),
			r.now.UTC().Format(time.RFC3339))
	}
	return time.Time{}
}

var durationForm = regexp.MustCompile(`^([1-9]\d{0,4})([mhdw])$`)

var units = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// longest is more than anybody should wait, and less than what overflows.
const longest = 366 * 24 * time.Hour

func (r *reader) duration(n ast.Node, key string) time.Duration {
	text, _ := scalar(r.resolve(n))
	m := durationForm.FindStringSubmatch(text)
	if m == nil {
		r.wrong(n, "%s is not a length of time; write one such as 90m, 36h, 3d or 2w", quotedOr(text, key))
		return 0
	}
	number, _ := strconv.Atoi(m[1]) // has five digits at most
	d := time.Duration(number) * units[m[2]]
	if d > longest {
		r.wrong(n, "%s: %s is longer than a year; write at most 366d", key, text)
	}
	return d
}

func quotedOr(text, key string) string {
	if text == "" {
		return key
	}
	return key + ": " + strconv.Quote(text)
}

func (r *reader) windows(n ast.Node) []policy.Window {
	var all []policy.Window
	r.list(n, "windows", func(n ast.Node) {
		w := policy.Window{To: minutesOfDay}
		has := r.mapping(n, "a window", fields{
			"days":     func(n ast.Node) { w.Days = r.days(n) },
			"from":     func(n ast.Node) { w.From = r.clock(n, "from", minutesOfDay-1) },
			"to":       func(n ast.Node) { w.To = r.clock(n, "to", minutesOfDay) },
			"timeZone": func(n ast.Node) { w.Zone = r.zone(n) },
		})
		if has != nil && !has["days"] && !has["from"] && !has["to"] {
			r.wrong(n, "the window is always open; write days:, or from: and to:")
		}
		all = append(all, w)
	})
	return all
}

const minutesOfDay = 24 * 60

var clockForm = regexp.MustCompile(`^(\d{1,2}):(\d\d)$`)

// clock reads a time of the day, up to the latest, and returns minutes.
func (r *reader) clock(n ast.Node, key string, latest int) int {
	text, _ := scalar(r.resolve(n))
	if m := clockForm.FindStringSubmatch(text); m != nil {
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		if at := hour*60 + minute; minute < 60 && at <= latest {
			return at
		}
	}
	r.wrong(n, "%s is not a time of the day; write one from \"00:00\" to \"%02d:%02d\"", quotedOr(text, key),
		latest/60, latest%60)
	return 0
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// days reads weekdays and spans of them.
func (r *reader) days(n ast.Node) []time.Weekday {
	var open [7]bool
	r.texts(n, "days", func(text string) (string, error) {
		first, last, span := strings.Cut(strings.ToLower(text), "-")
		from, to := weekday(first), weekday(last)
		if !span {
			to = from
		}
		if from < 0 || to < 0 {
			return "", fmt.Errorf("%q is not a day of the week; write one such as mon, or a span such as mon-fri", text)
		}
		for d := from; ; d = (d + 1) % 7 {
			open[d] = true
			if d == to {
				return text, nil
			}
		}
	})
	var all []time.Weekday
	for d, is := range open {
		if is {
			all = append(all, time.Weekday(d))
		}
	}
	return all
}

// weekday returns the number of a day, written with three letters or in full, or -1.
func weekday(text string) int {
	for i, short := range weekdays {
		if text == short || text == strings.ToLower(time.Weekday(i).String()) {
			return i
		}
	}
	return -1
}

// zoneForm is how the IANA database spells names. Some systems find other spellings too, but functions do not.
var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

func (r *reader) zone(n ast.Node) string {
	text := r.text(n, "timeZone")
	if text == "" {
		return ""
	}
	if _, err := time.LoadLocation(text); err != nil || text == "Local" || !zoneForm.MatchString(text) {
		r.wrong(n, "%q is not a time zone; write a name of the IANA database, such as Europe/Berlin or UTC", text)
		return ""
	}
	return text
}
