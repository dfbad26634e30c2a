package lint

import (
	"regexp"
	"slices"

	"hubmend/internal/catalog/runbook"
)

// maxPasses is the service's limit for iterators and MaxIterations.
const maxPasses = 100

// loop checks a loop and its steps. Outputs of these steps are not available after the loop, because the service does
// not document which pass they would be from.
func (l *linter) loop(s runbook.Step, loops []string) {
	before := l.given
	defer func() { l.given = before }()
	l.passes(s)
	inner, err := s.Loop()
	switch {
	case err != nil:
		l.add(s.Name, "Steps must be a list of steps: %v", err)
	case len(inner) == 0:
		l.add(s.Name, "Steps must be a list of steps, and is empty")
	default:
		l.given = l.steps(inner, append(loops, s.Name))
	}
	if condition, ok := s.Inputs["LoopCondition"]; ok {
		l.condition(s, condition)
		l.defined(s, condition, loops) // after the steps, because the service evaluates it then
	}
}

// passes checks the inputs that limit the number of passes.
func (l *linter) passes(s runbook.Step) {
	iterators, each := s.Inputs["Iterators"]
	if _, while := s.Inputs["LoopCondition"]; each == while {
		l.add(s.Name, "a loop needs either Iterators or LoopCondition")
	}
	if each {
		l.iterators(s, iterators)
	}
	given, ok := s.Inputs["MaxIterations"]
	if n, whole := given.(uint64); ok && len(runbook.References(given)) == 0 && (!whole || n < 1 || n > maxPasses) {
		l.add(s.Name, "MaxIterations must be 1 to %d", maxPasses)
	}
}

// iterators requires a list. Undefined references are reported elsewhere.
func (l *linter) iterators(s runbook.Step, value any) {
	if list, ok := value.([]any); ok {
		if len(list) > maxPasses {
			l.add(s.Name, "Iterators has %d items; Systems Manager takes %d", len(list), maxPasses)
		}
		return
	}
	text, _ := value.(string)
	m := soleReference.FindStringSubmatch(text)
	if m == nil {
		l.add(s.Name, "Iterators must be a list, or one {{ reference }} to a list")
		return
	}
	kind := l.outputs[m[1]]
	if p, ok := l.doc.Parameters[m[1]]; ok {
		kind = p.Kind()
	}
	list := kind == "StringList" || kind == "MapList" && s.Inputs["IteratorDataType"] == "StringMap"
	if !list && slices.Contains(outputTypes, kind) {
		l.add(s.Name, "Iterators must be a StringList, or a MapList with the IteratorDataType StringMap; %s is a %s",
			m[1], kind)
	}
}

var soleReference = regexp.MustCompile(`^\{\{\s*([^{}]*?)\s*\}\}$`)
