package plan

import (
	"maps"
	"reflect"
	"slices"
)

// Difference is a thing before and after: settings, or a list of items such as rules. One that is nil is not there.
type Difference struct {
	What   string `json:"what"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// orNil gives an empty list as nil, which is nothing in JSON too.
func orNil(all []any) any {
	if len(all) == 0 {
		return nil
	}
	return all
}

// Line is one line of a difference.
type Line struct {
	Sign rune // '-' for what goes, '+' for what comes
	Name string
	// Value is the setting, or the item of a list.
	Value any
}

// Lines writes a difference line by line, previous values before new ones. Unchanged values are left out.
func (d Difference) Lines() []Line {
	before, settings := d.Before.(map[string]any)
	after, alsoSettings := d.After.(map[string]any)
	if settings || alsoSettings {
		return settingLines(before, after)
	}
	var lines []Line
	was, is := items(d.Before), items(d.After)
	for _, one := range was {
		if !contains(is, one) {
			lines = append(lines, Line{Sign: '-', Value: one})
		}
	}
	for _, one := range is {
		if !contains(was, one) {
			lines = append(lines, Line{Sign: '+', Value: one})
		}
	}
	return lines
}

func settingLines(before, after map[string]any) []Line {
	var lines []Line
	names := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		was, had := given(before, name)
		is, has := given(after, name)
		if had && has && reflect.DeepEqual(was, is) {
			continue
		}
		if had {
			lines = append(lines, Line{'-', name, was})
		}
		if has {
			lines = append(lines, Line{'+', name, is})
		}
	}
	return lines
}

// given gives a setting. A repair writes an empty text or null for one that is not set.
func given(settings map[string]any, name string) (any, bool) {
	value, is := settings[name]
	return value, is && value != "" && value != nil
}

func items(value any) []any {
	if value == nil {
		return nil
	}
	if l, ok := value.([]any); ok {
		return l
	}
	return []any{value}
}

func contains(all []any, one any) bool {
	return slices.ContainsFunc(all, func(other any) bool { return reflect.DeepEqual(one, other) })
}
