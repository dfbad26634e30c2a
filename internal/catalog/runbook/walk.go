package runbook

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// Walk visits all steps in document order. Steps inside a loop follow their loop.
func Walk(steps []Step, visit func(Step)) {
	for _, s := range steps {
		visit(s)
		inner, err := s.Loop()
		if err == nil {
			Walk(inner, visit)
		}
	}
}

// Loop returns the steps inside an aws:loop, or nothing for any other action. It fails for an entry that is not a step.
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

// Jumps returns the steps that this step names as successors. A choice without one leads nowhere, which package lint
// refuses.
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

// FallsThrough reports whether the next step in the document may follow. It may follow a branch without a Default, if
// no choice applies.
func (s Step) FallsThrough() bool {
	if s.IsEnd || s.NextStep != "" {
		return false
	}
	return s.Action != "aws:branch" || s.Inputs["Default"] == nil
}

var bracedName = regexp.MustCompile(`\{\{(.*?)\}\}`)

// References returns the names in {{ name }} references of a value, in no particular order.
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
