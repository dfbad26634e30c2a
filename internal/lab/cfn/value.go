package cfn

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// value evaluates an expression.
func (e *Evaluation) value(path string, v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = e.value(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		function, operand, ok, err := call(path, v)
		if err != nil {
			return nil, err
		}
		if ok {
			return e.call(path, function, operand)
		}
		return e.object(path, v)
	default:
		return v, nil
	}
}

func (e *Evaluation) object(path string, object map[string]any) (map[string]any, error) {
	evaluated := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		v, err := e.value(path+"."+key, object[key])
		if err != nil {
			return nil, err
		}
		evaluated[key] = v
	}
	return evaluated, nil
}

// text evaluates an expression that must give a scalar.
func (e *Evaluation) text(path string, v any) (string, error) {
	v, err := e.value(path, v)
	if err != nil {
		return "", err
	}
	s, err := scalar(v)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number, bool:
		return fmt.Sprint(v), nil
	default:
		return "", fmt.Errorf("must be a string, a number or a boolean")
	}
}

// call evaluates a function. Fn::If is gone by now.
func (e *Evaluation) call(path, function string, operand any) (any, error) {
	if function == fnSub {
		return e.sub(path, operand)
	}
	v, err := e.apply(path, function, operand)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", path, function, err)
	}
	return v, nil
}

func (e *Evaluation) apply(path, function string, operand any) (any, error) {
	switch function {
	case fnRef:
		return e.ref(operand.(string))
	case fnGetAtt:
		id, name, err := attribute(operand)
		if err != nil {
			return nil, err
		}
		return e.attribute(id, name)
	}
	operand, err := e.value(path, operand)
	if err != nil {
		return nil, err
	}
	if function == fnBase64 {
		s, err := scalar(operand)
		return base64.StdEncoding.EncodeToString([]byte(s)), err
	}
	arguments := operand.([]any)
	switch function {
	case fnJoin:
		return join(arguments)
	case fnSplit:
		return split(arguments)
	case fnSelect:
		return selected(arguments)
	default:
		return e.findInMap(arguments)
	}
}

func (e *Evaluation) ref(name string) (any, error) {
	if v, ok := e.names[name]; ok {
		return v, nil
	}
	if name == noValue {
		return nil, fmt.Errorf("AWS::NoValue cannot be used here")
	}
	r, ok := e.created[name]
	if !ok {
		return nil, fmt.Errorf("the resource %s is not created yet", name)
	}
	return r.ref, nil
}

func (e *Evaluation) attribute(id, name string) (any, error) {
	r, ok := e.created[id]
	if !ok {
		return nil, fmt.Errorf("the resource %s is not created yet", id)
	}
	v, ok := r.attributes[name]
	if !ok {
		return nil, fmt.Errorf("the resource %s has no attribute %s", id, name)
	}
	return v, nil
}

func join(arguments []any) (any, error) {
	separator, isText := arguments[0].(string)
	list, isList := arguments[1].([]any)
	if !isText || !isList {
		return nil, fmt.Errorf("takes a text and a list")
	}
	texts := make([]string, len(list))
	for i, v := range list {
		var err error
		if texts[i], err = scalar(v); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return strings.Join(texts, separator), nil
}

func split(arguments []any) (any, error) {
	separator, isText := arguments[0].(string)
	s, err := scalar(arguments[1])
	if !isText || separator == "" || err != nil {
		return nil, fmt.Errorf("takes a separator that is not empty and a text")
	}
	var list []any
	for _, part := range strings.Split(s, separator) {
		list = append(list, part)
	}
	return list, nil
}

func selected(arguments []any) (any, error) {
	index, err := strconv.Atoi(fmt.Sprint(arguments[0]))
	list, isList := arguments[1].([]any)
	if err != nil || !isList {
		return nil, fmt.Errorf("takes an index and a list")
	}
	if index < 0 || index >= len(list) {
		return nil, fmt.Errorf("there is no element %d in a list of %d", index, len(list))
	}
	return list[index], nil
}

func (e *Evaluation) findInMap(arguments []any) (any, error) {
	keys := make([]string, len(arguments))
	for i, a := range arguments {
		var err error
		if keys[i], err = scalar(a); err != nil {
			return nil, err
		}
	}
	v, ok := e.mappings[keys[0]][keys[1]][keys[2]]
	if !ok {
		return nil, fmt.Errorf("there is no %s", strings.Join(keys, "."))
	}
	return v, nil
}
