package eventpattern

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// test reports whether a scalar of the event meets the pattern.
type test func(value any) bool

// operators are the comparisons that are objects with one key. exists is not one of them, because it tests the field
// and not a value.
var operators = map[string]func(operand any) (test, error){
	"prefix":             onText(strings.HasPrefix, hasPrefixFold),
	"suffix":             onText(strings.HasSuffix, hasSuffixFold),
	"equals-ignore-case": onText(strings.EqualFold, nil),
	"wildcard":           compileWildcard,
	"cidr":               compileCIDR,
	"numeric":            compileNumeric,
}

func init() { operators["anything-but"] = compileAnythingBut } // breaks the cycle of a nested operator

// compileLeaf parses the allowed values of a field.
func compileLeaf(path string, values []any) (condition, error) {
	c := condition{path: path}
	if len(values) == 0 {
		return c, fmt.Errorf("%s: an empty array matches nothing", path)
	}
	for i, v := range values {
		if err := c.add(v); err != nil {
			return c, fmt.Errorf("%s: %w", element(path, i), err)
		}
	}
	return c, nil
}

func (c *condition) add(value any) error {
	switch v := value.(type) {
	case []any:
		return fmt.Errorf("must be a string, a number, a boolean, null or an operator, not an array")
	case map[string]any:
		return c.addOperator(v)
	default:
		c.tests = append(c.tests, exact(v))
		return nil
	}
}

func (c *condition) addOperator(object map[string]any) error {
	name, operand, err := only(object)
	if err != nil {
		return err
	}
	if name == "exists" {
		return c.addExists(operand)
	}
	compile, ok := operators[name]
	if !ok {
		known := slices.Sorted(maps.Keys(operators))
		return fmt.Errorf("unknown operator %q; supported: %s", name, quoted(append(known, "exists")...))
	}
	t, err := compile(operand)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.tests = append(c.tests, t)
	return nil
}

func (c *condition) addExists(operand any) error {
	wanted, ok := operand.(bool)
	if !ok {
		return fmt.Errorf("exists: must be true or false, not %s", kind(operand))
	}
	if wanted {
		c.tests = append(c.tests, func(any) bool { return true })
	} else {
		c.missing = true
	}
	return nil
}

// only returns the single key of an operator and its value.
func only(object map[string]any) (name string, operand any, err error) {
	if len(object) != 1 {
		return "", nil, fmt.Errorf("an operator is an object with exactly one key, not %d", len(object))
	}
	for name, operand = range object {
	}
	return name, operand, nil
}

// exact compares with a literal value of the pattern.
func exact(want any) test {
	switch w := want.(type) {
	case string:
		return exactText(w)
	case json.Number:
		return exactNumber(w)
	default: // true, false and null
		return func(v any) bool { return v == want }
	}
}

// compileAnythingBut parses the only operator that can contain another one. It requires the field to exist: a missing
// field is not "anything".
func compileAnythingBut(operand any) (test, error) {
	refused, err := excluded(operand)
	if err != nil {
		return nil, err
	}
	return func(v any) bool {
		return !slices.ContainsFunc(refused, func(t test) bool { return t(v) })
	}, nil
}

func excluded(operand any) ([]test, error) {
	if nested, ok := operand.(map[string]any); ok {
		return excludedBy(nested)
	}
	values := list(operand)
	if len(values) == 0 {
		return nil, fmt.Errorf("an empty list excludes nothing")
	}
	var tests []test
	for _, v := range values {
		if kind(v) != kind(values[0]) {
			return nil, fmt.Errorf("a list has either strings or numbers, not both")
		}
		t, err := excludedValue(v)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, nil
}

func excludedValue(value any) (test, error) {
	switch v := value.(type) {
	case string:
		return func(have any) bool { return have == v }, nil
	case json.Number:
		if _, err := operandNumber(v); err != nil {
			return nil, err
		}
		return exactNumber(v), nil
	default:
		return nil, fmt.Errorf("must be strings or numbers, not %s", kind(value))
	}
}

// excludedBy parses {"prefix": ...} and similar operators, each with a string or a list of strings.
func excludedBy(nested map[string]any) ([]test, error) {
	name, operand, err := only(nested)
	if err != nil {
		return nil, err
	}
	allowed := []string{"equals-ignore-case", "prefix", "suffix", "wildcard"}
	if !slices.Contains(allowed, name) {
		return nil, fmt.Errorf("cannot hold %q; it can hold %s", name, quoted(allowed...))
	}
	values := list(operand)
	if len(values) == 0 {
		return nil, fmt.Errorf("%s: an empty list excludes nothing", name)
	}
	var tests []test
	for _, v := range values {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%s: must be strings, not %s", name, kind(v))
		}
		if s == "" && (name == "prefix" || name == "suffix") {
			return nil, fmt.Errorf("%s: an empty string would exclude every string", name)
		}
		t, err := operators[name](s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tests = append(tests, t)
	}
	return tests, nil
}

func list(operand any) []any {
	if values, ok := operand.([]any); ok {
		return values
	}
	return []any{operand}
}
