package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/cost"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/preview"
	"hubmend/internal/ops/wording"
)

// outcomeMeans explains the outcomes.
var outcomeMeans = map[preview.Outcome]string{
	preview.Repaired:  "remediated at the next check by Security Hub",
	preview.Delayed:   "remediated later: a delay, a change window or a budget",
	preview.Asked:     "a person approves or requests the repair",
	preview.Unknown:   "depends on facts that are missing here",
	preview.Exempt:    "not remediated, and the finding says why",
	preview.Suspended: "too many attempts; waits for a person",
	preview.Held:      "a repair was undone; waits for a person",
	preview.Waiting:   "paused, or a circuit breaker is open",
	preview.Notified:  "not NEW, so not remediated automatically",
	preview.Refused:   "Hubmend cannot remediate this resource",
	preview.Manual:    "must be remediated manually",
	preview.Uncovered: "no control, or its group is not ENABLED",
}

var outcomeColours = map[preview.Outcome]text.Color{preview.Repaired: text.FgGreen, preview.Delayed: text.FgGreen,
	preview.Asked: text.FgYellow, preview.Unknown: text.FgYellow, preview.Suspended: text.FgRed,
	preview.Held: text.FgRed}

func outcomeColour(name string) text.Color {
	return cmp.Or(outcomeColours[preview.Outcome(name)], text.Reset)
}

// previewListing lists every finding, for CSV.
func previewListing(rows []preview.Row) listing {
	l := listing{columns: []column{{name: "Outcome"}, {name: "Control"}, {name: "Account"}, {name: "OU"},
		{name: "Region"}, {name: "Resource"}, {name: "Finding"}, {name: "Severity"}, {name: "Since"}, {name: "Risk"},
		{name: "Irreversible"}, {name: "Managed by"},
		{name: "Rule"}, {name: "Owner"}, {name: "Ticket"}, {name: "Until"}, {name: "Reason"}, {name: "V2 id"}}}
	for _, r := range rows {
		l.add(string(r.Outcome), r.Control, r.Account, r.OU, r.Region, r.Resource, r.Finding, r.Severity,
			fullTime(r.Since), r.Risk, strconv.FormatBool(r.Irreversible), r.ManagedBy, r.Rule, r.Owner, r.Ticket,
			fullTime(r.Until), r.Reason, r.V2ID)
	}
	return l
}

// printPreview writes a preview for people.
func printPreview(out io.Writer, r preview.Report, page string) {
	policy := "none"
	if r.Policy != "" {
		policy = r.Policy
	}
	paragraphs(out, fmt.Sprintf("If %s ENABLED, %s for %s. Policy: %s.", enabledWords(r.Enabled),
		startWords(r.Total.Repairs), wording.Counted(r.Total.Findings, "open finding"), policy))
	if r.Total.Findings > 0 {
		fmt.Fprintf(out, "\n%s\n", outcomeListing(r.Total).render(out))
		printLookFirst(out, r)
		section(out, "By control", controlCounts(r.Controls))
		section(out, "By account", placeCounts("Account", r.Accounts))
		section(out, "By organizational unit", placeCounts("OU", r.OUs))
		section(out, "Rules of the policy", ruleCounts(r.Rules))
		section(out, "Plans", planListing(r.Plans))
	}
	fmt.Fprintln(out)
	paragraphs(out, append(previewSentences(r), "Nothing was changed.")...)
	if page != "" {
		paragraphs(out, "All findings: "+page)
	}
}

func enabledWords(groups []string) string {
	if len(groups) > 5 {
		return wording.Counted(len(groups), "control group") + " are"
	}
	verb := " is"
	if len(groups) > 1 {
		verb = " are"
	}
	return strings.Join(groups, ", ") + verb
}

func startWords(repairs int) string {
	switch repairs {
	case 0:
		return "Hubmend starts no repair"
	case 1:
		return "Hubmend starts 1 repair"
	}
	return fmt.Sprintf("Hubmend starts %d repairs", repairs)
}

func outcomeListing(c preview.Counts) listing {
	l := listing{columns: []column{{name: "Outcome", color: outcomeColour}, {name: "Findings", right: true},
		{name: "Means"}}}
	for _, o := range preview.Outcomes() {
		if n := c.By[o]; n > 0 {
			l.add(string(o), strconv.Itoa(n), outcomeMeans[o])
		}
	}
	return l
}

// section draws a table under a title, unless it is empty.
func section(out io.Writer, title string, l listing) {
	if len(l.rows) > 0 {
		fmt.Fprintf(out, "\n%s\n\n%s\n", painter(out)(text.Bold, title), l.render(out))
	}
}

// countColumns are the numbers of a control or place. JSON and the page have every outcome.
var countColumns = []column{
	{name: "Findings", right: true}, {name: "Repairs", right: true}, {name: "Asked", right: true},
	{name: "Exempt", right: true}, {name: "Unknown", right: true}, {name: "Other", right: true},
}

