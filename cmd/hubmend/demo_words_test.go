package main

import (
	"slices"
	"strings"
	"testing"

	"hubmend/internal/lab/scenario"
)

// The demo fails when anything contradicts what it tells.
func TestDemoProblems(t *testing.T) {
	t.Parallel()
	good := result("ssh", "EC2.13", group, "e1", "Closed.")
	change := func(f func(*scenario.ControlResult)) []scenario.ControlResult {
		c := good
		f(&c)
		return []scenario.ControlResult{good, c}
	}
	for name, tc := range map[string]struct {
		result scenario.Result
		want   string // empty: no problem
	}{
		"all is well": {scenario.Result{Controls: []scenario.ControlResult{good},
			Verdicts: []scenario.Verdict{{Text: "0 problems", Passed: true}}}, ""},
		"nothing happened": {scenario.Result{}, "no finding was imported"},
		"not broken": {
			scenario.Result{Controls: change(func(c *scenario.ControlResult) { c.Before = "PASSED" })},
			`the independent check reported "PASSED" before the repair`},
		"stays FAILED": {
			scenario.Result{Controls: []scenario.ControlResult{in(good, "NOTIFIED", "Failed",
				"Hubmend could not repair this: no.")}},
			"EC2.13 of " + group + " was not repaired; its finding is NOTIFIED: Hubmend could not repair this: no."},
		"nobody came": {scenario.Result{Controls: []scenario.ControlResult{in(good, "NEW", "", "")}},
			"was not repaired; its finding is NEW"},
		"a false green": {
			scenario.Result{Controls: change(func(c *scenario.ControlResult) { c.After = "FAILED" })},
			`is RESOLVED, but the independent check reports "FAILED"`},
		"an unknown control": {scenario.Result{Controls: change(func(c *scenario.ControlResult) { c.After = "" })},
			`the independent check reports ""`},
		"an expectation fails": {scenario.Result{Controls: []scenario.ControlResult{good},
			Verdicts: []scenario.Verdict{{Text: "problems []", Got: `["no"]`}}},
			`expected problems []; actual: ["no"]`},
	} {
		got := demoProblems(tc.result)
		if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// The text after the demo fits terminals of every width.
func TestDemoWordsFit(t *testing.T) {
	t.Parallel()
	r := scenario.Result{Controls: []scenario.ControlResult{result("ssh", "EC2.13", group, "e1", "Closed.")}}
	for _, width := range []int{60, 80, 100} {
		for _, line := range slices.Concat(nextCommands(width), demoSummary(r, width, plain),
			failedDemo([]string{strings.Repeat("no ", 100)}, width, plain)) {
			if len(line) > width {
				t.Errorf("at %d columns: %q", width, line)
			}
		}
	}
}
