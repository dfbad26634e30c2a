// Command states prints docs/maintainers/states.md.
package main

import (
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/engine/decide"
)

func main() { fmt.Print(page()) }

// page writes the tables of package decide, and a diagram of their stages.
func page() string {
	var b strings.Builder
	b.WriteString(`# States of a target

This page is generated from ` + "`internal/engine/decide/phase.go` and `transitions.go`" + `. Edit the tables, then run
` + "`make generate`" + `. The simulation fails when it observes a step that is not here, or never observes a row.

A target is a resource with a runbook. Its phase is derived from the ledger's record
(` + "`decide.Record.Phase`" + `).

` + "```mermaid\n" + diagram() + "```" + `

| stage | phase | meaning |
|---|---|---|
`)
	for _, p := range decide.Phases {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Stage, p.Phase, p.Means)
	}
	b.WriteString(`
## Events

An event may do one of several things in a phase. *Same* is a change of the record that leaves the phase as it was.

| phase | event | what happens | next phase |
|---|---|---|---|
`)
	for _, t := range decide.Transitions {
		next := joined(t.To)
		if t.Stays {
			next = strings.TrimPrefix(next+", *same*", ", ")
		}
		from := joined(t.From)
		if len(t.From) == 0 {
			from = "any"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", from, joined(t.On), t.Does, next)
	}
	return b.String()
}

func joined[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, x := range all {
		texts[i] = string(x)
	}
	return strings.Join(texts, ", ")
}

// diagram writes the stages and the events that lead from one to another.
func diagram() string {
	stages := map[decide.Phase]decide.Stage{}
	phases := map[decide.Stage][]decide.Phase{}
	var order []decide.Stage
	for _, p := range decide.Phases {
		if phases[p.Stage] == nil {
			order = append(order, p.Stage)
		}
		stages[p.Phase] = p.Stage
		phases[p.Stage] = append(phases[p.Stage], p.Phase)
	}
	type edge struct{ from, to decide.Stage }
	var edges []edge
	events := map[edge][]decide.Event{}
	for _, t := range decide.Transitions {
		for _, from := range t.From {
			for _, to := range t.To {
				e := edge{stages[from], stages[to]}
				if e.from == e.to {
					continue
				}
				if events[e] == nil {
					edges = append(edges, e)
				}
				for _, on := range t.On {
					if !slices.Contains(events[e], on) {
						events[e] = append(events[e], on)
					}
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> Idle\n")
	for _, s := range order {
		if len(phases[s]) > 1 {
			fmt.Fprintf(&b, "  %s: %s (%s)\n", s, s, joined(phases[s]))
		}
	}
	for _, e := range edges {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", e.from, e.to, joined(events[e]))
	}
	return b.String()
}
