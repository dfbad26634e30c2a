// Package suppression holds our answers to the checks that others wrote: which of their
// findings we live with, where, and why. The answers are data, in suppressions.yaml. They
// are judged both ways: a finding without an answer fails, and so does an answer without a
// finding.
//
// It must not import the CDK: most of the tools that it serves know only templates or code.
package suppression

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// File is where the embedded data is, from the top of the repository.
const File = "test/suppression/suppressions.yaml"

//go:embed suppressions.yaml
var embedded []byte

// Suppression returns why some findings may stay. It is never about the whole app: it names
// stacks or files, and in a stack the type of the resources or the resources.
type Suppression struct {
	// Rules are ids of rules, of one tool or of several that ask for the same.
	Rules []string
	// Stacks are the names of stacks; empty for tools that read code.
	Stacks []string
	// Type is a resource type of CloudFormation.
	Type string
	// Where are resources of the stacks (a construct's path below its stack, or a logical
	// id), files, or modules.
	Where []string
	// Reason is what makes it all right.
	Reason string
}

// Rules, and what is in Where, are patterns: * stands for any text, \* for an asterisk.

// Embedded returns the suppressions of this repository.
func Embedded() ([]Suppression, error) { return Parse(embedded) }

// Parse reads suppressions. The error lists everything that is wrong with them.
func Parse(text []byte) ([]Suppression, error) {
	var all []Suppression
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read suppressions: %w", err)
	}
	var problems []error
	for i, s := range all {
		if err := s.check(); err != nil {
			problems = append(problems, fmt.Errorf("suppression %d (%s): %w", i+1, strings.Join(s.Rules, ", "), err))
		}
	}
	return all, errors.Join(problems...)
}

func (s *Suppression) check() error {
	var problems []error
	if len(strings.Fields(s.Reason)) < 3 {
		problems = append(problems, errors.New("has no reason"))
	}
	if len(s.Rules) == 0 {
		problems = append(problems, errors.New("names no rule"))
	}
	if s.Type == "" && len(s.Where) == 0 {
		problems = append(problems, errors.New("says neither type nor where"))
	}
	for _, rule := range s.Rules {
		switch tool := Of(rule); {
		case tool == "":
			problems = append(problems, fmt.Errorf("rule %q is of no known tool", rule))
		case tool.templates() != (len(s.Stacks) > 0):
			problems = append(problems,
				fmt.Errorf("stacks are for rules about templates, and needed there, but %q is of %s", rule, tool))
		}
	}
	for _, pattern := range append(s.Where, s.Stacks...) {
		if strings.Trim(pattern, "*/.") == "" {
			problems = append(problems, fmt.Errorf("%q is everything", pattern))
		}
	}
	return errors.Join(problems...)
}

// matches reports whether a text is what a pattern stands for.
func matches(pattern, text string) bool {
	quoted := regexp.QuoteMeta(strings.ReplaceAll(pattern, `\*`, "\x00"))
	quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), "\x00", `\*`)
	return regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(text)
}
