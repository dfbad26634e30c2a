// Package lint reports what Systems Manager would refuse in a runbook, at creation or when a step runs, and what the
// project's own rules forbid.
//
// Systems Manager checks little before a step runs, so other mistakes would only show in a repair.
package lint

import (
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/catalog/runbook"
)

// Problem is an error in a document.
type Problem struct {
	Step string // empty for the document as a whole
	Text string
}

func (p Problem) String() string {
	if p.Step == "" {
		return p.Text
	}
	return "step " + p.Step + ": " + p.Text
}

// The service's limits, from the Systems Manager User Guide.
const maxDocumentBytes = 64 << 10

// Role is the parameter with the role of every runbook.
const Role = "AutomationAssumeRole"

var (
	stepName    = regexp.MustCompile(`^[a-zA-Z0-9_]{3,128}$`)
	outputTypes = []string{"String", "StringList", "Integer", "Boolean", "StringMap", "MapList"}
)

// Document returns all problems of a document, in the order of its steps. The text is its source file, and models
// describe the APIs.
func Document(doc *runbook.Document, text []byte, models *apimodel.Models) []Problem {
	l := &linter{doc: doc, models: models, outputs: map[string]string{}}
	l.document(text)
	l.parameters()
	l.variables()
	l.steps(doc.MainSteps, nil)
	l.documentOutputs()
	return l.problems
}

type linter struct {
	doc      *runbook.Document
	models   *apimodel.Models
	outputs  map[string]string // "step.Name" to type, of the steps before the current one
	given    map[string]bool   // the outputs that are available on every path to the current step
	names    []string
	problems []Problem
}

func (l *linter) add(step, format string, args ...any) {
	l.problems = append(l.problems, Problem{Step: step, Text: fmt.Sprintf(format, args...)})
}

func (l *linter) document(text []byte) {
	if l.doc.SchemaVersion != runbook.SchemaVersion {
		l.add("", "schemaVersion must be %q", runbook.SchemaVersion)
	}
	if l.doc.Description == "" {
		l.add("", "description is missing")
	}
	if l.doc.AssumeRole != "{{ "+Role+" }}" {
		l.add("", "assumeRole must be \"{{ %s }}\", so that the steps run under the runbook's own role", Role)
	}
	if len(text) > maxDocumentBytes {
		l.add("", "the document has %d bytes; Systems Manager takes %d", len(text), maxDocumentBytes)
	}
	if len(l.doc.MainSteps) == 0 {
		l.add("", "mainSteps is empty")
	}
}

// parameters requires a closed set of values for every text parameter, because it may be passed to an API or a script.
func (l *linter) parameters() {
	if _, ok := l.doc.Parameters[Role]; !ok {
		l.add("", "parameter %s is missing", Role)
	}
	for _, name := range slices.Sorted(maps.Keys(l.doc.Parameters)) {
		p := l.doc.Parameters[name]
		if !slices.Contains(outputTypes, p.Type) {
			l.add("", "parameter %s: type %q does not exist", name, p.Type)
		}
		text := p.Type == "String" || p.Type == "StringList"
		if text && p.AllowedPattern == "" && len(p.AllowedValues) == 0 {
			l.add("", "parameter %s needs an allowedPattern or allowedValues", name)
		}
		if p.AllowedPattern != "" {
			l.pattern(name, p.AllowedPattern)
		}
	}
}

// pattern requires a pattern that matches the whole value, in the subset of regular expressions with the same meaning
// in Java, which the service uses, and Go.
func (l *linter) pattern(name, pattern string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		l.add("", "parameter %s: allowedPattern: %v", name, err)
		return
	}
	// In ^a|b$, each anchor binds to only one alternative.
	last := len(tree.Sub) - 1
	if tree.Op != syntax.OpConcat || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[last].Op != syntax.OpEndText {
		l.add("", "parameter %s: allowedPattern must begin with ^ and end with $, with alternatives in parentheses",
			name)
	}
}

// steps checks a list of steps. loops are the names of the enclosing loops. It returns the outputs that are available
// at the end of the list on every path.
func (l *linter) steps(steps []runbook.Step, loops []string) map[string]bool {
	w := ways{}
	for i, s := range steps {
		l.given = l.givenAt(w, i, s)
		l.name(s)
		l.jumps(s, steps[i+1:])
		l.references(s, loops)
		l.action(s, loops)
		w.leave(l.given, steps, i)
		for _, o := range s.Outputs {
			l.output(s, o, jsonpath.Compile)
		}
	}
	return w[end]
}

func (l *linter) name(s runbook.Step) {
	if !stepName.MatchString(s.Name) {
		l.add(s.Name, "the name must be 3 to 128 letters, digits or underscores")
	}
	if slices.Contains(l.names, s.Name) {
		l.add(s.Name, "the name is used twice")
	}
	l.names = append(l.names, s.Name)
}

// jumps allows only jumps to later steps: Systems Manager refuses cycles, and a runbook is read from top to bottom.
func (l *linter) jumps(s runbook.Step, later []runbook.Step) {
	for _, to := range s.Jumps() {
		if !slices.ContainsFunc(later, func(x runbook.Step) bool { return x.Name == to }) {
			l.add(s.Name, "leads to %q, which is not a later step", to)
		}
	}
	if f := s.OnFailure; f != "" && f != "Abort" && f != "Continue" && !strings.HasPrefix(f, "step:") {
		l.add(s.Name, "onFailure %q is not Abort, Continue or step:<name>", f)
	}
	if s.IsEnd && s.NextStep != "" {
		l.add(s.Name, "has both isEnd and nextStep")
	}
}

// documentOutputs requires the outputs that settle and undo read.
func (l *linter) documentOutputs() {
	found := map[string]int{}
	for _, o := range l.doc.Outputs {
		if _, ok := l.outputs[o]; !ok {
			l.add("", "outputs: no step gives %q", o)
		}
		found[o[strings.LastIndex(o, ".")+1:]]++
	}
	for _, name := range []string{"Before", "Change"} {
		if found[name] != 1 {
			l.add("", "outputs must have one <step>.%s", name)
		}
	}
}
