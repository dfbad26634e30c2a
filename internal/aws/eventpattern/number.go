package eventpattern

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// EventBridge orders numbers only between -5e9 and 5e9 and with six decimals.
const (
	maxNumber   = 5e9
	maxDecimals = 6
)

// toNumber parses a number of the event or the pattern.
func toNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	default:
		return 0, false
	}
}

// orderable reports whether the service can order a number.
func orderable(f float64) bool {
	if !(math.Abs(f) <= maxNumber) {
		return false
	}
	_, decimals, _ := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
	return len(decimals) <= maxDecimals
}

// exactNumber compares by value, so that 1 equals 1.0. Numbers that the service cannot order, such as account ids, only
// equal themselves.
func exactNumber(want json.Number) test {
	w, ok := toNumber(want)
	return func(v any) bool {
		f, isNumber := toNumber(v)
		return ok && isNumber && f == w
	}
}

func operandNumber(v any) (float64, error) {
	f, ok := toNumber(v)
	if !ok {
		return 0, fmt.Errorf("must be a number, not %s", kind(v))
	}
	if !orderable(f) {
		return 0, fmt.Errorf("%v is not between -5e9 and 5e9 with at most six decimals", v)
	}
	return f, nil
}

// compileNumeric parses ["<", 10] or a range such as [">", 0, "<=", 5].
func compileNumeric(operand any) (test, error) {
	terms, ok := operand.([]any)
	if !ok {
		return nil, fmt.Errorf("must be an array, not %s", kind(operand))
	}
	if len(terms) != 2 && len(terms) != 4 {
		return nil, fmt.Errorf("must be one or two pairs of a comparison and a number")
	}
	first, low, err := comparison(terms[0], terms[1])
	if err != nil || len(terms) == 2 {
		return inOrder(first), err
	}
	second, high, err := comparison(terms[2], terms[3])
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text(terms[0]), ">") || !strings.HasPrefix(text(terms[2]), "<") {
		return nil, fmt.Errorf("a range has > or >= first and < or <= second")
	}
	if low >= high {
		return nil, fmt.Errorf("the range from %v to %v is empty", low, high)
	}
	return inOrder(func(f float64) bool { return first(f) && second(f) }), nil
}

func inOrder(compare func(float64) bool) test {
	return func(v any) bool {
		f, ok := toNumber(v)
		return ok && orderable(f) && compare(f)
	}
}

func comparison(operator, operand any) (compare func(float64) bool, bound float64, err error) {
	if bound, err = operandNumber(operand); err != nil {
		return nil, 0, err
	}
	switch text(operator) {
	case "=":
		return func(f float64) bool { return f == bound }, bound, nil
	case "<":
		return func(f float64) bool { return f < bound }, bound, nil
	case "<=":
		return func(f float64) bool { return f <= bound }, bound, nil
	case ">":
		return func(f float64) bool { return f > bound }, bound, nil
	case ">=":
		return func(f float64) bool { return f >= bound }, bound, nil
	default:
		return nil, 0, fmt.Errorf("unknown comparison %v; supported: %s", operator, quoted("=", "<", "<=", ">", ">="))
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
