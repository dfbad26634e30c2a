package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/mattn/go-isatty"
)

// moment formats a time in UTC for people.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// span formats a duration: 40 s, 12 min, 5 h or 3 d.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= 2*unit.size {
			return fmt.Sprintf("%.0f %s", math.Round(d.Seconds()/unit.size.Seconds()), unit.name)
		}
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// period is the value of a flag such as --since 7d.
type period time.Duration

var periodForm = regexp.MustCompile(`^([1-9]\d{0,4})([mhd])$`)

// Set implements pflag.Value.
func (p *period) Set(s string) error {
	m := periodForm.FindStringSubmatch(s)
	if m == nil {
		return fmt.Errorf("%q is not a length of time such as 90m, 36h or 7d", s)
	}
	n, _ := strconv.Atoi(m[1]) // has five digits at most
	*p = period(time.Duration(n) * map[string]time.Duration{"m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour}[m[2]])
	return nil
}

// String implements pflag.Value.
func (p *period) String() string {
	switch d := time.Duration(*p); {
	case d == 0:
		return ""
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
}

// Type implements pflag.Value.
func (*period) Type() string { return "period" }

// styled reports whether the output is a terminal that interprets escape sequences, and NO_COLOR is not set.
func styled(out io.Writer) bool {
	file, isFile := out.(interface{ Fd() uintptr })
	return isFile && isatty.IsTerminal(file.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// painting colours text.
type painting func(text.Color, string) string

func plain(_ text.Color, s string) string { return s }

func coloured(c text.Color, s string) string {
	if c == text.Reset {
		return s
	}
	return text.Escape(s, c.EscapeSeq())
}

// painter returns coloured for a terminal, and plain for everything else.
func painter(out io.Writer) painting {
	if styled(out) {
		return coloured
	}
	return plain
}
