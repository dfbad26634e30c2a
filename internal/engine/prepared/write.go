package prepared

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/control"
)

// Write returns a catalog in the form that Parse reads, sorted, so that one control more is one line
// more.
func Write(controls []control.Control, groups []control.Group) ([]byte, error) {
	var lines []string
	add := func(kind, key string, value any) error {
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value) // which escapes tabs and ends of lines
			if err != nil {
				return fmt.Errorf("prepare %s %s: %w", kind, key, err)
			}
			text = string(encoded)
		}
		if strings.ContainsAny(key+text, "\t\n") {
			return fmt.Errorf("prepare %s %q: it has a tab or an end of line", kind, key)
		}
		lines = append(lines, kind+"\t"+key+"\t"+text+"\n")
		return nil
	}
	for _, c := range controls {
		for _, standard := range slices.Sorted(maps.Keys(c.Frameworks)) {
			if err := add(kindRule, ruleKey(standard, c.Frameworks[standard]), c.ID); err != nil {
				return nil, err
			}
		}
		c.Parameters = texts(c.Parameters)
		if err := add(kindControl, c.ID, c); err != nil {
			return nil, err
		}
	}
	for _, g := range groups {
		if err := add(kindGroup, g.ID, g); err != nil {
			return nil, err
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "")), nil
}

// texts makes texts of values, as Control.Bind does: JSON would make 1e+06 of a million.
func texts(parameters map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range parameters {
		list, isList := value.([]any)
		if !isList {
			all[name] = fmt.Sprint(value)
			continue
		}
		items := make([]any, len(list))
		for i, item := range list {
			items[i] = fmt.Sprint(item)
		}
		all[name] = items
	}
	return all
}
