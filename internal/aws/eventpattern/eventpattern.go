// Package eventpattern owns EventBridge event patterns: it compiles the pattern of a rule
// and says whether an event matches it, as the classic event bus does.
//
// The rules it follows: fields are joined by AND, the values of a field by OR. Arrays in
// the event are flattened, but two fields of one match never come from different elements
// of the same array. A field is found by its path, joined with dots. It is stricter than
// the service where the service would silently do something else: a key or a path that is
// given twice is an error.
//
// It works on decoded JSON and imports no other package of this module.
package eventpattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxSize is the largest pattern that PutRule takes, in bytes without white space.
	maxSize = 4096

	// maxBranches is how many combinations of $or alternatives a pattern may have.
	maxBranches = 1000
)

// Pattern is a compiled event pattern. It is safe for concurrent use.
type Pattern struct {
	branches []branch

	// wanted has the path of every field of the pattern and of the objects around it, so
	// that the rest of an event is left alone.
	wanted map[string]bool
}

// Compile reads an event pattern. The error says where in the pattern and what is wrong:
// text that is not a JSON object, a key or path given twice, a leaf that is not a
// non-empty array, an unknown or wrongly used operator, or a pattern that is too large.
func Compile(pattern []byte) (*Pattern, error) {
	root, err := decode(pattern)
	if err != nil {
		return nil, fmt.Errorf("event pattern: %w", err)
	}
	branches, err := compileObject("", root, false)
	if err != nil {
		return nil, fmt.Errorf("event pattern: %w", err)
	}
	p := &Pattern{branches: branches, wanted: map[string]bool{}}
	for _, b := range branches {
		if err := b.arrange(); err != nil {
			return nil, fmt.Errorf("event pattern: %w", err)
		}
		for _, c := range b {
			p.want(c.path)
		}
	}
	return p, nil
}

// Match says whether a decoded JSON event matches. Numbers may be float64 or json.Number.
// What is not a JSON object matches nothing.
func (p *Pattern) Match(event any) bool {
	root, ok := event.(map[string]any)
	if !ok {
		return false
	}
	f := flattener{wanted: p.wanted, fields: map[string][]field{}}
	f.object("", root, nil)
	return slices.ContainsFunc(p.branches, func(b branch) bool { return b.matches(f.fields) })
}

func (p *Pattern) want(path string) {
	for i := range len(path) {
		if path[i] == '.' {
			p.wanted[path[:i]] = true
		}
	}
	p.wanted[path] = true
}

// decode reads a pattern after it checked the size that the service counts.
func decode(pattern []byte) (map[string]any, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, pattern); err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	if compact.Len() > maxSize {
		return nil, fmt.Errorf("has %d bytes without white space; EventBridge takes at most %d", compact.Len(), maxSize)
	}
	d := json.NewDecoder(&compact)
	d.UseNumber()
	root, err := decodeValue(d, "")
	if err != nil {
		return nil, err
	}
	object, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("must be an object, not %s", kind(root))
	}
	return object, nil
}

// join gives the path of a field of the object at a path. The service joins with dots
// too, so that {"a": {"b": ...}} and {"a.b": ...} are the same field.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// kind names the JSON type of a value for an error.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}

// quoted lists names for an error.
func quoted(names ...string) string { return `"` + strings.Join(names, `", "`) + `"` }
