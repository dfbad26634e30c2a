package suppression

import (
	"errors"
	"fmt"
	"slices"
)

// Finding is what a tool complains of.
type Finding struct {
	Rule  string
	Stack string // empty for a tool that reads code
	Type  string // of the resource; empty if the tool does not report it
	Where string // the resource, file or module
	Text  string // what a person needs to see besides
}

func (f Finding) String() string {
	where := f.Where
	if f.Stack != "" {
		where = f.Stack + " " + where
	}
	if f.Type != "" {
		where += " (" + f.Type + ")"
	}
	return fmt.Sprintf("%s: %s: %s", where, f.Rule, f.Text)
}

// Judge holds a tool's findings against the suppressions of its rules. The error has a
// line for each finding that nobody answers, and for each part of a suppression that
// answers nothing.
func Judge(tool Tool, findings []Finding, all []Suppression) error {
	var problems []error
	for _, f := range findings {
		if !slices.ContainsFunc(all, func(s Suppression) bool { return s.covers(f) }) {
			problems = append(problems, fmt.Errorf("%v", f))
		}
	}
	for _, s := range all {
		for _, part := range s.parts(tool) {
			if !slices.ContainsFunc(findings, part.covers) {
				problems = append(problems,
					fmt.Errorf("%s: %s suppresses nothing in %s", File, part.Rules[0], part.place(tool)))
			}
		}
	}
	return errors.Join(problems...)
}

func (s Suppression) covers(f Finding) bool {
	return slices.ContainsFunc(s.Rules, func(rule string) bool { return matches(rule, f.Rule) }) &&
		(f.Stack == "" && len(s.Stacks) == 0 || slices.Contains(s.Stacks, f.Stack)) &&
		(s.Type == "" || s.Type == f.Type) &&
		(len(s.Where) == 0 || slices.ContainsFunc(s.Where, func(where string) bool { return matches(where, f.Where) }))
}

// parts splits off the tool's rules, and for each rule every stack and every place, since
// each must earn its keep. A place need not be in every stack.
func (s Suppression) parts(tool Tool) []Suppression {
	var parts []Suppression
	for _, rule := range s.Rules {
		if Of(rule) != tool {
			continue
		}
		part := s
		part.Rules = []string{rule}
		for _, stack := range s.Stacks {
			one := part
			one.Stacks = []string{stack}
			parts = append(parts, one)
		}
		for _, where := range s.Where {
			one := part
			one.Where = []string{where}
			parts = append(parts, one)
		}
	}
	return parts
}
