package cost

import (
	"fmt"
	"strings"
)

func (r Report) peer(b *strings.Builder) {
	p := r.Book.Peer
	all, beside := p.PerThousand()
	e := r.Estimate
	b.WriteString("\n## The peer's repair\n\nFrom the assumptions that the peer publishes, not measured by us:\n\n")
	var rows [][]string
	for _, part := range p.Repair {
		rows = append(rows, []string{part.What, number(part.Quantity), USD(thousand * part.Quantity * part.USD)})
	}
	rows = append(rows, []string{"**1,000 repairs**", "", "**" + USD(all) + "**"})
	grid(b, "what | for one repair | USD per 1,000 repairs", rows)
	fmt.Fprintf(b, "\nOurs cost %s USD, %s of it beside the runbooks, where the peer has %s. The peer has a key of "+
		"%s USD for each account and\n"+
		"Region instead.", USD(e.PerThousandUSD), USD(e.PerThousandUSD-e.runbooks()), USD(beside), USD(p.Place))
	if more := e.PerThousandUSD - all; more > 0 {
		fmt.Fprintf(b, " It pays for the difference of %.0f repairs: who repairs more than that in every account "+
			"and Region, every\n"+
			"month, has the peer cheaper.", p.Place*thousand/more)
	}
	findings := r.Book.Value("findings")
	fmt.Fprintf(b, "\n\nThe peer starts a runbook for every finding. A repair of ours answers all findings of its "+
		"resource, %s in this estimate (seven and more\n"+
		"when it is the password policy's): so 1,000 findings that are answered cost %s USD, and the peer's %s.\n",
		number(findings), USD(e.PerThousandUSD/findings), USD(all))
}

func (r Report) assumptions(b *strings.Builder) {
	b.WriteString("\n## Assumptions\n\nMeasured by `make bench`, documented by AWS or by us, or assumed; what is " +
		"assumed is on the high side.\n\n")
	var rows [][]string
	for _, a := range r.Book.Assumptions {
		rows = append(rows, []string{amount(a.Value, a.Unit), a.Basis, a.What})
	}
	grid(b, "number | basis | what it is about", rows)
	b.WriteString("\nNot documented, and taken the dear way: that each pass of a loop, branches and waits are " +
		"billed as steps.\n\n" +
		"Left out, each below a cent a month: the functions' code in the bucket of the CDK, calls to Service " +
		"Catalog and data transfer.\n" +
		"Left out because it is not for Hubmend: Security Hub's checks, AWS Config, and trails beyond the first, " +
		"which record Hubmend's calls\n" +
		"as anybody's. Updates of findings and queries are free.\n")
}

func (r Report) prices(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Prices\n\nThose of %s, as the sources had them when the last column says. They were not "+
		"compared with a bill: look at AWS's price\n"+
		"lists before you rely on them.\n\n", r.Book.Region)
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
	grid(b, "what | USD | for | free each month | source | read", rows)
}

// lines writes what is billed, the sum last.
func lines(b *strings.Builder, all []Line, total float64) {
	var rows [][]string
	for _, l := range all {
		rows = append(rows, []string{l.What, l.Amount(), USD(l.USD)})
	}
	grid(b, "what | billed | USD", append(rows, []string{"**together**", "", "**" + USD(total) + "**"}))
}

// grid writes a table; the header's cells have bars between them.
func grid(b *strings.Builder, header string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", header, strings.Repeat("---|", strings.Count(header, "|")+1))
	for _, cells := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}
