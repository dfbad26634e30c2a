package cfn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// toJSON gives a template in JSON. YAML may have the short form of functions: !Ref and
// !Condition stand for themselves, any other !Name for Fn::Name.
func toJSON(text []byte) ([]byte, error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return text, nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("template: %s", yaml.FormatError(err, false, true))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("template: must be one YAML document")
	}
	v, err := plain(file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// plain gives a YAML node as JSON has it.
func plain(node ast.Node) (any, error) {
	switch n := node.(type) {
	case *ast.TagNode:
		return short(n)
	case *ast.MappingNode:
		return mapping(n.Values)
	case *ast.MappingValueNode:
		return mapping([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		list := []any{}
		for _, item := range n.Values {
			v, err := plain(item)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	return scalarOf(node)
}

func mapping(entries []*ast.MappingValueNode) (any, error) {
	object := map[string]any{}
	for _, entry := range entries {
		key, ok := entry.Key.(ast.ScalarNode)
		if !ok {
			return nil, at(entry, "a key must be a text")
		}
		name := fmt.Sprint(key.GetValue())
		if _, twice := object[name]; twice {
			return nil, at(entry, "the key "+name+" is there twice")
		}
		v, err := plain(entry.Value)
		if err != nil {
			return nil, err
		}
		object[name] = v
	}
	return object, nil
}

// scalarOf gives a number as it is written, because Fn::Sub needs its text, and a date as
// the text that it is: AWSTemplateFormatVersion: 2010-09-09.
func scalarOf(node ast.Node) (any, error) {
	switch n := node.(type) {
	case *ast.NullNode:
		return nil, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode:
		text := node.GetToken().Value
		if json.Valid([]byte(text)) {
			return json.Number(text), nil
		}
		return text, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	}
	return nil, at(node, "anchors, aliases and merges are not supported")
}

// short gives the long form of a function.
func short(n *ast.TagNode) (any, error) {
	name := strings.TrimPrefix(n.Start.Value, "!")
	operand, err := plain(n.Value)
	if err != nil {
		return nil, err
	}
	if name != fnRef && name != fnCondition {
		name = "Fn::" + name
	}
	_, isFunction := arity[name]
	_, isCondition := conditionArity[name]
	if !isFunction && !isCondition {
		return nil, at(n, "the function !"+strings.TrimPrefix(name, "Fn::")+" is not supported")
	}
	return map[string]any{name: operand}, nil
}

func at(node ast.Node, problem string) error {
	return fmt.Errorf("template: line %d: %s", node.GetToken().Position.Line, problem)
}
