package runbook

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// Walk visits every step in document order, those inside loops after their loop.
func Walk(steps []Step, visit func(Step)) {
	for _, s := range steps {
		visit(s)
		inner, err := s.Loop()
		if err == nil {
			Walk(inner, visit)
		}
	}
}

// Loop gives the steps inside an aws:loop, and none for any other action. The error
// is that of an entry that is no step.
func (s Step) Loop() ([]Step, error) {
	if s.Action != "aws:loop" {
		return nil, nil
	}
	// The inner steps were decoded as plain maps, because inputs differ by action.
	text, err := yaml.Marshal(s.Inputs["Steps"])
	if err != nil {
		return nil, err
	}
	var steps []Step
	if err := yaml.UnmarshalWithOptions(text, &steps, yaml.Strict()); err != nil {
		return nil, err
	}
	return steps, nil
}

// Jumps lists the steps that this step names as its successors. A choice that names none
// leads nowhere; package lint refuses it.
func (s Step) Jumps() []string {
	var to []string
	if s.NextStep != "" {
		to = append(to, s.NextStep)
	}
	if name, ok := strings.CutPrefix(s.OnFailure, "step:"); ok {
		to = append(to, name)
	}
	if s.Action == "aws:branch" {
		choices, _ := s.Inputs["Choices"].([]any)
		for _, c := range choices {
			choice, _ := c.(map[string]any)
			if name, ok := choice["NextStep"].(string); ok {
				to = append(to, name)
			}
		}
		if d, ok := s.Inputs["Default"].(string); ok {
			to = append(to, d)
		}
	}
	return to
}

// FallsThrough says whether the step may lead to the one that follows it in the document.
// A branch does so when no choice holds, unless it has a Default.
func (s Step) FallsThrough() bool {
	if s.IsEnd || s.NextStep != "" {
		return false
	}
	return s.Action != "aws:branch" || s.Inputs["Default"] == nil
}

var bracedName = regexp.MustCompile(`\{\{(.*?)\}\}`)

// References lists what a value refers to by {{ name }}, in no particular order.
func References(value any) []string {
	var names []string
	switch v := value.(type) {
	case string:
		for _, m := range bracedName.FindAllStringSubmatch(v, -1) {
			names = append(names, strings.TrimSpace(m[1]))
		}
	case []any:
		for _, item := range v {
			names = append(names, References(item)...)
		}
	case map[string]any:
		for _, item := range v {
			names = append(names, References(item)...)
		}
	}
	return names
}
