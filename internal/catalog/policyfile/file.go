// Package policyfile reads the policy files that people write. It reports every mistake in a file with its place and
// with what to write instead.
package policyfile

import (
	"bytes"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/policy"
)

// Schema is the JSON Schema of policy files, for editors.
//
//go:embed policy.schema.json
var Schema []byte

// File is a policy file.
type File struct {
	Policy policy.Policy
	Tests  []Case
}

// Problem is something wrong in a file. A warning does not prevent that the policy is applied.
type Problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Text    string `json:"text"`
	Warning bool   `json:"warning,omitempty"`
}

// In returns the problem as compilers print it, so that editors find the place.
func (p Problem) In(file string) string {
	kind := ""
	if p.Warning {
		kind = "warning: "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", file, p.Line, p.Column, kind, p.Text)
}

// Failed reports whether there are problems besides warnings.
func Failed(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// Parse reads a policy file and returns all problems in the order of their places.
func Parse(text []byte, c *catalog.Catalog, now time.Time) (File, []Problem) {
	r := &reader{names: namesOf(c), now: now, anchors: map[string]ast.Node{}}
	var f File
	if body := r.document(text); body != nil {
		f = r.file(body)
	}
	if !Failed(r.problems) {
		r.reach(f.Policy.Rules, Controls(c))
	}
	return f, r.sorted()
}

// ParseTests reads a file that contains only tests.
func ParseTests(text []byte, c *catalog.Catalog, now time.Time) ([]Case, []Problem) {
	r := &reader{names: namesOf(c), now: now, anchors: map[string]ast.Node{}}
	var cases []Case
	if body := r.document(text); body != nil {
		has := r.mapping(body, "a file of tests", fields{"tests": func(n ast.Node) { cases = r.cases(n) }})
		if !has["tests"] {
			r.wrong(body, "the file has no tests; write tests: followed by a list")
		}
	}
	return cases, r.sorted()
}

func (r *reader) sorted() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return r.problems
}

// document returns the body of the only document in a text, or nil if there is a problem.
func (r *reader) document(text []byte) ast.Node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !r.readable(text) {
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.at(syntax(err))
		return nil
	}
	if len(file.Docs) > 1 {
		p := file.Docs[1].Start
		if p == nil {
			p = file.Docs[1].GetToken()
		}
		r.at(p.Position.Line, p.Position.Column,
			"a policy is one document; remove the line --- and everything before or after it")
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.at(1, 1, "the file is empty; write version: 1 and rules:")
		return nil
	}
	return file.Docs[0].Body
}

// readable reports what the parser would report less clearly, or not at all.
func (r *reader) readable(text []byte) bool {
	if bytes.IndexByte(text, 0) >= 0 {
		r.at(1, 1, "the file is not text, or is UTF-16; save it as UTF-8")
		return false
	}
	for i, line := range strings.Split(string(text), "\n") {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && strings.TrimSpace(line) != "" {
			r.at(i+1, tab+1, "a tab cannot indent YAML; write spaces instead")
		}
		if !utf8.ValidString(line) {
			r.at(i+1, 1, "the line is not UTF-8; save the file as UTF-8")
		}
	}
	return len(r.problems) == 0
}

// syntax returns the place and the text of a parser's error.
func syntax(err error) (line, column int, text string) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return 1, 1, err.Error()
	}
	p, message := e.GetToken().Position, e.GetMessage()
	if strings.Contains(message, "already defined") {
		message = "the key is there twice; remove one"
	}
	return p.Line, p.Column, message
}

func (r *reader) file(body ast.Node) File {
	f := File{Policy: policy.Policy{Format: policy.Format}}
	var rules ast.Node
	has := r.mapping(body, "a policy", fields{
		"version":   r.version,
		"owner":     func(n ast.Node) { r.owner = r.text(n, "owner") },
		"proposals": func(n ast.Node) { f.Policy.Proposals = r.proposals(n) },
		"budgets":   func(n ast.Node) { f.Policy.Budgets = r.budgets(n) },
		"rules":     func(n ast.Node) { rules = n }, // after owner, wherever that is
		"tests":     func(n ast.Node) { f.Tests = r.cases(n) },
	})
	if has == nil {
		return f
	}
	if !has["version"] {
		r.wrong(body, "version is missing; write version: %d", policy.Format)
	}
	if rules != nil {
		f.Policy.Rules = r.rules(rules)
	}
	return f
}

func (r *reader) version(n ast.Node) {
	if v, ok := r.integer(n, "version", 1); ok && v != policy.Format {
		r.wrong(n, "this version of Hubmend does not know version %d of the form; write %d, or update Hubmend", v,
			policy.Format)
	}
}

func (r *reader) proposals(n ast.Node) (p policy.Proposals) {
	r.mapping(n, "proposals", fields{
		"expire":       func(n ast.Node) { p.Expire = r.duration(n, "expire") },
		"secondPerson": func(n ast.Node) { p.SecondPerson = r.boolean(n, "secondPerson") },
	})
	return p
}

func (r *reader) budgets(n ast.Node) (b policy.Budgets) {
	limit := func(key string, into *int) func(ast.Node) {
		return func(n ast.Node) { *into, _ = r.integer(n, key, 1) }
	}
	r.mapping(n, "budgets", fields{
		"hourlyPerControlAndAccount": limit("hourlyPerControlAndAccount", &b.HourlyPerControlAndAccount),
		"dailyPerOrganization":       limit("dailyPerOrganization", &b.DailyPerOrganization),
	})
	return b
}
