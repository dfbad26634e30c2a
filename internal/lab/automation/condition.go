package automation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// holds evaluates a condition: And, Or, Not, or a Variable with one operator.
func (s *scope) holds(condition map[string]any) (bool, error) {
	keys := slices.Sorted(maps.Keys(condition))
	if len(keys) != 1 {
		return s.compare(condition)
	}
	switch inner := condition[keys[0]]; keys[0] {
	case "And":
		return s.every(inner, true)
	case "Or":
		none, err := s.every(inner, false)
		return !none, err
	case "Not":
		m, ok := inner.(map[string]any)
		if !ok {
			return false, errors.New("Not must hold one condition")
		}
		holds, err := s.holds(m)
		return !holds, err
	}
	return s.compare(condition)
}

// every reports whether all the conditions in a list evaluate to want. It stops at the first
// that does not.
func (s *scope) every(list any, want bool) (bool, error) {
	conditions, ok := objects(list)
	if !ok || len(conditions) == 0 {
		return false, errors.New("And and Or must hold a list of conditions")
	}
	for _, c := range conditions {
		holds, err := s.holds(c)
		if err != nil || holds != want {
			return false, err
		}
	}
	return true, nil
}

// compare evaluates a Variable with one operator. An output without a value is compared as the text of
// the reference, and equals no Boolean and no number: AWS's samples rely on Default for that.
func (s *scope) compare(condition map[string]any) (bool, error) {
	names := slices.Sorted(maps.Keys(condition))
	at := slices.Index(names, "Variable")
	if at < 0 || len(names) != 2 {
		return false, fmt.Errorf("a condition is And, Or, Not, or Variable with one operator, but this has %s",
			strings.Join(names, ", "))
	}
	name := names[1-at]
	operator, ok := operators[name]
	if !ok {
		return false, fmt.Errorf("operator %s is not supported", name)
	}
	variable, noVariable := s.render(condition["Variable"])
	operand, noOperand := s.render(condition[name])
	if err := errors.Join(noVariable, noOperand); err != nil {
		return false, err
	}
	if variable == nil || operand == nil {
		return false, nil
	}
	holds, ok := operator(variable, operand)
	if !ok && !unresolved(condition["Variable"], variable) && !unresolved(condition[name], operand) {
		return false, fmt.Errorf("%s cannot compare %s with %s: there is no type coercion", name, text(variable),
			text(operand))
	}
	return holds, nil
}

// unresolved reports whether a value is a reference to an output that has none.
func unresolved(written, rendered any) bool {
	t, ok := rendered.(string)
	return ok && written == rendered && isReference(t)
}

// operators are the comparisons of the service. They say false as second result when
// the values have not the operator's type.
var operators = map[string]func(variable, operand any) (bool, bool){
	"StringEquals":           compareAs(func(a, b string) bool { return a == b }),
	"EqualsIgnoreCase":       compareAs(strings.EqualFold),
	"StartsWith":             compareAs(strings.HasPrefix),
	"EndsWith":               compareAs(strings.HasSuffix),
	"Contains":               compareAs(strings.Contains),
	"BooleanEquals":          compareAs(func(a, b bool) bool { return a == b }),
	"NumericEquals":          compareNumbers(func(a, b float64) bool { return a == b }),
	"NumericGreater":         compareNumbers(func(a, b float64) bool { return a > b }),
	"NumericLesser":          compareNumbers(func(a, b float64) bool { return a < b }),
	"NumericGreaterOrEquals": compareNumbers(func(a, b float64) bool { return a >= b }),
	"NumericLesserOrEquals":  compareNumbers(func(a, b float64) bool { return a <= b }),
}

func compareAs[T any](compare func(a, b T) bool) func(any, any) (bool, bool) {
	return func(variable, operand any) (bool, bool) {
		a, aok := variable.(T)
		b, bok := operand.(T)
		return aok && bok && compare(a, b), aok && bok
	}
}

func compareNumbers(compare func(a, b float64) bool) func(any, any) (bool, bool) {
	return func(variable, operand any) (bool, bool) {
		a, aok := number(variable)
		b, bok := number(operand)
		return aok && bok && compare(a, b), aok && bok
	}
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// objects gives a list of maps as such, and false for anything else.
func objects(value any) ([]map[string]any, bool) {
	list, ok := value.([]any)
	if !ok || !listOf[map[string]any](value) {
		return nil, false
	}
	conditions := make([]map[string]any, 0, len(list))
	for _, item := range list {
		conditions = append(conditions, item.(map[string]any))
	}
	return conditions, true
}
