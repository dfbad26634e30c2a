package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/ops/cost"
)

func costsCommand() *cobra.Command {
	var f format
	var asMarkdown bool
	var folder string
	size := cost.Typical
	cmd := &cobra.Command{
		Use:   "costs",
		Short: "Estimate the monthly cost of Hubmend",
		Long: `Estimates the monthly cost of Hubmend: the fixed cost of the deployed templates, and the cost of
repairs. Prices and assumptions are those of docs/costs.md. It calls no AWS API.`,
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
			if asMarkdown {
				return report.Page(cmd.OutOrStdout())
			}
			return f.print(cmd.OutOrStdout(), report, costListing(report),
				func(out io.Writer) { printCosts(out, report) })
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&size.Accounts, "accounts", size.Accounts, "number of accounts")
	flags.IntVar(&size.Regions, "regions", size.Regions, "number of Regions in each account")
	flags.IntVar(&size.Repairs, "repairs", size.Repairs, "repairs per month, in all accounts")
	flags.StringVar(&folder, "templates", "",
		"`FOLDER` with the templates (default: those of this program)")
	f.register(cmd)
	flags.BoolVar(&asMarkdown, "markdown", false, "print the page docs/costs.md")
	cmd.MarkFlagsMutuallyExclusive("json", "output", "markdown")
	return cmd
}

var costColumns = []column{{name: "What"}, {name: "Billed", right: true}, {name: "USD", right: true}}

// costListing lists every line of an estimate, with what the line is per.
func costListing(r cost.Report) listing {
	l := listing{columns: append([]column{{name: "Per"}}, costColumns...)}
	for _, line := range r.Estimate.Fixed {
		l.add("month", line.What, line.Amount(), cost.USD(line.USD))
	}
	for _, line := range r.Estimate.Variable {
		l.add("1,000 repairs", line.What, line.Amount(), cost.USD(line.USD))
	}
	return l
}

// printCosts prints the estimate for people.
func printCosts(out io.Writer, r cost.Report) {
	e := r.Estimate
	printBilled(out, "Fixed, per month", e.Fixed, e.FixedUSD)
	printBilled(out, "Per 1,000 repairs", e.Variable, e.PerThousandUSD)
	width := terminalWidth(out)
	for _, sentence := range []string{
		fmt.Sprintf("%s: %s USD, or %s USD with the full free tier.", e.Size, cost.USD(e.MonthUSD),
			cost.USD(e.MonthFreeTierUSD)),
		fmt.Sprintf("Prices are those of %s, in USD without tax. Prices and assumptions: docs/costs.md", r.Book.Region),
	} {
		fmt.Fprintln(out, strings.Join(wrapLine(sentence, 0, width), "\n"))
	}
}

func printBilled(out io.Writer, title string, lines []cost.Line, total float64) {
	l := listing{columns: costColumns}
	for _, line := range lines {
		l.add(line.What, line.Amount(), cost.USD(line.USD))
	}
	fmt.Fprintf(out, "%s\n\n%s\n\n", painter(out)(text.Bold, title+": "+cost.USD(total)+" USD"), l.render(out))
}
