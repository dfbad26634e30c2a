package lint

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/catalog/runbook"
)

var system = []string{
	"global:ACCOUNT_ID", "global:DATE", "global:DATE_TIME", "global:REGION", "global:AWS_PARTITION",
	"automation:EXECUTION_ID",
}

// references checks that everything between {{ and }} is defined at that point.
func (l *linter) references(s runbook.Step, loops []string) {
	inputs := maps.Clone(s.Inputs)
	// The steps and the condition of a loop are checked with the loop. A script may not contain references.
	for _, name := range []string{"Steps", "LoopCondition", "Script"} {
		delete(inputs, name)
	}
	l.defined(s, inputs, loops)
}

func (l *linter) defined(s runbook.Step, value any, loops []string) {
	for _, text := range texts(value) {
		names := runbook.References(text)
		if strings.Count(text, "{{") > len(names) {
			l.add(s.Name, "{{ without }} in %q", text)
			continue
		}
		for _, name := range names {
			if problem := l.undefined(name, loops); problem != "" {
				l.add(s.Name, "{{ %s }} %s", name, problem)
			}
		}
	}
}

// undefined returns why a name is not defined at the current step, or "".
func (l *linter) undefined(name string, loops []string) string {
	if _, ok := l.doc.Parameters[name]; ok || l.given[name] || slices.Contains(system, name) || l.isVariable(name) {
		return ""
	}
	for _, loop := range loops {
		if name == loop+".CurrentIteratorValue" || name == loop+".CurrentIteration" {
			return ""
		}
	}
	if _, ok := l.outputs[name]; ok {
		return "is not defined on every way to this step"
	}
	return "is not defined by then"
}

// texts returns the texts in a value in a fixed order, maps by key, so that the order of problems is fixed too.
func texts(value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = []string{v}
	case []any:
		for _, item := range v {
			all = append(all, texts(item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, texts(v[key])...)
		}
	}
	return all
}
