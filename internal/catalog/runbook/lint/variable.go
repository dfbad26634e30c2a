package lint

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/catalog/runbook"
)

const variablePrefix = "variable:"

// variables requires a default, so that a reference has a value on every path.
func (l *linter) variables() {
	for _, name := range slices.Sorted(maps.Keys(l.doc.Variables)) {
		v := l.doc.Variables[name]
		if !slices.Contains(outputTypes, v.Type) {
			l.add("", "variable %s: type %q does not exist", name, v.Type)
		}
		if v.Default == nil {
			l.add("", "variable %s needs a default", name)
		}
	}
}

// isVariable reports whether a reference names a variable that the document declares.
func (l *linter) isVariable(reference string) bool {
	name, ok := strings.CutPrefix(reference, variablePrefix)
	_, declared := l.doc.Variables[name]
	return ok && declared
}

func (l *linter) updateVariable(s runbook.Step) {
	if name, _ := s.Inputs["Name"].(string); !l.isVariable(name) {
		l.add(s.Name, "Name must be variable:<name> of a declared variable, not %q", name)
	}
	if _, ok := s.Inputs["Value"]; !ok {
		l.add(s.Name, "Value is missing")
	}
	for _, input := range slices.Sorted(maps.Keys(s.Inputs)) {
		if input != "Name" && input != "Value" {
			l.add(s.Name, "aws:updateVariable has no input %s", input)
		}
	}
}
