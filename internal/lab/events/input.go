package events

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"hubmend/internal/aws/jsonpath"
)

// inputTransformer makes the input of a target from parts of an event.
type inputTransformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

// templateVariable is <name> in a template.
var templateVariable = regexp.MustCompile(`<([A-Za-z0-9_-]+)>`)

// check checks that there is a path for each name in the template.
func (t inputTransformer) check() error {
	for name, p := range t.InputPathsMap {
		if _, err := jsonpath.Compile(p); err != nil {
			return fmt.Errorf("the input path %s: %w", name, err)
		}
	}
	for _, m := range templateVariable.FindAllStringSubmatch(t.InputTemplate, -1) {
		if _, ok := t.InputPathsMap[m[1]]; !ok {
			return fmt.Errorf("the input template refers to <%s>, which has no input path", m[1])
		}
	}
	return nil
}

// input gives what a target receives: the whole event, or the result of its transformer. A part that the event lacks is
// empty. A string is inserted unchanged within quotes, and as JSON outside of quotes. EventBridge escapes nothing, so a
// string with quotes can break a JSON template. Such a result is not delivered.
func (t eventTarget) input(body []byte) ([]byte, error) {
	if t.InputTransformer == nil {
		return body, nil
	}
	var event any
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, err
	}
	template := t.InputTransformer.InputTemplate
	var out strings.Builder
	quoted, at := false, 0
	for _, m := range templateVariable.FindAllStringSubmatchIndex(template, -1) {
		quoted = inQuotes(template[at:m[0]], quoted)
		out.WriteString(template[at:m[0]])
		value, err := t.InputTransformer.value(template[m[2]:m[3]], event)
		if err != nil {
			return nil, err
		}
		out.WriteString(written(value, quoted))
		at = m[1]
	}
	out.WriteString(template[at:])
	if strings.HasPrefix(template, "{") && !json.Valid([]byte(out.String())) {
		return nil, fmt.Errorf("the input transformer makes no JSON of the event: %s", out.String())
	}
	return []byte(out.String()), nil
}

func (t inputTransformer) value(name string, event any) (any, error) {
	p, err := jsonpath.Compile(t.InputPathsMap[name])
	if err != nil {
		return nil, err
	}
	value, _ := p.Select(event)
	return value, nil
}

// inQuotes reports whether a text that begins inside of quotes, or outside, ends inside.
func inQuotes(text string, inside bool) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			inside = !inside
		}
	}
	return inside
}

func written(value any, quoted bool) string {
	if value == nil {
		value = ""
	}
	if text, isText := value.(string); isText && quoted {
		return text
	}
	text, _ := json.Marshal(value) // it was read from JSON
	return string(text)
}
