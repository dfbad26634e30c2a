package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/overview"
)

// rowsOfState is how many targets of a state a terminal gets; JSON has all of them.
const rowsOfState = 20

var stateColors = map[overview.State]text.Color{
	overview.Failed: text.FgRed, overview.Suspended: text.FgRed, overview.Held: text.FgYellow,
	overview.InFlight: text.FgCyan, overview.Queued: text.FgCyan, overview.Unconfirmed: text.Reset,
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
		fmt.Fprintln(out, targetTable(out, s.Targets, paint))
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
	fmt.Fprintf(out, "\nRepairs that ended within %s:\n%s\n", since.String(), controlTable(s.Controls))
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

func targetTable(out io.Writer, targets []overview.Target, paint func(text.Color, string) string) string {
	w := table.NewWriter()
	w.AppendHeader(table.Row{"State", "Since (UTC)", "Control", "Resource", "Account", "Region", "Why"})
	shown, left := map[overview.State]int{}, map[overview.State]int{}
	for _, t := range targets {
		if shown[t.State]++; shown[t.State] > rowsOfState {
			left[t.State]++
			continue
		}
		state := string(t.State)
		if t.Undo {
			state += " (undo)"
		}
		why := oneLine(t.Why)
		switch {
		case t.Until.IsZero():
		case t.State == overview.Queued:
			why += " (not before " + moment(t.Until) + ")"
		default:
			why += " (until " + moment(t.Until) + ")"
		}
		w.AppendRow(table.Row{paint(stateColors[t.State], state), moment(t.Since), t.Control,
			oneLine(overview.Short(t.Resource)), t.Account, t.Region, clip(why)})
	}
	resource := wrapped(4, 40)
	resource.WidthMaxEnforcer = text.WrapHard // it has no words
	said := render(out, w, resource, wrapped(7, 60))
	for _, state := range overview.States() {
		if left[state] > 0 {
			said += fmt.Sprintf("\n... and %d more are %s; --json has all of them.", left[state], state)
		}
	}
	return said
}

func controlTable(controls []overview.Control) string {
	w := table.NewWriter()
	w.AppendHeader(table.Row{"Control", "Repaired", "Failed", "Refused", "Undone", "Success", "Median time"})
	for _, c := range controls {
		rate, took := "", ""
		if c.SuccessRate != nil {
			rate = fmt.Sprintf("%.0f %%", *c.SuccessRate*100)
		}
		if c.MedianSeconds != nil {
			took = span(time.Duration(*c.MedianSeconds * float64(time.Second)))
		}
		w.AppendRow(table.Row{c.Control, c.Repaired, c.Failed, c.Refused, c.Undone, rate, took})
	}
	return w.Render()
}
