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
)

// rowsOfState is how many targets of a state a terminal gets.
const rowsOfState = 20

var stateColors = map[overview.State]text.Color{
	overview.Failed: text.FgRed, overview.Suspended: text.FgRed, overview.Held: text.FgMagenta,
}

func printStanding(out io.Writer, s standing, since period) {
	paint := painter(out)
	subject := "Hubmend"
	if s.Switch == switchUnknown {
		subject = "The switch of Hubmend"
	}
	color := map[string]text.Color{naming.SwitchActive: text.FgGreen, naming.SwitchPaused: text.FgRed}[s.Switch]
	fmt.Fprintf(out, "%s in %s is %s.", subject, s.Region, paint(color, s.Switch))
	if s.Switch == naming.SwitchPaused {
		fmt.Fprintf(out, " Nothing is started until: aws ssm put-parameter --name %s --value %s --overwrite",
			naming.Switch, naming.SwitchActive)
	}
	fmt.Fprintf(out, "\n%s\n", countStates(s.Targets))
	if len(s.Targets) > 0 {
		fmt.Fprintln(out, targetTable(out, s.Targets))
	}
	for _, b := range s.Breakers {
		fmt.Fprintf(out, "\nAutomatic repair of %s is %s until %s UTC: %d resources failed one after the other. A "+
			"custom action that succeeds ends it.\n",
			b.Control, paint(text.FgRed, "paused"), moment(b.Until), b.Failures)
	}
	if len(s.Controls) == 0 {
		fmt.Fprintf(out, "\nNothing was repaired within %s.\n", since.String())
		return
	}
	fmt.Fprintf(out, "\nRepairs that ended within %s:\n%s\n", since.String(), controlTable(out, s.Controls))
}

// countStates says in a line how many targets there are of each state.
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
		return "No resource waits for anything."
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
		{name: "Account"}, {name: "Region"}, {name: "Resource", show: overview.Short}, {name: "Why"},
		{name: "Key", csvOnly: true},
	}}
	for _, t := range targets {
		state, why := string(t.State), t.Why
		if t.Undo {
			state += undoMark
		}
		switch {
		case t.Until.IsZero():
		case t.State == overview.Queued:
			why += " (not before " + moment(t.Until) + ")"
		default:
			why += " (until " + moment(t.Until) + ")"
		}
		l.add(state, fullTime(t.Since), t.Control, t.Account, t.Region, t.Resource, why, t.Key)
	}
	return l
}

// undoMark follows the state of an undo.
const undoMark = " (undo)"

func colorOfState(state string) text.Color {
	return stateColors[overview.State(strings.TrimSuffix(state, undoMark))]
}

func controlTable(out io.Writer, controls []overview.Control) string {
	l := listing{columns: []column{{name: "Control"}, {name: "Repaired", right: true}, {name: "Failed", right: true},
		{name: "Refused", right: true}, {name: "Undone", right: true}, {name: "Success", right: true},
		{name: "Median time", right: true}}}
	for _, c := range controls {
		rate, took := "", ""
		if c.SuccessRate != nil {
			rate = fmt.Sprintf("%.0f%%", *c.SuccessRate*100)
		}
		if c.MedianSeconds != nil {
			took = span(time.Duration(*c.MedianSeconds * float64(time.Second)))
		}
		l.add(c.Control, strconv.Itoa(c.Repaired), strconv.Itoa(c.Failed), strconv.Itoa(c.Refused),
			strconv.Itoa(c.Undone), rate, took)
	}
	return l.render(out)
}
