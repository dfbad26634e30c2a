package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The functions that expressions can have. Fn::GetAZs, Fn::ImportValue and the rest are
// refused.
const (
	fnRef       = "Ref"
	fnGetAtt    = "Fn::GetAtt"
	fnSub       = "Fn::Sub"
	fnJoin      = "Fn::Join"
	fnSplit     = "Fn::Split"
	fnSelect    = "Fn::Select"
	fnIf        = "Fn::If"
	fnFindInMap = "Fn::FindInMap"
	fnBase64    = "Fn::Base64"

	// Only in Conditions.
	fnEquals    = "Fn::Equals"
	fnAnd       = "Fn::And"
	fnOr        = "Fn::Or"
	fnNot       = "Fn::Not"
	fnCondition = "Condition"
)

// arity says how many arguments, at least and at most, a function takes as a list. The
// functions with none take one value in a form of their own.
var arity = map[string][2]int{
	fnRef: {}, fnGetAtt: {}, fnSub: {}, fnBase64: {},
	fnJoin: {2, 2}, fnSplit: {2, 2}, fnSelect: {2, 2}, fnIf: {3, 3}, fnFindInMap: {3, 3},
}

var conditionArity = map[string][2]int{
	fnEquals: {2, 2}, fnAnd: {2, 10}, fnOr: {2, 10}, fnNot: {1, 1}, fnCondition: {},
}

// use is a name that an expression refers to.
type use struct {
	path     string
	function string
	name     string
}

// call takes a function call apart. It is not ok for an object that is just data.
func call(path string, object map[string]any) (function string, operand any, ok bool, err error) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key != fnRef && !strings.HasPrefix(key, "Fn::") {
			continue
		}
		if len(object) != 1 {
			return "", nil, false, fmt.Errorf("%s: %s must be the only key of its object", path, key)
		}
		if _, known := conditionArity[key]; known {
			return "", nil, false, fmt.Errorf("%s: %s can be used only in Conditions", path, key)
		}
		limits, known := arity[key]
		if !known {
			return "", nil, false, fmt.Errorf("%s: the function %s is not supported", path, key)
		}
		return key, object[key], true, checkArity(path, key, object[key], limits)
	}
	return "", nil, false, nil
}

func checkArity(path, function string, operand any, limits [2]int) error {
	if limits[1] == 0 {
		return nil
	}
	arguments, ok := operand.([]any)
	if !ok || len(arguments) < limits[0] || len(arguments) > limits[1] {
		return fmt.Errorf("%s: %s takes a list of %d to %d arguments", path, function, limits[0], limits[1])
	}
	return nil
}

// visit reports every name that an expression uses, in a fixed order, and refuses
// functions that are unknown or have the wrong form.
func visit(path string, v any, found func(use) error) error {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "{{resolve:") {
			return fmt.Errorf("%s: dynamic references such as %q are not supported", path, v)
		}
	case []any:
		for i, e := range v {
			if err := visit(fmt.Sprintf("%s[%d]", path, i), e, found); err != nil {
				return err
			}
		}
	case map[string]any:
		return visitObject(path, v, found)
	}
	return nil
}

func visitObject(path string, object map[string]any, found func(use) error) error {
	function, operand, ok, err := call(path, object)
	if err != nil {
		return err
	}
	if ok {
		return visitCall(path, function, operand, found)
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if err := visit(path+"."+key, object[key], found); err != nil {
			return err
		}
	}
	return nil
}

func visitCall(path, function string, operand any, found func(use) error) error {
	switch function {
	case fnRef:
		name, ok := operand.(string)
		if !ok {
			return fmt.Errorf("%s: Ref takes a name", path)
		}
		return found(use{path, function, name})
	case fnGetAtt:
		id, _, err := attribute(operand)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return found(use{path, function, id})
	case fnSub:
		return visitSub(path, operand, found)
	case fnIf, fnFindInMap:
		return visitNamed(path, function, operand.([]any), found)
	default:
		return visit(path+"."+function, operand, found)
	}
}

// visitNamed visits a function whose first argument is a name of another section.
func visitNamed(path, function string, arguments []any, found func(use) error) error {
	name, ok := arguments[0].(string)
	switch {
	case ok:
		if err := found(use{path, function, name}); err != nil {
			return err
		}
	case function == fnIf:
		return fmt.Errorf("%s: the first argument of Fn::If is the name of a condition", path)
	}
	return visit(path+"."+function, arguments, found)
}

// attribute reads both forms of Fn::GetAtt.
func attribute(operand any) (id, name string, err error) {
	switch o := operand.(type) {
	case string:
		id, name, _ = strings.Cut(o, ".")
	case []any:
		if len(o) == 2 {
			id, _ = o[0].(string)
			name, _ = o[1].(string)
		}
	}
	if id == "" || name == "" {
		return "", "", fmt.Errorf("Fn::GetAtt takes a logical id and the name of an attribute")
	}
	return id, name, nil
}
