package cost

import (
	"fmt"
	"strings"
)

func (r Report) peer(b *strings.Builder) {
	p := r.Book.Peer
	all, beside := p.PerThousand()
	e := r.Estimate
	b.WriteString("\n## A repair with ASR\n\nFrom the assumptions on its cost page, not measured:\n\n")
	var rows [][]string
	for _, part := range p.Repair {
		rows = append(rows, []string{part.What, number(part.Quantity), USD(thousand * part.Quantity * part.USD)})
	}
	rows = append(rows, []string{"**1,000 repairs**", "", "**" + USD(all) + "**"})
	grid(b, "item | per repair | USD per 1,000 repairs", rows)
	fmt.Fprintf(b, "\n1,000 repairs with Hubmend cost %s USD, of which %s USD are not for the runbooks (ASR: %s USD). "+
		"ASR also has\na key for %s USD per month in each account and Region.", USD(e.PerThousandUSD),
		USD(e.PerThousandUSD-e.runbooks()), USD(beside), USD(p.Place))
	if more := e.PerThousandUSD - all; more > 0 {
		fmt.Fprintf(b, " With more than %.0f repairs per month in every account\nand Region, ASR is cheaper.",
			p.Place*thousand/more)
	}
	findings := r.Book.Value("findings")
	fmt.Fprintf(b, "\n\nASR starts a runbook for every finding. Hubmend resolves all findings of a resource with one "+
		"repair: %s findings\nin this estimate, and at least seven for the password policy. 1,000 resolved findings "+
		"cost "+
		"%s USD with Hubmend\nand %s USD with ASR.\n",
		number(findings), USD(e.PerThousandUSD/findings), USD(all))
}

func (r Report) assumptions(b *strings.Builder) {
	b.WriteString("\n## Assumptions\n\nMeasured by `make bench`, documented by AWS or in this repository, or " +
		"assumed. Assumed numbers are on the high\nside.\n\n")
	var rows [][]string
	for _, a := range r.Book.Assumptions {
		rows = append(rows, []string{amount(a.Value, a.Unit), a.Basis, a.What})
	}
	grid(b, "number | basis | description", rows)
	b.WriteString("\nThe estimate assumes that each pass of a loop, each branch and each wait is billed as a step. " +
		"AWS does not\ndocument this.\n\n" +
		"The estimate leaves out items below 0.01 USD per month: the functions' code in the CDK bucket, calls to " +
		"Service\nCatalog, and data transfer. It also leaves out the cost of Security Hub, AWS Config, and " +
		"CloudTrail trails beyond\nthe first, which exist without Hubmend. Queries and updates of findings are free.\n")
}

func (r Report) prices(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Prices\n\nThe prices are those of %s. They were not compared with a bill: check AWS's price "+
		"lists before you rely on\nthem.\n\n", r.Book.Region)
	var rows [][]string
	for _, p := range r.Book.Prices {
		per, free := p.Unit, ""
		if p.Per > 1 {
			per = amount(p.Per, p.Unit)
		}
		if p.Free > 0 {
			free = number(p.Free)
		}
		s := r.Book.source(p.Source)
		rows = append(rows, []string{p.Name, exact(p.USD), per, free, fmt.Sprintf("[%s](%s)", s.Text, s.URL), s.Read})
	}
	grid(b, "item | USD | per | free per month | source | read", rows)
}

// lines writes the billed items, with their total in the last row.
func lines(b *strings.Builder, all []Line, total float64) {
	var rows [][]string
	for _, l := range all {
		rows = append(rows, []string{l.What, l.Amount(), USD(l.USD)})
	}
	grid(b, "item | billed | USD", append(rows, []string{"**total**", "", "**" + USD(total) + "**"}))
}

// grid writes a table. Bars separate the cells of the header.
func grid(b *strings.Builder, header string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", header, strings.Repeat("---|", strings.Count(header, "|")+1))
	for _, cells := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}
