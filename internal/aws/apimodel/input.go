package apimodel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CheckInput compares parameters with the API's model and returns every problem. A text with {{ may have any type.
func (o Operation) CheckInput(parameters map[string]any) []string {
	if o.input == nil {
		if len(parameters) > 0 {
			return []string{"the API takes no parameters"}
		}
		return nil
	}
	return o.service.check(o.input.Shape, parameters, "")
}

// Takes reports whether the API has a parameter of this name.
func (o Operation) Takes(parameter string) bool {
	if o.input == nil {
		return false
	}
	_, ok := o.service.Shapes[o.input.Shape].Members[parameter]
	return ok
}

// check compares a value with a shape. Blobs and timestamps are not checked, because botocore takes several forms of
// them.
func (s *service) check(name string, value any, at string) []string {
	if text, ok := value.(string); ok && strings.Contains(text, "{{") {
		return nil
	}
	sh := s.Shapes[name]
	switch sh.Type {
	case "structure":
		return s.checkStructure(sh, value, at)
	case "list":
		return s.checkList(sh, value, at)
	case "map":
		return s.checkMap(sh, value, at)
	}
	if demand := sh.demand(value); demand != "" {
		return []string{where(at) + " must be " + demand}
	}
	return nil
}

func (s *service) checkStructure(sh shape, value any, at string) []string {
	members, ok := value.(map[string]any)
	if !ok {
		return []string{where(at) + " must be a map"}
	}
	var problems []string
	for name, value := range members {
		member, ok := sh.Members[name]
		if !ok {
			problems = append(problems, fmt.Sprintf("%s has no parameter %s", where(at), name))
			continue
		}
		problems = append(problems, s.check(member.Shape, value, strings.TrimPrefix(at+"."+name, "."))...)
	}
	for _, name := range sh.Required {
		if _, ok := members[name]; !ok {
			problems = append(problems, fmt.Sprintf("%s needs the parameter %s", where(at), name))
		}
	}
	slices.Sort(problems)
	return problems
}

func (s *service) checkList(sh shape, value any, at string) []string {
	items, ok := value.([]any)
	if !ok {
		return []string{where(at) + " must be a list"}
	}
	var problems []string
	for i, item := range items {
		problems = append(problems, s.check(sh.Member.Shape, item, fmt.Sprintf("%s[%d]", at, i))...)
	}
	return problems
}

func (s *service) checkMap(sh shape, value any, at string) []string {
	entries, ok := value.(map[string]any)
	if !ok {
		return []string{where(at) + " must be a map"}
	}
	var problems []string
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		problems = append(problems, s.check(sh.Key.Shape, key, "the key "+key+" of "+at)...)
		problems = append(problems, s.check(sh.Value.Shape, entries[key], at+"."+key)...)
	}
	return problems
}

// demand returns what a value of the shape must be, or "" if the value is correct.
func (sh shape) demand(value any) string {
	switch sh.Type {
	case "boolean":
		if _, ok := value.(bool); !ok {
			return "true or false"
		}
	case "integer", "long":
		if !isWhole(value) {
			return "a whole number"
		}
	case "float", "double":
		if _, ok := value.(float64); !ok && !isWhole(value) {
			return "a number"
		}
	case "string":
		return sh.demandText(value)
	}
	return ""
}

func (sh shape) demandText(value any) string {
	text, ok := value.(string)
	switch {
	case !ok:
		return "a text"
	case len(sh.Enum) == 0 || slices.Contains(sh.Enum, text):
		return ""
	case len(sh.Enum) > maxNamed:
		return fmt.Sprintf("one of the %d values that the API knows", len(sh.Enum))
	}
	return "one of " + strings.Join(sh.Enum, ", ")
}

// maxNamed is the maximum number of enumeration values in a message. Some enumerations have hundreds.
const maxNamed = 20

func isWhole(value any) bool {
	switch value.(type) {
	case int, int64, uint64: // as Go code writes them, and as YAML decodes them
		return true
	}
	return false
}

func where(at string) string {
	if at == "" {
		return "the API"
	}
	return at
}
