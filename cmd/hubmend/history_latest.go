package main

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/report"
	"hubmend/internal/ops/wording"
)

// latestShown is how many remediations history shows by default.
const latestShown = 20

// latest is the output of history without a target in JSON.
type latest struct {
	Since    time.Time      `json:"since"`
	Total    int            `json:"total"`    // how many attempts ended since then
	Attempts []report.Entry `json:"attempts"` // the latest of them, latest first
}

// showLatest prints the latest attempts of all targets; all of them when most is 0.
func showLatest(cmd *cobra.Command, cfg aws.Config, most uint, since period, f format) error {
	now := time.Now().UTC().Truncate(time.Second)
	from := now.Add(-time.Duration(since))
	b, newer := report.New(report.Options{Period: report.Period{From: from, To: now.Add(time.Second)}, Now: now,
		Region: cfg.Region, Catalog: catalog.Embedded()}), 0
	for e, err := range readLedger(cfg).All(cmd.Context()) {
		if err != nil {
			return ledgerError(cfg.Region, err)
		}
		b.Add(e)
		if e.Newer {
			newer++
		}
	}
	for _, note := range newerNote(newer) {
		fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", note)
	}
	all := b.Report().Repairs
	l := latest{Since: from, Total: len(all), Attempts: all}
	if most > 0 && uint(len(all)) > most {
		l.Attempts = all[:most]
	}
	return f.print(cmd.OutOrStdout(), l, latestListing(l.Attempts),
		func(out io.Writer) { printLatest(out, l, since) })
}

func printLatest(out io.Writer, l latest, since period) {
	if l.Total == 0 {
		fmt.Fprintf(out, "No remediation ended in the last %s.\n", since.String())
		return
	}
	fmt.Fprintf(out, "%s\n\n", latestListing(l.Attempts).render(out))
	paragraphs(out, fmt.Sprintf("%d of %s in the last %s. `hubmend history RESOURCE` shows one resource in full.",
		len(l.Attempts), wording.Counted(l.Total, "attempt"), since.String()))
}

func latestListing(entries []report.Entry) listing {
	l := listing{columns: []column{
		{name: "Ended (UTC)", show: minutes}, {name: "Outcome", color: colorOfOutcome}, {name: "Control"},
		{name: "Account"}, {name: "Region"}, {name: "Resource", show: overview.Short}, {name: "Details"},
		{name: "Execution", csvOnly: true}, {name: "Key", csvOnly: true},
		{name: "V2 ids", csvOnly: true},
	}}
	for _, e := range entries {
		l.add(fullTime(e.EndedAt), string(e.Outcome), e.Control, e.Account, e.Region, e.Resource,
			cmp.Or(e.Reason, e.Change), e.Execution, e.Key, overview.V2IDs(e.V2IDs))
	}
	return l
}

func colorOfOutcome(outcome string) text.Color { return outcomeColors[outcomes.Outcome(outcome)] }