func countCells(c preview.Counts) []string {
	asked, exempt, unknown := c.By[preview.Asked], c.By[preview.Exempt], c.By[preview.Unknown]
	other := c.Findings - c.By[preview.Repaired] - c.By[preview.Delayed] - asked - exempt - unknown
	var cells []string
	for _, n := range []int{c.Findings, c.Repairs, asked, exempt, unknown, other} {
		cells = append(cells, strconv.Itoa(n))
	}
	return cells
}

func controlCounts(all []preview.Control) listing {
	l := listing{columns: append([]column{{name: "Control"}, {name: "Risk"}, {name: "Undo"}}, countColumns...)}
	for _, c := range all {
		undo := ""
		switch {
		case c.Irreversible != "":
			undo = "no"
		case c.Risk != "":
			undo = "yes"
		}
		l.add(append([]string{c.ID, c.Risk, undo}, countCells(c.Counts)...)...)
	}
	return l
}

// A table of accounts has so many at most, with names of so many characters. JSON, CSV and the page have all.
const mostPlaces, longestName = 20, 16

func placeCounts(kind string, all []preview.Place) listing {
	l := listing{columns: append([]column{{name: kind}, {name: "Name"}}, countColumns...)}
	for _, p := range all[:min(len(all), mostPlaces)] {
		l.add(append([]string{p.Name, shorten(p.Title, longestName)}, countCells(p.Counts)...)...)
	}
	if more := len(all) - mostPlaces; more > 0 {
		l.add(append([]string{fmt.Sprintf("%d more", more)}, make([]string, len(l.columns)-1)...)...)
	}
	return l
}

func ruleCounts(all []preview.Rule) listing {
	l := listing{columns: []column{{name: "Rule"}, {name: "Findings", right: true}}}
	for _, r := range all {
		l.add(r.Name, strconv.Itoa(r.Findings))
	}
	return l
}

func planListing(all []preview.Planned) listing {
	l := listing{columns: []column{{name: "Control"}, {name: "Resource", show: overview.Short}, {name: "Plan"},
		{name: "Calls"}, {name: "Reason"}}}
	for _, p := range all {
		l.add(p.Control, p.Resource, p.Verdict, strings.Join(p.Calls, ", "),
			strings.Join(append(slices.DeleteFunc([]string{p.Reason}, isEmpty), p.Lost...), " "))
	}
	return l
}

func isEmpty(s string) bool { return s == "" }

// printLookFirst writes the repairs that cannot be undone or have a high risk.
func printLookFirst(out io.Writer, r preview.Report) {
	first := r.LookFirst()
	if len(first) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n\n", painter(out)(text.Bold, "Look at these repairs first"))
	for _, c := range first {
		says := fmt.Sprintf("%s, %s, %s risk: %s", c.ID, wording.Counted(c.Repairs, "repair"), c.Risk, c.RiskReason)
		if c.Irreversible != "" {
			says += " Cannot be undone: " + c.Irreversible
		}
		fmt.Fprintln(out, strings.Join(wrapLine(wording.OneLine(says), 2, terminalWidth(out)), "\n"))
	}
}

// previewSentences say what the repairs cost and take, and what the preview does not know.
func previewSentences(r preview.Report) []string {
	var all []string
	for _, m := range r.Managed {
		all = append(all, fmt.Sprintf("Repairs of resources that %s manages, by their tags, and may change back: %d.",
			m.Tool, m.Repairs))
	}
	if r.Total.Repairs > 0 {
		all = append(all, fmt.Sprintf("Cost: about %s USD. Time: if Security Hub checked all of them at once, the "+
			"last repair would start after %s. It checks each within 24 h.", cost.USD(r.Cost.USD), span(r.Takes())))
	}
	if r.Closed > 0 {
		all = append(all, fmt.Sprintf("Findings that are not open, and left out: %d.", r.Closed))
	}
	if r.Unreadable > 0 {
		all = append(all, fmt.Sprintf("Findings of other products or another form, and left out: %d.", r.Unreadable))
	}
	return append(all, r.Notes...)
}

// writePage writes an HTML page to a file, or to standard output.
func writePage(stdout io.Writer, name string, write func(io.Writer) error) error {
	var made bytes.Buffer
	if err := write(&made); err != nil {
		return err
	}
	if name == toStdout {
		_, err := made.WriteTo(stdout)
		return err
	}
	if err := writePrivate(name, made.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// printShortPreview writes what enabling groups means now.
func printShortPreview(out io.Writer, r preview.Report, groups []catalog.Group) {
	if r.Total.Findings == 0 {
		paragraphs(out, "No finding of these controls is open.")
		return
	}
	fmt.Fprintf(out, "\n%s\n", outcomeListing(r.Total).render(out))
	printLookFirst(out, r)
	var ids []string
	for _, g := range groups {
		ids = append(ids, "--set "+g.ID+"="+groupEnabled)
	}
	fmt.Fprintln(out)
	paragraphs(out, previewSentences(r)...)
	paragraphs(out, fmt.Sprintf("Details: `hubmend preview %s`", strings.Join(ids, " ")))
}
