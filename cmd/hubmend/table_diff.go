package main

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/wording"
)

// tableDiff draws the changes of a table below its title.
func tableDiff(before, after scenario.Table, width int, paint painting) []string {
	lines := []string{shorten(before.Title, width)}
	if len(before.Columns) > 0 {
		_, rows := diffRows(before.Rows, after.Rows)
		widths := columnWidths(slices.Concat([][]string{before.Columns}, rows))
		lines = append(lines, paint(text.Faint, shorten("    "+alignRow(before.Columns, widths), width)))
	}
	return append(lines, rowsDiff(before, after, width, paint)...)
}

// rowsDiff draws the previous rows, removed ones with a minus sign, and then the added ones with a plus sign.
func rowsDiff(before, after scenario.Table, width int, paint painting) []string {
	marks, rows := diffRows(before.Rows, after.Rows)
	widths := columnWidths(slices.Concat([][]string{before.Columns}, rows))
	var lines []string
	for i, row := range rows {
		line := shorten("  "+marks[i]+" "+alignRow(row, widths), width)
		switch marks[i] {
		case "-":
			line = paint(text.FgRed, line)
		case "+":
			line = paint(text.FgGreen, line)
		}
		lines = append(lines, line)
	}
	if !slices.Contains(marks, "-") && !slices.Contains(marks, "+") {
		lines = append(lines, "  no changes")
	}
	return lines
}

// diffRows returns the rows of both tables, each once, marked as removed (-), added (+) or kept.
func diffRows(before, after [][]string) (marks []string, rows [][]string) {
	added := slices.Clone(after)
	for _, row := range before {
		mark := "-"
		if i := indexOfRow(added, row); i >= 0 {
			mark, added = " ", slices.Delete(added, i, i+1)
		}
		marks, rows = append(marks, mark), append(rows, row)
	}
	for _, row := range added {
		marks, rows = append(marks, "+"), append(rows, row)
	}
	return marks, rows
}

func indexOfRow(rows [][]string, row []string) int {
	return slices.IndexFunc(rows, func(r []string) bool { return slices.Equal(r, row) })
}

// sameRows reports whether two tables have the same rows in any order.
func sameRows(a, b scenario.Table) bool {
	marks, _ := diffRows(a.Rows, b.Rows)
	return !slices.ContainsFunc(marks, func(m string) bool { return m != " " })
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], text.StringWidth(wording.OneLine(cell)))
		}
	}
	return widths
}

func alignRow(row []string, widths []int) string {
	var cells []string
	for i, cell := range row {
		cells = append(cells, pad(wording.OneLine(cell), widths[i]))
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}
