package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// wide is the narrowest terminal on which a table may wrap its cells. On a narrower one, what does not fit
	// becomes records.
	wide = 110
	// gap is between two columns.
	gap = "  "
	// Below narrowest words become unreadable before the table fits; a word that is longer than longestWord, such
	// as an ARN, breaks.
	narrowest, longestWord = 20, 40
)

// render draws a listing for people. Off a terminal it is a table with everything.
func (l listing) render(out io.Writer) string {
	width, paint := terminalWidth(out), painter(out)
	l = l.forPeople()
	rows := l.shown(width)
	if width == 0 || len(rows) == 0 {
		return l.table(rows, l.widths(rows), paint)
	}
	common, rest := l.common(rows)
	said := ""
	if len(common.columns) > 0 {
		said = common.once(len(rows), width, paint) + "\n\n"
	}
	rows = unrepeated(rest.shown(width))
	widths := rest.widths(rows)
	if !narrow(widths, rest.floors(rows, widths), width) {
		return said + rest.records(rows, width, paint)
	}
	return said + rest.table(rows, widths, paint)
}

// common parts the columns whose cells are all equal from the others. Of those that are all empty nothing is left.
func (l listing) common(rows [][]string) (common, rest listing) {
	var equal, other []int
	for i := range l.columns {
		first := rows[0][i]
		switch {
		case slices.ContainsFunc(rows, func(row []string) bool { return row[i] != first }):
			other = append(other, i)
		case first != "":
			equal = append(equal, i)
		}
	}
	if len(rows) < 2 || len(other) == 0 {
		return listing{}, l
	}
	return l.only(equal), l.only(other)
}

// once says what all rows have in common, in a line if there is room for it.
func (l listing) once(n, width int, paint painting) string {
	title := fmt.Sprintf("All %d: ", n)
	row := l.shown(width)[0]
	var facts []string
	for i, c := range l.columns {
		facts = append(facts, c.name+" "+row[i])
	}
	if line := title + strings.Join(facts, ", "); text.StringWidth(line) <= min(width, wide) {
		return line
	}
	return strings.TrimSpace(title) + "\n" + l.records([][]string{row}, width, paint)
}

// A text that is longer than longText and repeats from row to row is drawn once.
const (
	longText    = 40
	sameAsAbove = "(same as above)"
)

func unrepeated(rows [][]string) [][]string {
	for n := len(rows) - 1; n > 0; n-- {
		for i := 1; i < len(rows[n]); i++ {
			if cell := rows[n][i]; len(cell) > longText && cell == rows[n-1][i] {
				rows[n][i] = sameAsAbove
			}
		}
	}
	return rows
}

// widths gives how wide each column is if nothing wraps.
func (l listing) widths(rows [][]string) []int {
	header := make([]string, len(l.columns))
	for i, c := range l.columns {
		header[i] = c.name
	}
	return columnWidths(append([][]string{header}, rows...))
}

// floors gives how far each column may shrink.
func (l listing) floors(rows [][]string, widths []int) []int {
	floors := make([]int, len(widths))
	for i := range floors {
		word := 0
		for _, row := range rows {
			for _, w := range strings.Fields(row[i]) {
				word = max(word, text.StringWidth(w))
			}
		}
		floors[i] = min(widths[i], max(narrowest, min(word, longestWord)))
	}
	return floors
}

// narrow shrinks the widest columns until they fit, and reports whether they do.
func narrow(widths, floors []int, width int) bool {
	over := len(gap)*(len(widths)-1) - width
	for _, w := range widths {
		over += w
	}
	if over > 0 && width < wide {
		return false
	}
	for ; over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if w > floors[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		widths[widest]--
	}
	return true
}

// table draws rows below each other, under the names of their columns.
func (l listing) table(rows [][]string, widths []int, paint painting) string {
	var names, rules []string
	for i, c := range l.columns {
		names = append(names, c.align(paint(text.Bold, c.name), widths[i]))
		rules = append(rules, strings.Repeat("-", widths[i]))
	}
	lines := []string{joined(names), joined(rules)}
	for _, row := range rows {
		lines = append(lines, l.rowLines(row, widths, paint)...)
	}
	return strings.Join(lines, "\n")
}

// rowLines draws a row, in as many lines as its longest cell takes.
func (l listing) rowLines(row []string, widths []int, paint painting) []string {
	var cells [][]string
	height := 0
	for i := range row {
		cells = append(cells, wrapLine(row[i], 0, widths[i]))
		height = max(height, len(cells[i]))
	}
	var lines []string
	for n := range height {
		var parts []string
		for i, c := range l.columns {
			part := ""
			if n < len(cells[i]) {
				part = c.paint(cells[i][n], row[i], paint)
			}
			parts = append(parts, c.align(part, widths[i]))
		}
		lines = append(lines, joined(parts))
	}
	return lines
}

func joined(cells []string) string { return strings.TrimRight(strings.Join(cells, gap), " ") }

// records draws each row as a block of "Key: value", without the empty cells.
func (l listing) records(rows [][]string, width int, paint painting) string {
	key := 0
	for _, c := range l.columns {
		key = max(key, text.StringWidth(c.name)+len(": "))
	}
	var blocks []string
	for _, row := range rows {
		var lines []string
		for i, c := range l.columns {
			if row[i] == "" {
				continue
			}
			for j, part := range wrapLine(row[i], 0, max(narrowest, width-key)) {
				name := pad("", key)
				if j == 0 {
					name = pad(paint(text.Bold, c.name+":"), key)
				}
				lines = append(lines, name+c.paint(part, row[i], paint))
			}
		}
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	return strings.Join(blocks, "\n\n")
}

// terminalWidth is how many characters a line has, and 0 when nobody says.
func terminalWidth(out io.Writer) int {
	columns, _ := terminalSize(out)
	return columns
}
