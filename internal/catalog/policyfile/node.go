package policyfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"hubmend/internal/catalog/nearmatch"
)

// reader reads the nodes of a file and collects problems.
type reader struct {
	names    names
	now      time.Time
	owner    string // of rules that have none
	anchors  map[string]ast.Node
	problems []Problem
}

func (r *reader) at(line, column int, text string) {
	r.problems = append(r.problems, Problem{Line: line, Column: column, Text: text})
}

// wrong reports a problem with a node.
func (r *reader) wrong(n ast.Node, format string, args ...any) {
	line, column := place(n)
	r.at(line, column, fmt.Sprintf(format, args...))
}

// warn reports a problem that does not prevent that the policy is applied.
func (r *reader) warn(line, column int, format string, args ...any) {
	r.problems = append(r.problems, Problem{line, column, fmt.Sprintf(format, args...), true})
}

// place returns where a node begins. A mapping begins with its first key.
func place(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	p := n.GetToken().Position
	return p.Line, p.Column
}

// resolve returns the node that an alias or an anchor stands for.
func (r *reader) resolve(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.AnchorNode:
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.resolve(n.Value)
	case *ast.AliasNode:
		if is := r.anchors[n.Value.GetToken().Value]; is != nil {
			return is
		}
	}
	return n
}

// fields read the values of a mapping.
type fields map[string]func(ast.Node)

// mapping reads a mapping and returns which of the fields it has, or nil if the node is none. It refuses other keys.
func (r *reader) mapping(n ast.Node, what string, f fields) map[string]bool {
	known := slices.Sorted(maps.Keys(f))
	m, ok := r.resolve(n).(*ast.MappingNode)
	if !ok {
		r.wrong(n, "%s must be a mapping; write key: value, with the keys %s", what, strings.Join(known, ", "))
		return nil
	}
	has := map[string]bool{}
	for _, entry := range m.Values {
		key := entry.Key.GetToken().Value
		read := f[key]
		if read == nil {
			r.wrong(entry.Key, "%v", nearmatch.Unknown("key", key, known,
				what+" has the keys "+strings.Join(known, ", ")))
			continue
		}
		has[key] = true
		if _, empty := r.resolve(entry.Value).(*ast.NullNode); empty {
			r.wrong(entry.Key, "%s has no value; write one, or remove it", key)
			continue
		}
		read(entry.Value)
	}
	return has
}

// list calls a function with each entry of a list.
func (r *reader) list(n ast.Node, key string, each func(ast.Node)) {
	l, ok := r.resolve(n).(*ast.SequenceNode)
	switch {
	case !ok:
		instead := "- followed by a space before each entry"
		if text, ok := scalar(r.resolve(n)); ok {
			instead = fmt.Sprintf("%s: [%q]", key, text)
		}
		r.wrong(n, "%s must be a list; write %s", key, instead)
		return
	case len(l.Values) == 0:
		r.wrong(n, "%s is empty and would match nothing; remove it, or add an entry", key)
	}
	for _, entry := range l.Values {
		each(entry)
	}
}

// texts returns a list of texts that a function accepts. It returns what to keep of a text, or what is wrong with it.
func (r *reader) texts(n ast.Node, key string, accept func(string) (string, error)) []string {
	var all []string
	r.list(n, key, func(entry ast.Node) {
		text := r.text(entry, "each entry of "+key)
		if text == "" {
			return
		}
		kept, err := accept(text)
		if err != nil {
			r.wrong(entry, "%v", err)
			return
		}
		all = append(all, kept)
	})
	return all
}

// text returns a text, or "" after it reported what else it is. A number without quotes is refused, because other
// programs that read the file would change it, for example 012345678901.
func (r *reader) text(n ast.Node, what string) string {
	is := r.resolve(n)
	text, ok := scalar(is)
	plain := is.GetToken().Type
	_, number := is.(*ast.StringNode)
	switch {
	case !ok:
		r.wrong(n, "%s must be a text", what)
		return ""
	case is.Type() == ast.BoolType || is.Type() == ast.NullType:
		r.wrong(n, "%s must be a text; write \"%s\" instead", what, text)
		return ""
	case !number && is.Type() != ast.LiteralType, plain == token.StringType && digits(text):
		r.wrong(n, "%s must be a text, and %s is a number; write \"%[2]s\" instead", what, text)
		return ""
	case strings.TrimSpace(text) == "":
		r.wrong(n, "%s is empty; write something, or remove it", what)
		return ""
	}
	return strings.TrimSpace(text)
}

// line is text for what must fit into one line.
func (r *reader) line(n ast.Node, what string) string {
	return strings.Join(strings.Fields(r.text(n, what)), " ")
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789_") == ""
}

// scalar returns a value as it is written, and false for a list or a mapping.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		return "", false
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *reader) integer(n ast.Node, key string, least int) (int, bool) {
	text, _ := scalar(r.resolve(n))
	value, err := strconv.Atoi(text)
	if _, ok := r.resolve(n).(*ast.IntegerNode); !ok || err != nil || value < least {
		r.wrong(n, "%s must be a number of %d or more", key, least)
		return 0, false
	}
	return value, true
}

func (r *reader) boolean(n ast.Node, key string) bool {
	b, ok := r.resolve(n).(*ast.BoolNode)
	if !ok {
		r.wrong(n, "%s must be true or false", key)
		return false
	}
	return b.Value
}
