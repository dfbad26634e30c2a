package main

import (
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// narrowest is how far a column shrinks; below it words become unreadable before the table fits.
const narrowest = 12

// wrapped is a column that may be so wide, and less on a terminal that is narrow.
func wrapped(number, most int) table.ColumnConfig {
	return table.ColumnConfig{Number: number, WidthMax: most, WidthMaxEnforcer: text.WrapSoft}
}

// render writes a table. On a terminal it narrows the columns that wrap, until the table fits.
func render(out io.Writer, w table.Writer, columns ...table.ColumnConfig) string {
	width := terminalWidth(out)
	for {
		w.SetColumnConfigs(columns)
		said := w.Render()
		over := text.LongestLineLen(said) - width
		i := widest(columns)
		if width == 0 || over <= 0 || i < 0 || columns[i].WidthMax <= narrowest {
			return said
		}
		columns[i].WidthMax = max(narrowest, columns[i].WidthMax-max(1, over/len(columns)))
	}
}

// widest gives the index of the column that may be the widest, or -1.
func widest(columns []table.ColumnConfig) int {
	if len(columns) == 0 {
		return -1
	}
	return slices.IndexFunc(columns, func(c table.ColumnConfig) bool {
		return c.WidthMax == slices.MaxFunc(columns,
			func(a, b table.ColumnConfig) int { return a.WidthMax - b.WidthMax }).WidthMax
	})
}

// terminalWidth is how many characters a line of a terminal has, and 0 for everything else.
func terminalWidth(out io.Writer) int {
	columns, _ := terminalSize(out)
	return columns
}
