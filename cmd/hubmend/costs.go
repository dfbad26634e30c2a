package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/cost"
	"hubmend/internal/templates"
)

// mostPasses is more than any resource needs; each pass of each loop is counted step by step.
const mostPasses = 1000

func costsCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	var folder string
	q := cost.Question{Size: cost.Typical}
	cmd := &cobra.Command{
		Use:   "costs",
		Short: "Estimate what Hubmend costs a month",
		Long: `Estimates what Hubmend costs a month: what is billed always, counted in the synthesized
templates, and what repairs add, counted in the runbooks. Prices and assumptions are those of
docs/costs.md; no AWS API is asked.`,
		Example: fmt.Sprintf("  hubmend costs --accounts 20 --regions 2 --repairs 500\n  hubmend costs --control %s --loop-passes 2\n"+
			"  hubmend costs --json\n  hubmend costs --markdown > docs/costs.md", exampleControl().ID),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("loop-passes") && (q.Passes < 1 || q.Passes > mostPasses) {
				return fmt.Errorf("--loop-passes %d: a loop is gone through once at least, and here %d times at most", q.Passes, mostPasses)
			}
			inventory, err := cost.Read(folder, cost.Embedded())
			if err != nil {
				return err
			}
			report, err := cost.Make(catalog.Embedded(), inventory, q)
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
	flags.IntVar(&q.Accounts, "accounts", q.Accounts, "accounts that Hubmend repairs in")
	flags.IntVar(&q.Regions, "regions", q.Regions, "Regions of each account")
	flags.IntVar(&q.Repairs, "repairs", q.Repairs, "repairs a month, in all accounts together")
	flags.StringSliceVar(&q.Controls, "control", nil, "repair these controls only, each as often as the others (default: the whole catalog)")
	flags.IntVar(&q.Passes, "loop-passes", 0, "how often a runbook goes through each of its loops (default: as docs/costs.md assumes)")
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
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight, AlignFooter: text.AlignRight}})
	return w.Render()
}
