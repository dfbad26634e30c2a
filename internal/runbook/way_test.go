package runbook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/runbook"
)

func TestWays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text                 string
		path, pass, shortest int
	}{
		"none":        {"[]", 0, 0, 0},
		"one":         {"- {name: a, action: 'aws:sleep'}", 1, 1, 1},
		"in a row":    {"- {name: a}\n- {name: b}\n- {name: c}", 3, 3, 3},
		"the end":     {"- {name: a}\n- {name: b, isEnd: true}\n- {name: c}", 2, 2, 2},
		"skipping":    {"- {name: a, nextStep: c}\n- {name: b}\n- {name: c}", 2, 2, 2},
		"a failure":   {"- {name: a, isEnd: true, onFailure: 'step:c'}\n- {name: b}\n- {name: c}\n- {name: d}", 3, 3, 1},
		"a branch":    {"- {name: a, action: 'aws:branch', isEnd: true, inputs: {Choices: [{NextStep: b}, {NextStep: c}]}}\n- {name: b}\n- {name: c}", 3, 3, 1},
		"a Default":   {"- {name: a, action: 'aws:branch', inputs: {Choices: [{NextStep: c}], Default: c}}\n- {name: b}\n- {name: c}", 2, 2, 2},
		"a loop":      {"- {name: a, action: 'aws:loop', inputs: {Steps: [{name: x}, {name: y, nextStep: w}, {name: z}, {name: w}]}}\n- {name: b}", 2, 5, 5},
		"in a loop":   {"- {name: a, action: 'aws:loop', inputs: {Steps: [{name: x, action: 'aws:loop', inputs: {Steps: [{name: y}]}}]}}", 1, 3, 3},
		"falling out": {"- {name: a, action: 'aws:branch', inputs: {Choices: [{NextStep: c}]}}\n- {name: b}\n- {name: c}\n- {name: d}", 4, 4, 3},
		"the last":    {"- {name: a}\n- {name: b, action: 'aws:branch', inputs: {Choices: [{NextStep: c}], Default: c}}\n- {name: c, onFailure: 'step:d', isEnd: true}\n- {name: d}", 4, 4, 3},
		"by a loop":   {"- {name: a, nextStep: c}\n- {name: b, action: 'aws:loop', inputs: {Steps: [{name: x}]}}\n- {name: c}", 2, 2, 2},
	} {
		d := steps(t, tc.text)
		if path, pass, shortest := d.LongestPath(), d.LongestPass(), len(d.Shortest(1)); path != tc.path || pass != tc.pass || shortest != tc.shortest {
			t.Errorf("%s: %d steps, %d with loops, %d at least, want %d, %d, %d", name, path, pass, shortest, tc.path, tc.pass, tc.shortest)
		}
	}
}

// The steps come in the order in which they run, and a loop before what is in it.
func TestWaysHaveTheSteps(t *testing.T) {
	t.Parallel()
	d := steps(t, "- {name: read}\n- {name: choose, action: 'aws:branch', isEnd: true, inputs: {Choices: [{NextStep: each}]}}\n"+
		"- {name: each, action: 'aws:loop', inputs: {Steps: [{name: act, isEnd: true, onFailure: 'step:mend'}, {name: mend}]}}\n- {name: verify}")
	for _, tc := range []struct{ got, want []string }{
		{names(d.Longest(0)), []string{"read", "choose", "each", "verify"}},
		{names(d.Longest(2)), []string{"read", "choose", "each", "act", "mend", "act", "mend", "verify"}},
		{names(d.Shortest(1)), []string{"read", "choose"}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func names(steps []runbook.Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}
