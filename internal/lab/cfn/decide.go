package cfn

// removed stands for AWS::NoValue until the object or list around it drops it.
type removed struct{}

// decide replaces every Fn::If by the side that its condition selects and leaves out what
// is AWS::NoValue. It changes nothing in place: a template can be resolved many times.
func (e *Evaluation) decide(v any) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			d := e.decide(item)
			if _, gone := d.(removed); !gone {
				list = append(list, d)
			}
		}
		return list
	case map[string]any:
		return e.decideObject(v)
	default:
		return v
	}
}

func (e *Evaluation) decideObject(object map[string]any) any {
	if arguments, ok := object[fnIf].([]any); ok {
		if e.conditions[arguments[0].(string)] {
			return e.decide(arguments[1])
		}
		return e.decide(arguments[2])
	}
	if object[fnRef] == noValue {
		return removed{}
	}
	return e.decideFields(object)
}

func (e *Evaluation) decideFields(object map[string]any) map[string]any {
	decided := map[string]any{}
	for key, v := range object {
		d := e.decide(v)
		_, gone := d.(removed)
		_, isFunction := arity[key]
		switch {
		case !gone:
			decided[key] = d
		case isFunction:
			// A function without its operand would look like an empty object: evaluating
			// AWS::NoValue itself gives the error.
			decided[key] = map[string]any{fnRef: noValue}
		}
	}
	return decided
}
