package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

// usesShown is how many users of a resource a terminal gets; JSON has all that were read.
const usesShown = 10

// planText writes a plan for people. Sentences wrap on a terminal; what is data stays in its line.
type planText struct {
	out   io.Writer
	width int
	paint painting
}

func printPlan(out io.Writer, p plan.Plan) {
	t := planText{out, terminalWidth(out), painter(out)}
	t.sentence(0, p.Control+" "+p.Title)
	t.line(2, wording.OneLine(p.Resource))
	where := fmt.Sprintf("account %s, %s", p.Account, p.Region)
	if p.Runbook != "" {
		where += ", runbook " + p.Runbook
	}
	t.line(2, where)
	t.line(0, "")
	switch p.Verdict {
	case plan.Compliant:
		t.line(0, t.paint(text.FgGreen, wording.OneLine(p.Reason)))
		return
	case plan.Person:
		t.line(0, t.paint(text.FgYellow, "This must be remediated manually:"))
		t.sentence(2, p.Reason)
		return
	case plan.Refusal:
		t.line(0, t.paint(text.FgRed, "The runbook would fail before it changes anything:"))
		t.sentence(2, p.Reason)
		return
	}
	t.changes(p)
	t.calls(p)
	t.uses(p)
	t.terms(p)
	t.line(0, "\nNothing was changed.")
}

func (t planText) line(indent int, s string) {
	fmt.Fprintf(t.out, "%s%s\n", strings.Repeat(" ", indent), s)
}

func (t planText) sentence(indent int, s string) {
	line := strings.Repeat(" ", indent) + wording.OneLine(s)
	fmt.Fprintln(t.out, strings.Join(wrapLine(line, indent+2, t.width), "\n"))
}

func (t planText) changes(p plan.Plan) {
	t.line(0, "Before and after:")
	for _, d := range p.Changes {
		t.line(2, wording.OneLine(d.What))
		for _, l := range d.Lines() {
			line := string(l.Sign) + " " + wording.OneLine(cmp.Or(l.Text(), flow(l.Value)))
			if l.Name != "" {
				line = string(l.Sign) + " " + wording.OneLine(l.Name) + ": " + flow(l.Value)
			}
			t.line(4, t.paint(map[rune]text.Color{'-': text.FgRed, '+': text.FgGreen}[l.Sign], line))
		}
	}
	for _, sentence := range p.Lost {
		t.sentence(2, "Lost: "+sentence)
	}
}

func (t planText) calls(p plan.Plan) {
	t.line(0, fmt.Sprintf("\nWrite calls (%d), each assumed to succeed:", len(p.Calls)))
	for i, c := range p.Calls {
		t.line(2, fmt.Sprintf("%d. %s", i+1, c.API))
		for _, name := range slices.Sorted(maps.Keys(c.Input)) {
			t.sentence(7, name+": "+flow(c.Input[name]))
		}
	}
}

func (t planText) uses(p plan.Plan) {
	if len(p.Uses) == 0 {
		return
	}
	t.line(0, "\nUsed by:")
	for _, u := range p.Uses {
		switch {
		case u.Unknown != "" && len(u.Found) == 0:
			t.sentence(2, u.Title+": unknown. "+u.Unknown)
		case len(u.Found) == 0:
			t.line(2, u.Title+": none")
		default:
			t.line(2, u.Title+":")
		}
		for i, one := range u.Found {
			if i == usesShown {
				t.line(4, fmt.Sprintf("and %d more; --json lists them", len(u.Found)-usesShown))
				break
			}
			t.line(4, flow(one))
		}
	}
}

func (t planText) terms(p plan.Plan) {
	undo := "It can be undone."
	if !p.Reversible {
		undo = "It cannot be undone: " + p.Irreversible
	}
	t.line(0, "")
	t.sentence(0, "Risk: "+p.Risk+". "+p.RiskReason)
	if p.Approval != "" {
		t.sentence(0, "Approval: a person approves each repair. "+p.Approval)
	}
	t.sentence(0, undo)
	if p.Note != "" {
		t.sentence(0, "Note on the finding: "+p.Note)
	}
	t.sentence(0, fmt.Sprintf("Cost: %s, %.3f USD.", wording.Counted(p.Cost.Steps, "step"), p.Cost.USD))
	var actions []string
	for _, a := range p.Allowed {
		actions = append(actions, a.Actions...)
	}
	slices.Sort(actions)
	t.sentence(0, fmt.Sprintf("Role: %s, which allows %s.", p.Role, strings.Join(slices.Compact(actions), ", ")))
}

// flow writes a value in one line of YAML.
func flow(value any) string {
	if s, ok := value.(string); ok {
		return wording.OneLine(s)
	}
	written, err := yaml.MarshalWithOptions(value, yaml.Flow(true))
	if err != nil {
		return wording.OneLine(fmt.Sprint(value))
	}
	return wording.OneLine(string(written))
}
