// Package eventpattern compiles EventBridge event patterns and matches events with them, as the classic event bus does.
//
// Fields are joined by AND, the values of a field by OR. Arrays in the event are flattened, but two fields of one match
// never come from different elements of the same array. A field is identified by its path, joined with dots. The
// package is stricter than the service where the service silently does something else: a key or path that occurs twice
// is an error.
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
	// maxSize is PutRule's limit for a pattern, in bytes without white space.
	maxSize = 4096

	// maxBranches is the maximum number of combinations of $or alternatives in a pattern.
	maxBranches = 1000
)

// Pattern is a compiled event pattern. It is safe for concurrent use.
type Pattern struct {
	branches []branch

	// wanted holds the paths of all fields in the pattern and of the objects around them, so that the rest of an event
	// is skipped.
	wanted map[string]bool
}

// Compile parses an event pattern. The error describes the problem and its place: text that is not a JSON object, a key
// or path that occurs twice, a leaf that is not a non-empty array, an unknown or misused operator, or a pattern that is
// too large.
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

// Match reports whether a decoded JSON event matches. Numbers may be float64 or json.Number. A value that is not a JSON
// object never matches.
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

// decode parses a pattern after checking its size as the service counts it.
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

// join returns the path of a field of the object at a path. As in the service, {"a": {"b": ...}} and {"a.b": ...} are
// the same field.
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
