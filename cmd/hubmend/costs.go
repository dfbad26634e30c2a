package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/build/templates"
	"hubmend/internal/ops/cost"
)

func costsCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	var folder string
	size := cost.Typical
	cmd := &cobra.Command{
		Use:   "costs",
		Short: "Estimate what Hubmend costs a month",
		Long: `Estimates what Hubmend costs a month: what is billed always, counted in the synthesized
templates, and what repairs add. Prices and assumptions are those of
docs/costs.md; no AWS API is asked.`,
		Example: `  hubmend costs --accounts 20 --regions 2 --repairs 500
  hubmend costs --json
  hubmend costs --markdown > docs/costs.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inventory, err := cost.Read(folder, cost.Embedded())
			if err != nil {
				return err
			}
			report, err := cost.Make(inventory, size)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				return json.NewEncoder(out).Encode(report)
			case asMarkdown:
				return report.Page(out)
			}
			return writeCosts(out, report)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&size.Accounts, "accounts", size.Accounts, "accounts that Hubmend repairs in")
	flags.IntVar(&size.Regions, "regions", size.Regions, "Regions of each account")
	flags.IntVar(&size.Repairs, "repairs", size.Repairs, "repairs a month, in all accounts together")
	flags.StringVar(&folder, "templates", templates.Folder, "`FOLDER` with the templates")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	flags.BoolVar(&asMarkdown, "markdown", false, "print the page docs/costs.md")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// writeCosts prints the estimate that was asked for.
func writeCosts(out io.Writer, r cost.Report) error {
	e := r.Estimate
	_, err := fmt.Fprintf(out, "%s\n\n%s\n\n%s: %s USD, or %s with the whole free tier.\n"+
		"USD without tax, %s. docs/costs.md has the prices and what is assumed.\n",
		billed("Fixed, per month", e.Fixed, e.FixedUSD), billed("Per 1,000 repairs", e.Variable, e.PerThousandUSD),
		e.Size, cost.USD(e.MonthUSD), cost.USD(e.MonthFreeTierUSD), r.Book.Region)
	return err
}

func billed(title string, lines []cost.Line, total float64) string {
	w := table.NewWriter()
	w.SetTitle(title)
	w.Style().Format.Footer = text.FormatDefault
	w.AppendHeader(table.Row{"What", "Billed", "USD"})
	for _, l := range lines {
		w.AppendRow(table.Row{l.What, l.Amount(), cost.USD(l.USD)})
	}
	w.AppendFooter(table.Row{"together", "", cost.USD(total)})
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight},
		{Number: 3, Align: text.AlignRight, AlignFooter: text.AlignRight}})
	return w.Render()
}
