package cloudformation

import (
	"cmp"
	"fmt"
)

// Properties are the evaluated properties of a resource.
type Properties struct {
	All       map[string]any
	LogicalID string
}

// Text gives a property that is a string or a number, and "" if it is not set.
func (p Properties) Text(name string) string {
	if v := p.All[name]; v != nil {
		return fmt.Sprint(v) // numbers are json.Number
	}
	return ""
}

// TextOr is Text with a default.
func (p Properties) TextOr(name, otherwise string) string { return cmp.Or(p.Text(name), otherwise) }

// List gives a property that is a list.
func (p Properties) List(name string) []any {
	list, _ := p.All[name].([]any)
	return list
}

// Sub gives a property that has properties itself.
func (p Properties) Sub(name string) Properties {
	m, _ := p.All[name].(map[string]any)
	return Properties{m, p.LogicalID}
}

// Pick copies the properties that are set under the name that the API has for them.
func (p Properties) Pick(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if v, ok := p.All[name]; ok {
			out[name] = v
		}
	}
	return out
}
