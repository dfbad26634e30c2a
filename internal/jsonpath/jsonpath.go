// Package jsonpath owns the part of JSONPath that Systems Manager documents for the
// selectors of a runbook: a child, a deep scan and an array index. It refuses the rest
// (filters, wildcards, slices, functions, quoted names), because nothing says that
// the service understands it.
//
// It works on decoded JSON and imports no other package of this module.
package jsonpath

import (
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

// step is one part of a path: a child, a deep scan for a name, or an array index.
type step struct {
	name  string
	deep  bool
	index int // -1 unless this is an array index
}

var part = regexp.MustCompile(`^(?:(\.\.?)([A-Za-z0-9_-]+)|\[([0-9]{1,9})\])`)

// Compile reads a selector such as $.SecurityGroups[0].GroupName or $..GroupId. The
// error says which part of the text is outside the documented subset.
func Compile(text string) (*Path, error) {
	if !strings.HasPrefix(text, "$.") {
		return nil, fmt.Errorf("selector %q must begin with $.", text)
	}
	p := &Path{text: text}
	for rest := text[1:]; rest != ""; {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("selector %q: %q is not one of .child, ..scan and [index], the only forms that Systems Manager documents", text, rest)
		}
		p.steps = append(p.steps, parse(m))
		p.deep = p.deep || m[1] == ".."
		rest = rest[len(m[0]):]
	}
	return p, nil
}

func parse(match []string) step {
	if match[2] != "" {
		return step{name: match[2], deep: match[1] == "..", index: -1}
	}
	index, _ := strconv.Atoi(match[3]) // the pattern lets at most nine digits through
	return step{index: index}
}

// String is the text that the path was compiled from.
func (p *Path) String() string { return p.text }

// Select gives what the path points at in a value made of map[string]any and []any,
// and false when there is nothing. A path with a deep scan always gives a []any, in
// the order of the sorted keys; it is empty when nothing was found.
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
	return found[0], true
}

func (s step) from(value any) []any {
	if s.deep {
		return scan(value, s.name)
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

// scan gives every child with the name, at any depth, parents before their children.
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
