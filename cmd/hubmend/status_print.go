package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// rowsOfState is how many targets of a state a terminal shows.
const rowsOfState = 20

var stateColors = map[overview.State]text.Color{
	overview.Failed: text.FgRed, overview.Suspended: text.FgRed, overview.Held: text.FgMagenta,
	overview.PendingApproval: text.FgYellow, overview.Undecided: text.FgRed,
}

func printStanding(out io.Writer, s standing, since period) {
	paint := painter(out)
	subject := "Hubmend"
	if s.Switch == switchUnknown {
		subject = "The state of Hubmend"
	}
	color := map[string]text.Color{naming.SwitchActive: text.FgGreen, naming.SwitchPaused: text.FgRed}[s.Switch]
	fmt.Fprintf(out, "%s in %s is %s.", subject, s.Region, paint(color, s.Switch))
	if s.Switch == naming.SwitchPaused {
		fmt.Fprint(out, " To activate it: hubmend resume")
	}
	if s.V2 {
		fmt.Fprint(out, "\nThe new Security Hub is enabled. Findings get their status there too.")
	}
	fmt.Fprintf(out, "\n%s\n", countStates(s.Targets))
	if len(s.Targets) > 0 {
		fmt.Fprintln(out, targetTable(out, s.Targets))
	}
	printExempt(out, s.Exempt)
	printUnconfirmed(out, s.Unconfirmed)
	for _, b := range s.Breakers {
		fmt.Fprintf(out, "\nAutomatic remediation of %s is %s until %s UTC: %d resources failed in a row. A custom "+
			"action that succeeds ends the pause.\n",
			b.Control, paint(text.FgRed, "paused"), moment(b.Until), b.Failures)
	}
	printConfirmations(out, s.Confirmations)
	if len(s.Controls) == 0 {
		fmt.Fprintf(out, "\nNo remediation ended in the last %s.\n", since.String())
		return
	}
	fmt.Fprintf(out, "\nOutcomes of the last %s:\n%s\n", since.String(), controlTable(out, s.Controls))
}

// printConfirmations shows how long Security Hub took to confirm repairs.
func printConfirmations(out io.Writer, c overview.Confirmations) {
	for _, one := range c.Shown() {
		fmt.Fprintf(out, "\nConfirmed by Security Hub %s: %s, median %s after the repair.\n", one.How,
			wording.Counted(one.Count, "repair"), span(time.Duration(*one.MedianSeconds*float64(time.Second))))
	}
}

// printExempt lists what the policy exempts. It needs no attention.
func printExempt(out io.Writer, targets []overview.Target) {
	if len(targets) == 0 {
		return
	}
	shown := shownOn(out, targets)
	l := listing{columns: []column{{name: "Rule"}, {name: "Until (UTC)", show: minutes}, {name: "Control"},
		{name: "Account"}, {name: "Region"}, {name: "Resource", show: overview.Short}, {name: "Owner"},
		{name: "Ticket"}}}
	for _, t := range shown {
		l.add(t.Rule, fullTime(t.Until), t.Control, t.Account, t.Region, t.Resource, t.Owner, t.Ticket)
	}
	fmt.Fprintf(out, "\nExempt by the policy (%s)\n%s\n", wording.Counted(findingsOf(targets), "finding"),
		l.render(out))
	sayMore(out, len(targets)-len(shown))
}

// shownOn gives the targets that a terminal shows of a list; a file or a pipe gets all.
func shownOn(out io.Writer, targets []overview.Target) []overview.Target {
	if terminalWidth(out) > 0 {
		return targets[:min(len(targets), rowsOfState)]
	}
	return targets
}

func findingsOf(targets []overview.Target) int {
	n := 0
	for _, t := range targets {
		n += t.Findings
	}
	return n
}

func sayMore(out io.Writer, left int) {
	if left > 0 {
		fmt.Fprintf(out, "... and %s; --output csv lists all.\n", wording.Counted(left, "more resource"))
	}
}

