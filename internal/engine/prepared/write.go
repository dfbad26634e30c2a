package prepared

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/control"
)

// Write returns a catalog in the form that Parse reads, sorted, so that one control more is a line or two more. groups
// are those of each control, by its id, and changes the events of each runbook.
func Write(controls []control.Control, actions []control.CustomAction, groups, changes map[string][]string) ([]byte,
	error) {
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
	rules := Rules(controls)
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		if err := add(kindRule, key, rules[key]); err != nil {
			return nil, err
		}
	}
	for _, c := range controls {
		c.Parameters = texts(c.Parameters)
		if err := add(kindControl, c.ID, c); err != nil {
			return nil, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if err := add(kindGroups, id, strings.Join(groups[id], ",")); err != nil {
			return nil, err
		}
	}
	for _, a := range actions {
		if err := add(kindAction, a.ID, a); err != nil {
			return nil, err
		}
	}
	for runbook, events := range changes {
		if err := add(kindChanges, runbook, strings.Join(events, " ")); err != nil {
			return nil, err
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "")), nil
}

// Rules returns the ids of controls by RuleKey. Numbers that a standard gives to several controls, such as 2.1.5 of CIS
// 1.4.0, are left out, because they do not identify a control.
func Rules(controls []control.Control) map[string]string {
	rules, shared := map[string]string{}, map[string]bool{}
	for _, c := range controls {
		for standard := range c.Frameworks {
			for _, number := range c.Numbers(standard) {
				key := RuleKey(standard, number)
				_, taken := rules[key]
				shared[key] = shared[key] || taken
				rules[key] = c.ID
			}
		}
	}
	maps.DeleteFunc(rules, func(key, _ string) bool { return shared[key] })
	return rules
}

// RuleKey identifies a control by its number in a standard. Security Hub writes both in more than one case.
func RuleKey(standard, number string) string { return strings.ToLower(standard + " " + number) }

// texts makes texts of values, as Control.Bind does: JSON would make 1e+06 of a million.
func texts(parameters map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range parameters {
		if number, bound, ok := control.Bounded(value); ok {
			all[name] = map[string]any{string(bound): fmt.Sprint(number)}
			continue
		}
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
