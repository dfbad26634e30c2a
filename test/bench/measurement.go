package main

import (
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// measurement is a row of the table.
type measurement struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	// AtMost is the aim; 0 when there is none.
	AtMost float64 `json:"atMost,omitempty"`
}

func (m measurement) missed() bool { return m.AtMost > 0 && m.Value > m.AtMost }

func (m measurement) aim() string {
	if m.AtMost == 0 {
		return ""
	}
	return "<= " + number(m.AtMost, m.Unit)
}

func (m measurement) measured() string {
	value := number(m.Value, m.Unit)
	if m.missed() {
		value += "  MISSED"
	}
	return value
}

// number writes three significant digits, or all of a whole number.
func number(value float64, unit string) string {
	written := strconv.FormatFloat(value, 'f', -1, 64)
	if value != float64(int64(value)) {
		digits := 2
		if value >= 10 {
			digits = 1
		}
		written = strconv.FormatFloat(value, 'f', digits, 64)
	}
	if unit != "" {
		written += " " + unit
	}
	return written
}

func render(all []measurement) string {
	w := table.NewWriter()
	w.Style().Format.Header = text.FormatDefault
	w.AppendHeader(table.Row{"what", "aim", "measured"})
	for _, m := range all {
		w.AppendRow(table.Row{m.What, m.aim(), m.measured()})
	}
	return w.Render()
}
