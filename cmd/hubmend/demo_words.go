package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/finding"
	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/wording"
	"hubmend/test/postcondition"
)

// demoProblems lists what contradicts the demo: each finding was FAILED before and is RESOLVED now, and the
// independent check passes its resource.
func demoProblems(r scenario.Result) []string {
	var problems []string
	for _, c := range r.Controls {
		what := c.Control + " of " + wording.OneLine(c.Resource)
		switch {
		case c.Before != postcondition.Failed:
			problems = append(problems,
				fmt.Sprintf("%s: the independent check reported %q before the repair", what, c.Before))
		case c.Workflow != finding.Resolved:
			problems = append(problems,
				strings.TrimSuffix(fmt.Sprintf("%s was not repaired; its finding is %s: %s", what, c.Workflow,
					clip(wording.OneLine(c.Note))), ": "))
		case c.After != postcondition.Passed:
			problems = append(problems,
				fmt.Sprintf("%s is RESOLVED, but the independent check reports %q", what, c.After))
		}
	}
	if len(r.Controls) == 0 {
		problems = append(problems, "no finding was imported")
	}
	for _, v := range r.Verdicts {
		if !v.Passed {
			problems = append(problems,
				fmt.Sprintf("expected %s; actual: %s", wording.OneLine(v.Text), clip(wording.OneLine(v.Got))))
		}
	}
	return problems
}

func failedDemo(problems []string, width int, paint painting) []string {
	const failed = "The demo failed."
	advice := failed + " For all events: " + os.Args[0] + " lab demo --verbose"
	lines := paintFirst(wrapLine(advice, 2, width), failed, text.FgRed, paint)
	for _, problem := range problems {
		lines = append(lines, paintFirst(wrapLine("  FAIL "+problem, 7, width), "FAIL", text.FgRed, paint)...)
	}
	return append([]string{""}, lines...)
}

// demoSummary sums up a result without problems.
func demoSummary(r scenario.Result, width int, paint painting) []string {
	n := len(r.Controls)
	resolved := fmt.Sprintf("%d of %d RESOLVED", n, n)
	lines := wrapLine(fmt.Sprintf("%s by %s. Independent checks: FAILED before, PASSED now.", resolved,
		wording.Counted(len(r.Executions), "repair")), 2, width)
	return paintFirst(lines, resolved, text.FgGreen, paint)
}

// nextCommands suggests what to do after the demo.
func nextCommands(width int) []string {
	lines := []string{"", "Next"}
	for _, next := range [][2]string{
		{os.Args[0] + " lab up --set " + exampleGroup().Parameter() + "=ENABLED", "break it yourself"},
		{os.Args[0] + " plan --control " + exampleControl().ID + " --resource ARN", "dry run on AWS"},
		{"docs/deployment.md", "deploy to AWS"},
	} {
		line := fmt.Sprintf("  %-57s %s", next[0], next[1])
		if len(line) > width {
			line = fmt.Sprintf("  %s  %s", next[0], next[1])
		}
		lines = append(lines, wrapLine(line, 6, width)...)
	}
	return lines
}
