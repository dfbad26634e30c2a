package cfn

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var variable = regexp.MustCompile(`\$\{(!?)([^}]*)\}`)

// substitution is the operand of Fn::Sub.
type substitution struct {
	text      string
	variables map[string]any
}

func parseSub(operand any) (substitution, error) {
	if text, ok := operand.(string); ok {
		return substitution{text: text}, nil
	}
	if list, ok := operand.([]any); ok && len(list) == 2 {
		text, isText := list[0].(string)
		variables, isMap := list[1].(map[string]any)
		if isText && isMap {
			return substitution{text, variables}, nil
		}
	}
	return substitution{}, fmt.Errorf("Fn::Sub takes a text, or a list of a text and an object of variables")
}

func visitSub(path string, operand any, found func(use) error) error {
	s, err := parseSub(operand)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, m := range variable.FindAllStringSubmatch(s.text, -1) {
		_, own := s.variables[m[2]]
		if m[1] == "!" || own {
			continue
		}
		if err := found(subUse(path, m[2])); err != nil {
			return err
		}
	}
	if err := visit(path, s.text, found); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		if err := visit(path+"."+fnSub+"."+name, s.variables[name], found); err != nil {
			return err
		}
	}
	return nil
}

// subUse tells ${Resource} from ${Resource.Attribute}.
func subUse(path, name string) use {
	if id, _, isAttribute := strings.Cut(name, "."); isAttribute {
		return use{path, fnGetAtt, id}
	}
	return use{path, fnRef, name}
}

func (e *Evaluation) sub(path string, operand any) (string, error) {
	s, err := parseSub(operand)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	var failed error
	text := variable.ReplaceAllStringFunc(s.text, func(match string) string {
		m := variable.FindStringSubmatch(match)
		if m[1] == "!" {
			return "${" + m[2] + "}"
		}
		v, err := e.variable(path, m[2], s.variables)
		if err == nil {
			match, err = scalar(v)
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: ${%s}: %w", path, m[2], err)
		}
		return match
	})
	return text, failed
}

func (e *Evaluation) variable(path, name string, own map[string]any) (any, error) {
	if v, ok := own[name]; ok {
		return e.value(path+"."+fnSub+"."+name, v)
	}
	if id, attribute, isAttribute := strings.Cut(name, "."); isAttribute {
		return e.attribute(id, attribute)
	}
	return e.ref(name)
}
