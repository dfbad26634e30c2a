// Package jsonpath implements the part of JSONPath that Systems Manager documents for the selectors of a runbook (a
// child, a deep scan and an array index) and the additional forms in AWS's own runbooks. It refuses wildcards, slices
// and functions, because the service does not document them.
//
// It works on decoded JSON and imports no other package of this module.
package jsonpath

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Path is a compiled selector.
type Path struct {
	text  string
	steps []step
	deep  bool
}

// step is a part of a path: a child, a deep scan for a name, an array index, or a filter.
type step struct {
	name   string
	deep   bool
	index  int // -1 unless this is an array index
	filter bool
	equals any // what the child with the name must be, of a filter
}

var part = regexp.MustCompile(`^(?:(\.\.?)([A-Za-z0-9_-]+)|\[([0-9]{1,9})\])`)

// Compile parses a selector such as $.SecurityGroups[0].GroupName or $..GroupId. The error names the part that is
// outside the documented subset.
func Compile(text string) (*Path, error) {
	if !strings.HasPrefix(text, "$.") {
		return nil, fmt.Errorf("selector %q must begin with $.", text)
	}
	p := &Path{text: text}
	for rest := text[1:]; rest != ""; {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf(
				"selector %q: %q is not one of .child, ..scan and [index], the only forms that Systems Manager "+
					"documents", text, rest)
		}
		p.steps = append(p.steps, parse(m))
		p.deep = p.deep || m[1] == ".."
		rest = rest[len(m[0]):]
	}
	return p, nil
}

var (
	quoted = regexp.MustCompile(`^\[(?:'([^']+)'|"([^"]+)")\]`)
	filter = regexp.MustCompile(
		`^\[\?\(\s*@\.([A-Za-z0-9_-]+)\s*==\s*(?:'([^']*)'|"([^"]*)"|(true|false|-?[0-9]{1,15}))\s*\)\]`)
)

// CompileSelector parses a step's selector as the service does, which accepts more than it documents: $ alone, a path
// without $., ['name'], and [?(@.name=='value')].
func CompileSelector(text string) (*Path, error) {
	rest, rooted := strings.CutPrefix(text, "$")
	if !rooted && text != "" && text[0] != '[' {
		rest = "." + text
	}
	if text == "" {
		return nil, errors.New("a selector must not be empty")
	}
	p := &Path{text: text}
	for rest != "" {
		s, length := parseSeen(rest)
		if length == 0 {
			return nil, fmt.Errorf(
				"selector %q: %q is not one of .child, ['child'], ..scan, [index] and [?(@.child=='value')]", text,
				rest)
		}
		p.steps = append(p.steps, s)
		p.deep = p.deep || s.deep
		rest = rest[length:]
	}
	return p, nil
}

func parseSeen(rest string) (step, int) {
	if m := part.FindStringSubmatch(rest); m != nil {
		return parse(m), len(m[0])
	}
	if m := quoted.FindStringSubmatch(rest); m != nil {
		return step{name: m[1] + m[2], index: -1}, len(m[0])
	}
	m := filter.FindStringSubmatch(rest)
	if m == nil {
		return step{}, 0
	}
	s := step{name: m[1], index: -1, filter: true, equals: m[2] + m[3]}
	if m[4] != "" {
		_ = json.Unmarshal([]byte(m[4]), &s.equals) // the pattern lets JSON through only
	}
	return s, len(m[0])
}

func parse(match []string) step {
	if match[2] != "" {
		return step{name: match[2], deep: match[1] == "..", index: -1}
	}
	index, _ := strconv.Atoi(match[3]) // the pattern lets at most nine digits through
	return step{index: index}
}

// String returns the text that the path was compiled from.
func (p *Path) String() string { return p.text }

// Filters reports whether the path has a filter.
func (p *Path) Filters() bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return s.filter })
}

// Select returns the value at the path in a value of map[string]any and []any, and false if there is none. A path with
// a deep scan always returns a []any, in the order of the sorted keys, which may be empty. A filter returns its only
// match, or a []any of several.
func (p *Path) Select(value any) (any, bool) {
	found := []any{value}
	for _, s := range p.steps {
		var next []any
		for _, v := range found {
			next = append(next, s.from(v)...)
		}
		found = next
	}
	if p.deep {
		return append([]any{}, found...), true
	}
	if len(found) == 0 {
		return nil, false
	}
	if len(found) > 1 {
		return found, true
	}
	return found[0], true
}

func (s step) from(value any) []any {
	if s.deep {
		return scan(value, s.name)
	}
	if s.filter {
		return s.matches(value)
	}
	if s.index >= 0 {
		if list, ok := value.([]any); ok && s.index < len(list) {
			return []any{list[s.index]}
		}
		return nil
	}
	if object, ok := value.(map[string]any); ok {
		if child, ok := object[s.name]; ok {
			return []any{child}
		}
	}
	return nil
}

// matches returns the objects of a list whose child has the filter's value.
func (s step) matches(value any) []any {
	list, _ := value.([]any)
	var found []any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok && same(object[s.name], s.equals) {
			found = append(found, item)
		}
	}
	return found
}

// same compares texts, Booleans and numbers of any Go type.
func same(a, b any) bool {
	_, text := a.(string)
	_, wanted := b.(string)
	return a != nil && text == wanted && fmt.Sprint(a) == fmt.Sprint(b)
}

// scan returns all children with the name at any depth, parents before their children.
func scan(value any, name string) []any {
	var found []any
	switch v := value.(type) {
	case map[string]any:
		if child, ok := v[name]; ok {
			found = append(found, child)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, scan(v[key], name)...)
		}
	case []any:
		for _, item := range v {
			found = append(found, scan(item, name)...)
		}
	}
	return found
}
