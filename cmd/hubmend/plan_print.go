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
)

// usesShown is how many users of a resource a terminal gets; JSON has all that were read.
const usesShown = 10

func printPlan(out io.Writer, p plan.Plan) {
	paint := painter(out)
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	say("%s %s", p.Control, oneLine(p.Title))
	say("  %s", oneLine(p.Resource))
	say("  %s in account %s, %s", p.Runbook, p.Account, p.Region)
	say("")
	switch p.Verdict {
	case plan.Compliant:
		say("%s", paint(text.FgGreen, oneLine(p.Reason)))
		return
	case plan.Refusal:
		say("%s %s", paint(text.FgRed, "The repair would fail before it changes anything:"), oneLine(p.Reason))
		return
	}
	printChanges(out, p, paint)
	printCalls(out, p)
	printUses(out, p)
	printTerms(out, p)
	say("\nNothing was changed.")
}

func printChanges(out io.Writer, p plan.Plan, paint func(text.Color, string) string) {
	fmt.Fprintln(out, "Before and after:")
	for _, d := range p.Changes {
		fmt.Fprintf(out, "  %s\n", oneLine(d.What))
		for _, l := range d.Lines() {
			line := string(l.Sign) + " " + oneLine(cmp.Or(l.Text(), flow(l.Value)))
			if l.Name != "" {
				line = string(l.Sign) + " " + oneLine(l.Name) + ": " + flow(l.Value)
			}
			fmt.Fprintf(out, "    %s\n", paint(map[rune]text.Color{'-': text.FgRed, '+': text.FgGreen}[l.Sign], line))
		}
	}
	for _, sentence := range p.Lost {
		fmt.Fprintf(out, "  Lost with it: %s\n", oneLine(sentence))
	}
}

func printCalls(out io.Writer, p plan.Plan) {
	fmt.Fprintf(out, "\n%s would change something, each taken to succeed:\n", counted(len(p.Calls), "call"))
	for i, c := range p.Calls {
		fmt.Fprintf(out, "  %d. %s\n", i+1, c.API)
		for _, name := range slices.Sorted(maps.Keys(c.Input)) {
			fmt.Fprintf(out, "       %s: %s\n", name, flow(c.Input[name]))
		}
	}
}

func printUses(out io.Writer, p plan.Plan) {
	if len(p.Uses) == 0 {
		return
	}
	fmt.Fprintln(out, "\nWhat uses it:")
	for _, u := range p.Uses {
		switch {
		case u.Unknown != "" && len(u.Found) == 0:
			fmt.Fprintf(out, "  %s: not known. %s\n", u.Title, oneLine(u.Unknown))
		case len(u.Found) == 0:
			fmt.Fprintf(out, "  %s: none\n", u.Title)
		default:
			fmt.Fprintf(out, "  %s:\n", u.Title)
		}
		for i, one := range u.Found {
			if i == usesShown {
				fmt.Fprintf(out, "    and %d more; --json lists them\n", len(u.Found)-usesShown)
				break
			}
			fmt.Fprintf(out, "    %s\n", flow(one))
		}
	}
}

func printTerms(out io.Writer, p plan.Plan) {
	back := "It can be undone."
	if !p.Reversible {
		back = "It cannot be undone: " + oneLine(p.Irreversible)
	}
	fmt.Fprintf(out, "\nRisk: %s. %s\n%s\n", p.Risk, oneLine(p.RiskReason), back)
	if p.Note != "" {
		fmt.Fprintf(out, "The finding will say: %s\n", oneLine(p.Note))
	}
	fmt.Fprintf(out, "Cost: %s, %.3f USD.\n", counted(p.Cost.Steps, "step"), p.Cost.USD)
	var actions []string
	for _, a := range p.Allowed {
		actions = append(actions, a.Actions...)
	}
	slices.Sort(actions)
	fmt.Fprintf(out, "The repair runs under %s, which may: %s.\n", p.Role, strings.Join(slices.Compact(actions), ", "))
}

// flow writes a value in one line of YAML.
func flow(value any) string {
	if s, ok := value.(string); ok {
		return oneLine(s)
	}
	written, err := yaml.MarshalWithOptions(value, yaml.Flow(true))
	if err != nil {
		return oneLine(fmt.Sprint(value))
	}
	return oneLine(string(written))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
