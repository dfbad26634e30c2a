package plan

import (
	"maps"
	"reflect"
	"slices"

	"hubmend/internal/automation"
)

// Difference is a thing before and after. Before and After are maps of settings, of which only those
// that change or are set are there, or lists of what goes and comes. One that is nil is not there, or
// was not read.
type Difference struct {
	What   string `json:"what"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// differences tells what calls change. Calls that change the same thing are told together.
func differences(calls []Call, steps []automation.StepExecution) ([]Difference, error) {
	known, err := effects()
	if err != nil {
		return nil, err
	}
	d := []Difference{}
	for _, c := range calls {
		d = add(d, differenceOf(c, known, steps))
	}
	return d, nil
}

func differenceOf(c Call, known map[string]Effect, steps []automation.StepExecution) Difference {
	e, ok := known[c.API]
	if !ok {
		return Difference{What: c.API, After: any(c.Input)}
	}
	d := Difference{What: e.subject(c.Input)}
	was, found := e.was(c, steps)
	switch {
	case e.Removes != "":
		d.Before = orNil(list(c.Input, e.Removes))
	case e.Adds != "":
		d.After = orNil(list(c.Input, e.Adds))
	case e.Gone && found:
		d.Before = was
	case e.Gone:
		d.Before = "it is there"
	default:
		after := e.after(c.Input)
		d.After = any(after)
		if settings, ok := was.(map[string]any); ok {
			before := map[string]any{}
			for name := range after {
				if value, ok := settings[name]; ok {
					before[name] = value
				}
			}
			d.Before = any(before)
		}
	}
	return d
}

// orNil gives an empty list as nil, which is nothing in JSON too.
func orNil(all []any) any {
	if len(all) == 0 {
		return nil
	}
	return all
}

// was gives the thing that a call changes as it was read last.
func (e Effect) was(c Call, steps []automation.StepExecution) (any, bool) {
	if e.Was == nil {
		return nil, false
	}
	for _, s := range slices.Backward(steps) {
		if s.Response == nil || apiOf(s) != e.Was.Call || !agree(inputOf(s), c.Input) {
			continue
		}
		value, ok := find(s.Response, e.Was.Path)
		if ok && e.Was.Match != "" {
			value, ok = itemWith(list(s.Response, e.Was.Path), e.Was.Match, c.Input[e.Was.Match])
		}
		return whole(value), ok
	}
	return nil, false
}

// agree says whether two calls have the same values of the inputs that both have.
func agree(a, b map[string]any) bool {
	for name, value := range a {
		if other, both := b[name]; both && !reflect.DeepEqual(value, other) {
			return false
		}
	}
	return true
}

func itemWith(all []any, name string, value any) (any, bool) {
	for _, one := range all {
		if m, ok := one.(map[string]any); ok && reflect.DeepEqual(m[name], value) {
			return m, true
		}
	}
	return nil, false
}

// add puts a difference to those there are, or into the one about the same thing.
func add(all []Difference, d Difference) []Difference {
	for i := range all {
		if all[i].What == d.What {
			all[i].Before, all[i].After = joined(all[i].Before, d.Before), joined(all[i].After, d.After)
			return all
		}
	}
	return append(all, d)
}

func joined(a, b any) any {
	switch two := b.(type) {
	case map[string]any:
		if one, ok := a.(map[string]any); ok {
			m := maps.Clone(one)
			maps.Copy(m, two)
			return m
		}
	case []any:
		if one, ok := a.([]any); ok {
			return slices.Concat(one, two)
		}
	}
	if b == nil {
		return a
	}
	return b
}

// Line is one line of a difference.
type Line struct {
	Sign rune // '-' for what goes, '+' for what comes
	Name string
	// Value is the setting, or the item of a list.
	Value any
}

// Lines writes a difference line by line, what goes before what comes. What stays is left out.
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

// given gives a setting. A repair writes an empty text for a name that is not set.
func given(settings map[string]any, name string) (any, bool) {
	value, is := settings[name]
	return value, is && value != ""
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
