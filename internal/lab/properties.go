package lab

import (
	"cmp"
	"fmt"
)

// properties are the evaluated properties of a resource.
type properties struct {
	all       map[string]any
	logicalID string
}

func (p properties) text(name string) string {
	if v := p.all[name]; v != nil {
		return fmt.Sprint(v) // numbers are json.Number
	}
	return ""
}

func (p properties) textOr(name, otherwise string) string { return cmp.Or(p.text(name), otherwise) }

func (p properties) list(name string) []any {
	list, _ := p.all[name].([]any)
	return list
}

func (p properties) sub(name string) properties {
	m, _ := p.all[name].(map[string]any)
	return properties{m, p.logicalID}
}

// pick copies the properties that are set under the name that the API has for them.
func (p properties) pick(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if v, ok := p.all[name]; ok {
			out[name] = v
		}
	}
	return out
}
