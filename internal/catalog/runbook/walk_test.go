package runbook_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/runbook"
)

func TestWalk(t *testing.T) {
	t.Parallel()
	var names []string
	runbook.Walk(steps(t, callingSteps).MainSteps, func(s runbook.Step) { names = append(names, s.Name) })
	if diff := cmp.Diff([]string{"read", "decide", "each", "close", "inner", "tag", "verify"}, names); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestLoop(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		step  runbook.Step
		names []string
		err   bool
	}{
		"another action": {step: runbook.Step{Action: "aws:branch",
			Inputs: map[string]any{"Steps": []any{map[string]any{"name": "a"}}}}},
		"no steps": {step: runbook.Step{Action: "aws:loop"}},
		"steps": {step: runbook.Step{Action: "aws:loop",
			Inputs: map[string]any{"Steps": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}}},
			names: []string{"a", "b"}},
		"a text": {step: runbook.Step{Action: "aws:loop", Inputs: map[string]any{"Steps": "{{ x }}"}},
			err: true},
		"unknown key": {step: runbook.Step{Action: "aws:loop",
			Inputs: map[string]any{"Steps": []any{map[string]any{"nmae": "a"}}}}, err: true},
		"not a step": {step: runbook.Step{Action: "aws:loop", Inputs: map[string]any{"Steps": []any{"a"}}},
			err: true},
		"not a list": {step: runbook.Step{Action: "aws:loop",
			Inputs: map[string]any{"Steps": map[string]any{"name": "a"}}}, err: true},
		"inputs are whole": {step: runbook.Step{Action: "aws:loop",
			Inputs: map[string]any{
				"Steps": []any{map[string]any{"name": "a",
					"inputs": map[string]any{"Service": "x", "Count": 3, "On": true}}}}}, names: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner, err := tc.step.Loop()
			if (err != nil) != tc.err {
				t.Fatalf("Loop error = %v", err)
			}
			var names []string
			for _, s := range inner {
				names = append(names, s.Name)
			}
			if diff := cmp.Diff(tc.names, names); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// A script in a loop is Python, where the text's layout is its meaning.
func TestLoopKeepsScripts(t *testing.T) {
	t.Parallel()
	const script = "def decide(events, context):\n    text = \"a: b # c\"\n\n    return {'x': '  y'}\n"
	s := runbook.Step{Action: "aws:loop", Inputs: map[string]any{"Steps": []any{
		map[string]any{"name": "a", "action": "aws:executeScript",
			"inputs": map[string]any{"Script": script, "Account": "012345678901", "Yes": "yes"}},
	}}}
	inner, err := s.Loop()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Script": script, "Account": "012345678901", "Yes": "yes"}
	if diff := cmp.Diff(want, inner[0].Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}

func TestJumps(t *testing.T) {
	t.Parallel()
	choice := func(to string) map[string]any { return map[string]any{"NextStep": to} }
	for name, tc := range map[string]struct {
		step runbook.Step
		want []string
	}{
		"none":      {runbook.Step{OnFailure: "Abort", IsEnd: true}, nil},
		"continues": {runbook.Step{OnFailure: "Continue"}, nil},
		"next":      {runbook.Step{NextStep: "a"}, []string{"a"}},
		"failure":   {runbook.Step{NextStep: "a", OnFailure: "step:b"}, []string{"a", "b"}},
		"branch": {runbook.Step{Action: "aws:branch",
			Inputs: map[string]any{"Choices": []any{choice("a"), choice("b")}, "Default": "c"}},
			[]string{"a", "b", "c"}},
		"no branch": {runbook.Step{Action: "aws:sleep",
			Inputs: map[string]any{"Choices": []any{choice("a")}, "Default": "c"}}, nil},
		"nowhere": {runbook.Step{Action: "aws:branch",
			Inputs: map[string]any{"Choices": []any{map[string]any{}, "x", choice("a")}}}, []string{"a"}},
		"broken": {runbook.Step{Action: "aws:branch", Inputs: map[string]any{"Choices": "x", "Default": 3}}, nil},
	} {
		if diff := cmp.Diff(tc.want, tc.step.Jumps()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value any
		want  []string
	}{
		"nothing":      {nil, nil},
		"a number":     {3, nil},
		"plain":        {"x", nil},
		"one":          {"{{ read.Id }}", []string{"read.Id"}},
		"no spaces":    {"{{Id}}", []string{"Id"}},
		"several":      {"a {{ x }} b {{y}} c", []string{"x", "y"}},
		"with a colon": {"{{ global:REGION }}", []string{"global:REGION"}},
		"in a list":    {[]any{"{{ a }}", 1, []any{"{{ b }}"}}, []string{"a", "b"}},
		"in a map": {map[string]any{"k": "{{ a }}", "l": []any{map[string]any{"m": "{{ b }}"}}},
			[]string{"a", "b"}},
		"keys are not":    {map[string]any{"{{ a }}": 1}, nil},
		"left open":       {"{{ a", nil},
		"nothing in them": {"{{ }}", []string{""}},
	} {
		got := runbook.References(tc.value)
		slices.Sort(got)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