// printUnconfirmed lists what waits for Security Hub. It needs no attention.
func printUnconfirmed(out io.Writer, targets []overview.Target) {
	if len(targets) == 0 {
		return
	}
	shown := shownOn(out, targets)
	l := listing{columns: []column{{name: "Repaired (UTC)", show: minutes}, {name: "Control"}, {name: "Account"},
		{name: "Region"}, {name: "Resource", show: overview.Short}}}
	for _, t := range shown {
		l.add(fullTime(t.Since), t.Control, t.Account, t.Region, t.Resource)
	}
	fmt.Fprintf(out, "\nWaiting for Security Hub to re-check (%s)\n%s\n",
		wording.Counted(findingsOf(targets), "finding"), l.render(out))
	sayMore(out, len(targets)-len(shown))
}

// countStates counts the targets of each state.
func countStates(targets []overview.Target) string {
	count := map[overview.State]int{}
	for _, t := range targets {
		count[t.State]++
	}
	var words []string
	for _, state := range overview.States() {
		if count[state] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[state], state))
		}
	}
	if len(words) == 0 {
		return "No resource needs attention or is in progress."
	}
	return "Resources: " + strings.Join(words, ", ") + "."
}

// targetTable shows the targets of each state that fit a terminal, and counts the others.
func targetTable(out io.Writer, targets []overview.Target) string {
	if terminalWidth(out) == 0 {
		return targetListing(targets).render(out)
	}
	var shown []overview.Target
	count := map[overview.State]int{}
	for _, t := range targets {
		if count[t.State]++; count[t.State] <= rowsOfState {
			shown = append(shown, t)
		}
	}
	said := targetListing(shown).render(out)
	for _, state := range overview.States() {
		if left := count[state] - rowsOfState; left > 0 {
			said += fmt.Sprintf("\n... and %d more are %s; --output csv lists all.", left, state)
		}
	}
	return said
}

func targetListing(targets []overview.Target) listing {
	l := listing{columns: []column{
		{name: "State", color: colorOfState}, {name: "Since (UTC)", show: minutes}, {name: "Control"},
		{name: "Account"}, {name: "Region"}, {name: "Resource", show: overview.Short}, {name: "Details"},
		{name: "Key", csvOnly: true}, {name: "V2 ids", csvOnly: true},
	}}
	for _, t := range targets {
		state := string(t.State)
		if t.Undo {
			state += undoMark
		}
		l.add(state, fullTime(t.Since), t.Control, t.Account, t.Region, t.Resource, details(t), t.Key,
			overview.V2IDs(t.V2IDs))
	}
	return l
}

// details describes why a target is in its state, and until when.
func details(t overview.Target) string {
	switch {
	case t.Until.IsZero():
	case t.State == overview.PendingApproval:
		return t.Why + " It expires at " + moment(t.Until) + "."
	case t.State == overview.Queued || t.State == overview.OverBudget:
		return t.Why + " Not before " + moment(t.Until) + "."
	case t.State == overview.Suspended:
		return t.Why + " Suspended until " + moment(t.Until) + "."
	}
	return t.Why
}

// undoMark follows the state of an undo.
const undoMark = " (undo)"

func colorOfState(state string) text.Color {
	return stateColors[overview.State(strings.TrimSuffix(state, undoMark))]
}

func controlTable(out io.Writer, controls []overview.Control) string {
	l := listing{columns: []column{{name: "Control"}, {name: "Repaired", right: true},
		{name: "Compliant", right: true}, {name: "Failed", right: true},
		{name: "Skipped", right: true}, {name: "Undone", right: true}, {name: "Success", right: true},
		{name: "Median time", right: true}}}
	for _, c := range controls {
		rate, took := "", ""
		if c.SuccessRate != nil {
			rate = fmt.Sprintf("%.0f%%", *c.SuccessRate*100)
		}
		if c.MedianSeconds != nil {
			took = span(time.Duration(*c.MedianSeconds * float64(time.Second)))
		}
		l.add(c.Control, strconv.Itoa(c.Repaired), strconv.Itoa(c.Compliant), strconv.Itoa(c.Failed),
			strconv.Itoa(c.Skipped), strconv.Itoa(c.Undone), rate, took)
	}
	return l.render(out)
}
