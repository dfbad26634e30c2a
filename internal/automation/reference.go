package automation

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"hubmend/internal/runbook"
)

// reference matches {{ name }}. Text between braces that is no name (a JSON object in a
// script, say) is no reference and stays.
var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_:./-]+)\s*\}\}`)

// scope is what references can reach at one moment of an execution.
type scope struct {
	system     map[string]string
	parameters map[string]any
	variables  map[string]variable
	outputs    map[string]map[string]any // by step; an output without a value is nil
	unknown    map[string]bool           // of a plan: steps, and variables with their prefix, whose values are not known
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
		outputs:    map[string]map[string]any{},
		unknown:    map[string]bool{},
		now:        now,
	}
}

// lookup gives the value that a reference stands for, and nil for an output whose
// selector found nothing. It is an error when the name is undefined. That includes the
// outputs of a step that was skipped or failed: what the service makes of them is not
// documented, and an empty value could widen what an API call does.
//
// What is not known in a plan stays a reference.
func (s *scope) lookup(name string) (any, error) {
	if s.isUnknown(name) {
		return "{{ " + name + " }}", nil
	}
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
	return nil, fmt.Errorf("{{ %s }} is not defined: it is no parameter, no variable and no output of a step that succeeded before", name)
}

// forget makes the outputs of steps undefined. A pass of a loop must not see those of the
// pass before, and nothing documents that the steps after a loop see any.
func (s *scope) forget(steps []runbook.Step) {
	for _, step := range steps {
		delete(s.outputs, step.Name)
		delete(s.unknown, step.Name)
	}
}

// render replaces the references in a value, once: what a reference brings in is data and
// is not looked at again. A text that is nothing but one reference takes the type of what
// it refers to; in a longer text a value is written as text, other than strings as JSON.
//
// An output without a value gives nil for a whole text, and the empty text inside one.
// Under a key of a map it leaves the key out, so that the API reports a missing
// parameter. As an item of a list it is the empty text and never vanishes, because many
// APIs take an empty list for everything.
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
	if len(matches) == 1 && matches[0][0] == 0 && matches[0][1] == len(t) {
		return s.lookup(t[matches[0][2]:matches[0][3]])
	}
	var b strings.Builder
	end := 0
	for _, m := range matches {
		value, err := s.lookup(t[m[2]:m[3]])
		if err != nil {
			return nil, err
		}
		b.WriteString(t[end:m[0]])
		if value != nil {
			b.WriteString(text(value))
		}
		end = m[1]
	}
	b.WriteString(t[end:])
	return b.String(), nil
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
