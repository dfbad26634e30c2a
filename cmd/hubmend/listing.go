package main

import (
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/ops/wording"
)

// listing is what a command lists: columns, and rows with the full values. CSV has these values, tables and records
// show them to people.
type listing struct {
	columns []column
	rows    [][]string
}

// column is one field of a listing.
type column struct {
	name  string
	show  func(string) string     // a shorter form for people; nil: the value as it is
	color func(string) text.Color // nil: none
	right bool                    // for numbers

	csvOnly bool // people see it elsewhere, or not at all
}

// header returns the names for CSV: "since" for "Since (UTC)".
func (l listing) header() []string {
	var names []string
	for _, c := range l.columns {
		name, _, _ := strings.Cut(c.name, " (")
		names = append(names, strings.ToLower(name))
	}
	return names
}

func (l *listing) add(row ...string) { l.rows = append(l.rows, row) }

// only keeps some of the columns.
func (l listing) only(indexes []int) listing {
	some := listing{rows: make([][]string, len(l.rows))}
	for _, i := range indexes {
		some.columns = append(some.columns, l.columns[i])
		for n, row := range l.rows {
			some.rows[n] = append(some.rows[n], row[i])
		}
	}
	return some
}

// forPeople leaves out what only programs get.
func (l listing) forPeople() listing {
	var kept []int
	for i, c := range l.columns {
		if !c.csvOnly {
			kept = append(kept, i)
		}
	}
	return l.only(kept)
}

// shown gives the cells as people see them: in one line, and on a terminal not longer than a few lines of it.
func (l listing) shown(width int) [][]string {
	var rows [][]string
	for _, row := range l.rows {
		var cells []string
		for i, cell := range row {
			if show := l.columns[i].show; show != nil {
				cell = show(cell)
			}
			cell = wording.OneLine(cell)
			if width > 0 {
				cell = clip(cell)
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	return rows
}

// paint colours a cell, or a part of one, by the value of the whole cell.
func (c column) paint(part, value string, paint painting) string {
	if c.color == nil || part == "" {
		return part
	}
	return paint(c.color(value), part)
}

func (c column) align(cell string, width int) string {
	if c.right {
		return text.AlignRight.Apply(cell, width)
	}
	return pad(cell, width)
}

// Times are written in full; people see minutes.

func fullTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func minutes(full string) string {
	t, err := time.Parse(time.RFC3339, full)
	if err != nil {
		return full
	}
	return moment(t)
}
