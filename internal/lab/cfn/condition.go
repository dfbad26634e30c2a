package cfn

import "fmt"

// conditionCall takes an expression of the section Conditions apart.
func conditionCall(path string, expression any) (function string, operand any, err error) {
	object, ok := expression.(map[string]any)
	if !ok || len(object) != 1 {
		return "", nil, fmt.Errorf("%s: a condition is an object with one function", path)
	}
	for function, operand = range object {
	}
	limits, ok := conditionArity[function]
	if !ok {
		return "", nil, fmt.Errorf("%s: %s is not a condition function", path, function)
	}
	return function, operand, checkArity(path, function, operand, limits)
}

// visitCondition reports what a condition uses, as visit does for other expressions.
func visitCondition(path string, expression any, found func(use) error) error {
	function, operand, err := conditionCall(path, expression)
	if err != nil {
		return err
	}
	switch function {
	case fnCondition:
		name, ok := operand.(string)
		if !ok {
			return fmt.Errorf("%s: Condition takes a name", path)
		}
		return found(use{path, function, name})
	case fnEquals:
		return visit(path+"."+function, operand, found)
	default:
		for i, o := range operand.([]any) {
			if err := visitCondition(fmt.Sprintf("%s.%s[%d]", path, function, i), o, found); err != nil {
				return err
			}
		}
		return nil
	}
}

// holds evaluates a condition. Parse made sure of its form and that it ends.
func (e *Evaluation) holds(path string, expression any, all map[string]any) (bool, error) {
	function, operand, err := conditionCall(path, expression)
	if err != nil {
		return false, err
	}
	switch function {
	case fnCondition:
		name := operand.(string)
		return e.holds("Conditions."+name, all[name], all)
	case fnEquals:
		return e.equal(path+"."+function, operand.([]any))
	}
	count := 0
	operands := operand.([]any)
	for i, o := range operands {
		ok, err := e.holds(fmt.Sprintf("%s.%s[%d]", path, function, i), o, all)
		if err != nil {
			return false, err
		}
		if ok {
			count++
		}
	}
	switch function {
	case fnAnd:
		return count == len(operands), nil
	case fnOr:
		return count > 0, nil
	default: // Fn::Not
		return count == 0, nil
	}
}

func (e *Evaluation) equal(path string, operands []any) (bool, error) {
	left, err := e.text(path+"[0]", operands[0])
	if err != nil {
		return false, err
	}
	right, err := e.text(path+"[1]", operands[1])
	return left == right, err
}
