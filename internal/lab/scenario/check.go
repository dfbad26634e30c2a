package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"hubmend/internal/aws/jsonpath"
)

// Verdict is how one expectation came out.
type Verdict struct {
	Text   string `json:"expectation"`
	Passed bool   `json:"passed"`
	Got    string `json:"got,omitempty"` // only when it failed
}

// check compares what a path finds in an answer with what it must be.
func (c Check) check(answer any, path string) (passed bool, got string, err error) {
	found, present := answer, true
	if path != "" {
		compiled, err := jsonpath.Compile(path)
		if err != nil {
			return false, "", err
		}
		found, present = compiled.Select(answer)
	}
	found = normal(found)
	switch {
	case c.Absent:
		return !present, show(found), nil
	case !present:
		return false, "nothing at " + path, nil
	case c.Length != nil:
		list, ok := found.([]any)
		return ok && len(list) == *c.Length, show(found), nil
	case c.Contains != nil:
		return contains(found, normal(c.Contains)), show(found), nil
	case c.Lacks != nil:
		return canContain(found) && !contains(found, normal(c.Lacks)), show(found), nil
	default:
		return reflect.DeepEqual(found, normal(c.Equals)), show(found), nil
	}
}

// contains looks for an item of a list that is equal, or is a map with at least the
// wanted keys; in a text, for a part of it.
func contains(found, wanted any) bool {
	switch x := found.(type) {
	case string:
		part, ok := wanted.(string)
		return ok && strings.Contains(x, part)
	case []any:
		for _, item := range x {
			if includes(item, wanted) {
				return true
			}
		}
	}
	return false
}

// canContain reports whether contains could find anything, so that "lacks" cannot hold of a
// value that it was never meant for.
func canContain(found any) bool {
	switch found.(type) {
	case string, []any:
		return true
	}
	return false
}

func includes(item, wanted any) bool {
	have, isMap := item.(map[string]any)
	want, wantMap := wanted.(map[string]any)
	if !isMap || !wantMap {
		return reflect.DeepEqual(item, wanted)
	}
	for key, value := range want {
		if !includes(have[key], value) {
			return false
		}
	}
	return true
}

// normal makes values comparable that came by different ways: everything is as
// encoding/json decodes it.
func normal(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return value
	}
	return out
}

func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	const limit = 600
	if len(text) > limit {
		return string(text[:limit]) + "..."
	}
	return string(text)
}

// describe says what is expected, for people.
func (e Expectation) describe() string {
	var b strings.Builder
	switch {
	case e.Call != nil:
		fmt.Fprintf(&b, "%s:%s %s", e.Call.Service, e.Call.API, e.Path)
		switch {
		case e.Error != "":
			fmt.Fprintf(&b, "fails with %s", e.Error)
		case e.Absent:
			b.WriteString(" is absent")
		case e.Length != nil:
			fmt.Fprintf(&b, " has %d items", *e.Length)
		case e.Contains != nil:
			fmt.Fprintf(&b, " contains %s", show(e.Contains))
		case e.Lacks != nil:
			fmt.Fprintf(&b, " lacks %s", show(e.Lacks))
		default:
			fmt.Fprintf(&b, " is %s", show(e.Equals))
		}
	case e.Finding != "":
		fmt.Fprintf(&b, "finding %s", e.Finding)
		if e.Workflow != "" {
			fmt.Fprintf(&b, " is %s", e.Workflow)
		}
		if e.Note != "" {
			fmt.Fprintf(&b, " with a note that says %q", e.Note)
		}
		for _, part := range []struct{ name, text string }{
			{"parked", e.Parked}, {"rule", e.Rule}, {"proposal", e.Proposal}, {"V2 status", e.V2Status},
			{"V2 comment", e.V2Comment},
		} {
			if part.text != "" {
				fmt.Fprintf(&b, ", %s: %s", part.name, part.text)
			}
		}
	case e.Executions != nil:
		fmt.Fprintf(&b, "%d execution", *e.Executions)
		if *e.Executions != 1 {
			b.WriteString("s")
		}
	case e.Notifications != nil:
		fmt.Fprintf(&b, "notifications %q", *e.Notifications)
	case e.Notification != nil:
		fmt.Fprintf(&b, "a notification %q that says %q", e.Notification.Subject, e.Notification.Body)
	case e.Announced != nil:
		fmt.Fprintf(&b, "announced %s", show(*e.Announced))
	case e.Problems != nil:
		fmt.Fprintf(&b, "problems %q", *e.Problems)
	case e.Alarms != nil:
		fmt.Fprintf(&b, "alarms %q", *e.Alarms)
	}
	return b.String()
}
