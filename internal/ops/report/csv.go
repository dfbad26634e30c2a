package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

var csvHeader = []string{
	"ended", "found", "seconds", "outcome", "control", "title", "account", "region", "resource", "asked by", "trigger",
	"change", "before", "after", "verified", "class", "reason", "taken back", "undoes", "document", "execution",
	"attempt", "target", "findings", "sender", "calls",
}

// WriteCSV writes a row for each attempt.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(csvHeader) // Error tells
	for _, e := range r.Repairs {
		row := []string{
			stamp(e.EndedAt), stamp(e.FoundAt), strconv.FormatFloat(e.Took().Seconds(), 'f', 0, 64), string(e.Outcome),
			e.Control, e.Title, e.Account, e.Region, e.Resource, e.By, e.Trigger,
			e.Change, e.Before, e.After, e.Verified, e.Class, e.Reason, stamp(e.TakenBackAt), e.Undoes, e.Document,
			e.Execution, strconv.Itoa(e.Number), e.Key, strings.Join(e.Findings, " "), e.Sender, e.Calls,
		}
		for i := range row {
			row[i] = harmless(row[i])
		}
		_ = out.Write(row)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a spreadsheet from taking text for a formula: text that begins with what a formula
// begins with, after white space too, gets an apostrophe in front.
func harmless(cell string) string {
	start := strings.TrimSpace(cell)
	if start != "" && strings.ContainsAny(start[:1], "=+-@|%") || strings.HasPrefix(start, "＝") ||
		strings.HasPrefix(start, "＋") || strings.HasPrefix(start, "－") || strings.HasPrefix(start, "＠") {
		return "'" + cell
	}
	if cell != "" && strings.ContainsAny(cell[:1], "\t\r\n") {
		return "'" + cell
	}
	return cell
}
