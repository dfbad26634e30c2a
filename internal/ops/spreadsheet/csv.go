// Package spreadsheet writes tables for spreadsheets.
package spreadsheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteCSV writes a header and rows as RFC 4180 describes. Cells are data: none is a formula, and none controls a
// terminal.
func WriteCSV(out io.Writer, header []string, rows [][]string) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	_ = w.Write(header) // Error reports the first failure
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = asText(strings.Map(printable, cell))
		}
		_ = w.Write(cells)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// printable drops control characters, except those that separate words and lines.
func printable(r rune) rune {
	if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) {
		return -1
	}
	return r
}

// asText keeps a spreadsheet from evaluating a cell as a formula. Spreadsheets ignore leading space, and some
// accept full-width signs.
func asText(cell string) string {
	start := strings.TrimSpace(cell)
	for _, sign := range []string{"=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(start, sign) {
			return "'" + cell
		}
	}
	if strings.TrimLeft(cell, "\t\r\n") != cell {
		return "'" + cell
	}
	return cell
}
