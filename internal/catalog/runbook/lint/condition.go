package lint

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/catalog/runbook"
)

func (l *linter) branch(s runbook.Step) {
	choices, ok := s.Inputs["Choices"].([]any)
	if !ok || len(choices) == 0 {
		l.add(s.Name, "Choices must be a list")
	}
	for _, c := range choices {
		choice, _ := c.(map[string]any)
		if _, ok := choice["NextStep"].(string); !ok {
			l.add(s.Name, "a choice needs a NextStep")
			continue
		}
		condition := maps.Clone(choice)
		delete(condition, "NextStep")
		l.condition(s, condition)
	}
	if d, given := s.Inputs["Default"]; given {
		if _, ok := d.(string); !ok {
			l.add(s.Name, "Default must be the name of a step")
		}
	}
}

var operators = []string{
	"StringEquals", "EqualsIgnoreCase", "StartsWith", "EndsWith", "Contains", "NumericEquals", "NumericGreater",
	"NumericLesser", "NumericGreaterOrEquals", "NumericLesserOrEquals", "BooleanEquals",
}

// condition requires And, Or, Not, or a Variable with one operator. The service accepts other forms, but not with the
// meaning that the author intended.
func (l *linter) condition(s runbook.Step, value any) {
	c, ok := value.(map[string]any)
	if !ok {
		l.add(s.Name, "%v is not a condition", value)
		return
	}
	_, hasVariable := c["Variable"]
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(c)), func(key string) bool { return key == "Variable" })
	if len(keys) != 1 {
		l.add(s.Name, "a condition has one operator, not %d: %s", len(keys), strings.Join(keys, ", "))
		return
	}
	switch operator := keys[0]; {
	case operator == "And" || operator == "Or" || operator == "Not":
		l.combination(s, operator, c[operator])
		if hasVariable {
			l.add(s.Name, "%s takes conditions and no Variable", operator)
		}
	case !slices.Contains(operators, operator):
		l.add(s.Name, "operator %q does not exist", operator)
	case !hasVariable:
		l.add(s.Name, "%s needs a Variable to compare", operator)
	}
}

func (l *linter) combination(s runbook.Step, operator string, value any) {
	if operator == "Not" {
		l.condition(s, value)
		return
	}
	conditions, ok := value.([]any)
	if !ok || len(conditions) == 0 {
		l.add(s.Name, "%s must be a list of conditions", operator)
	}
	for _, c := range conditions {
		l.condition(s, c)
	}
}
