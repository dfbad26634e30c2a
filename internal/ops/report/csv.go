package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/spreadsheet"
)

var csvHeader = []string{
	"ended", "found", "seconds", "outcome", "control", "title", "account", "region", "resource", "requested by",
	"trigger", "change", "before", "after", "verified", "class", "reason", "undone at", "undoes", "document",
	"execution", "attempt", "target", "findings", "sender", "calls",
	"proposal", "asked by", "despite policy", "v2 ids",
}

// WriteCSV writes a row for each attempt.
func (r Report) WriteCSV(w io.Writer) error {
	var rows [][]string
	for _, e := range r.Repairs {
		rows = append(rows, []string{
			stamp(e.EndedAt), stamp(e.FoundAt), strconv.FormatFloat(e.Took().Seconds(), 'f', 0, 64), string(e.Outcome),
			e.Control, e.Title, e.Account, e.Region, e.Resource, e.By, e.Trigger,
			e.Change, e.Before, e.After, e.Verified, e.Class, e.Reason, stamp(e.UndoneAt), e.Undoes, e.Document,
			e.Execution, strconv.Itoa(e.Number), e.Key, strings.Join(e.Findings, " "), e.Sender, e.Calls,
			e.Proposal, e.AskedBy, e.Despite, overview.V2IDs(e.V2IDs),
		})
	}
	return spreadsheet.WriteCSV(w, csvHeader, rows)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
