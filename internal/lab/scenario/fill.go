package scenario

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"hubmend/internal/aws/jsonpath"
)

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// values are what ${name.path} stands for: results of calls by their name, and the
// scenario's own accounts and Regions. ${now}, ${date} and ${day} are the time, the date and the day of the week in
// UTC, or those after a time: ${date+48h}. ${file:a/path} is the text of a file, whose path begins where the scenario
// is.
type values map[string]any

// folder is the name under which values have the scenario's.
const folder = "folder"

var moment = regexp.MustCompile(`^(now|date|day)(?:\+(\d+[smh]))?$`)

// fill replaces every ${name.path} in a value. A text that is one placeholder takes the
// value as it is, so that numbers and lists stay what they are.
func (v values) fill(value any) (any, error) {
	switch x := value.(type) {
	case string:
		return v.fillText(x)
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			filled, err := v.fill(item)
			if err != nil {
				return nil, err
			}
			list[i] = filled
		}
		return list, nil
	case map[string]any:
		m := make(map[string]any, len(x))
		for key, item := range x {
			filled, err := v.fill(item)
			if err != nil {
				return nil, err
			}
			m[key] = filled
		}
		return m, nil
	}
	return value, nil
}

func (v values) fillText(text string) (any, error) {
	if m := placeholder.FindStringSubmatch(text); m != nil && m[0] == text {
		return v.lookup(m[1])
	}
	var problem error
	filled := placeholder.ReplaceAllStringFunc(text, func(p string) string {
		value, err := v.lookup(p[2 : len(p)-1])
		if err != nil {
			problem = err
		}
		return fmt.Sprint(value)
	})
	return filled, problem
}

func (v values) lookup(reference string) (any, error) {
	name, path := reference, ""
	if end := strings.IndexAny(reference, ".["); end >= 0 {
		name, path = reference[:end], reference[end:]
	}
	value, ok := v[name]
	if file, is := strings.CutPrefix(reference, "file:"); is {
		text, err := os.ReadFile(filepath.Join(fmt.Sprint(v[folder]), file))
		return string(text), err
	}
	if m := moment.FindStringSubmatch(reference); m != nil {
		later, err := time.ParseDuration(cmp.Or(m[2], "0s"))
		at := time.Now().UTC().Add(later)
		switch m[1] {
		case "date":
			return at.Format(time.DateOnly), err
		case "day":
			return strings.ToLower(at.Format("Mon")), err
		}
		return at.Format(time.RFC3339Nano), err
	}
	if !ok {
		return nil, fmt.Errorf("${%s}: nothing has the name %q", reference, name)
	}
	if path == "" {
		return value, nil
	}
	compiled, err := jsonpath.Compile("$.value" + path) // a selector cannot begin with an index
	if err != nil {
		return nil, fmt.Errorf("${%s}: %w", reference, err)
	}
	found, ok := compiled.Select(map[string]any{"value": value})
	if !ok {
		return nil, fmt.Errorf("${%s}: the result of %s has nothing there", reference, name)
	}
	return found, nil
}
