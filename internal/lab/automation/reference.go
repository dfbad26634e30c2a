package automation

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"hubmend/internal/catalog/runbook"
)

// reference matches {{ name }}. Text between braces that is no name (a JSON object in a
// script, say) is no reference and stays.
var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_:./-]+)\s*\}\}`)

// scope is what references can reach at one moment of an execution.
type scope struct {
	system     map[string]string
	parameters map[string]any
	variables  map[string]variable
	declared   map[string]bool           // the outputs of all steps, as "step.Output"
	outputs    map[string]map[string]any // by step; an output without a value is nil
	now        func() time.Time          // nil where time may not be referred to
}

func newScope(req Request, parameters map[string]any, now func() time.Time) *scope {
	return &scope{
		system: map[string]string{
			"global:ACCOUNT_ID":       req.AccountID,
			"global:REGION":           req.Region,
			"global:AWS_PARTITION":    req.Partition,
			"automation:EXECUTION_ID": req.ExecutionID,
		},
		parameters: parameters,
		declared:   declaredOutputs(req.Document),
		outputs:    map[string]map[string]any{},
		now:        now,
	}
}

func declaredOutputs(doc *runbook.Document) map[string]bool {
	declared := map[string]bool{}
	runbook.Walk(doc.MainSteps, func(step runbook.Step) {
		for _, o := range step.Outputs {
			declared[step.Name+"."+o.Name] = true
		}
	})
	return declared
}

// lookup gives the value that a reference stands for, and nil for an output that has none: its selector
// found nothing, or its step failed or never ran. A name that the document does not define is an error.
func (s *scope) lookup(name string) (any, error) {
	if value, ok := s.system[name]; ok {
		return value, nil
	}
	if value, ok := s.parameters[name]; ok {
		return value, nil
	}
	if s.now != nil {
		switch name { // the time when it is substituted, so steps may differ
		case "global:DATE":
			return s.now().UTC().Format("2006-01-02"), nil
		case "global:DATE_TIME":
			return s.now().UTC().Format("2006-01-02_15.04.05"), nil
		}
	}
	if v, ok := s.variables[strings.TrimPrefix(name, variablePrefix)]; ok && strings.HasPrefix(name, variablePrefix) {
		return v.value, nil
	}
	step, output, _ := strings.Cut(name, ".")
	if value, ok := s.outputs[step][output]; ok {
		return value, nil
	}
	if s.declared[name] {
		return nil, nil
	}
	return nil, fmt.Errorf("{{ %s }} is not defined: it is no parameter, no variable and no output of a step", name)
}

// forget takes the values of the outputs of steps. A pass of a loop must not see those of the
// pass before, and nothing documents that the steps after a loop see any.
func (s *scope) forget(steps []runbook.Step) {
	for _, step := range steps {
		delete(s.outputs, step.Name)
	}
}

// render replaces the references in a value, once: what a reference brings in is data and
// is not looked at again. A text that is nothing but one reference takes the type of what
// it refers to; in a longer text a value is written as text, other than strings as JSON.
//
// A reference to an output without a value stays as its author wrote it: scripts of AWS look for
// "{{" at the beginning of what they are given. A null leaves out the key of a map, and as an item of a list it is the
// empty text and never vanishes, because many APIs take an empty list for everything.
func (s *scope) render(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return s.renderText(v)
	case []any:
		return s.renderList(v)
	case map[string]any:
		return s.renderMap(v)
	}
	return normal(value), nil
}

func (s *scope) renderText(t string) (any, error) {
	matches := reference.FindAllStringSubmatchIndex(t, -1)
	if isReference(t) {
		value, err := s.lookup(t[matches[0][2]:matches[0][3]])
		if value == nil && err == nil {
			value = t
		}
		return value, err
	}
	var b strings.Builder
	end := 0
	for _, m := range matches {
		value, err := s.lookup(t[m[2]:m[3]])
		if err != nil {
			return nil, err
		}
		if value == nil {
			value = t[m[0]:m[1]]
		}
		b.WriteString(t[end:m[0]] + text(value))
		end = m[1]
	}
	b.WriteString(t[end:])
	return b.String(), nil
}

// isReference reports whether a text is nothing but one reference.
func isReference(t string) bool {
	m := reference.FindStringIndex(t)
	return m != nil && m[0] == 0 && m[1] == len(t)
}

func (s *scope) renderList(list []any) (any, error) {
	rendered := make([]any, 0, len(list))
	for _, item := range list {
		value, err := s.render(item)
		if err != nil {
			return nil, err
		}
		if value == nil {
			value = ""
		}
		rendered = append(rendered, value)
	}
	return rendered, nil
}

func (s *scope) renderMap(m map[string]any) (map[string]any, error) {
	rendered := make(map[string]any, len(m))
	for key, item := range m {
		value, err := s.render(item)
		if err != nil {
			return nil, err
		}
		if value != nil {
			rendered[key] = value
		}
	}
	return rendered, nil
}
