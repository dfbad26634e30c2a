package policyfile

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// Case is a test of a policy: a finding, and what must become of its remediation.
type Case struct {
	Name string
	Line int
	// File is a finding in JSON. The other fields are instead of it, but for the facts that a finding does not contain.
	File    string
	Subject policy.Subject // with the id of the control only
	Facts   policy.Facts
	At      time.Time
	Expect  policy.Decision
	Rule    string // that must decide; empty: any or none
}

func (r *reader) cases(n ast.Node) []Case {
	var all []Case
	r.list(n, "tests", func(n ast.Node) { all = append(all, r.oneCase(n)) })
	return all
}

func (r *reader) oneCase(n ast.Node) Case {
	c := Case{At: r.now}
	c.Line, _ = place(n)
	s := &c.Subject
	accepted := func(key string, into *string, accept func(string) (string, error)) func(ast.Node) {
		return func(n ast.Node) {
			if text := r.text(n, key); text != "" {
				kept, err := accept(text)
				if err != nil {
					r.wrong(n, "%v", err)
				}
				*into = kept
			}
		}
	}
	has := r.mapping(n, "a test", fields{
		"name":          func(n ast.Node) { c.Name = r.line(n, "name") },
		"finding":       func(n ast.Node) { c.File = r.text(n, "finding") },
		"control":       accepted("control", &s.Control.ID, r.names.control),
		"account":       accepted("account", &s.Account, account),
		"region":        accepted("region", &s.Region, region),
		"severity":      accepted("severity", &s.Severity, severity),
		"resource":      func(n ast.Node) { s.Resource = r.text(n, "resource") },
		"firstObserved": func(n ast.Node) { s.FirstObserved = r.moment(n, "firstObserved") },
		"askedAt":       func(n ast.Node) { s.AskedAt = r.moment(n, "askedAt") },
		"ous":           func(n ast.Node) { c.Facts.OUs = r.texts(n, "ous", unit) },
		"tags":          func(n ast.Node) { c.Facts.Tags = r.tags(n) },
		"at":            func(n ast.Node) { c.At = r.moment(n, "at") },
		"expect":        func(n ast.Node) { c.Expect = r.decision(n) },
		"rule":          func(n ast.Node) { c.Rule = r.line(n, "rule") },
	})
	if has == nil {
		return c
	}
	if s.AskedAt.IsZero() {
		s.AskedAt = c.At
	}
	if pattern(s.Control.ID) || pattern(s.Region) {
		r.wrong(n, "a test is about one control and one Region; write them without * and ?")
	}
	if s.Region == "" {
		s.Region = target.Global
	}
	if has["finding"] == has["control"] {
		r.wrong(n, "a test is about one finding; write either finding: with a file in JSON, or control: with "+
			"account:, region:, resource: and so on")
	}
	if !has["expect"] {
		r.wrong(n, "the test expects nothing; write expect: exempt, ask, delay or allow")
	}
	return c
}

// tags reads the tags of a resource. None is written as {}.
func (r *reader) tags(n ast.Node) map[string]string {
	tags := map[string]string{}
	m, ok := r.resolve(n).(*ast.MappingNode)
	if !ok {
		r.wrong(n, "tags must be a mapping; write {key: value}, or {} for none")
		return tags
	}
	for _, entry := range m.Values {
		tags[entry.Key.GetToken().Value] = r.text(entry.Value, "each value of tags")
	}
	return tags
}
