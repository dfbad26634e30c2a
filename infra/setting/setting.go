// Package setting reads an object of the CDK context into a struct. It reports all mistakes at once, in terms of the
// JSON that was written.
package setting

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Object is an object that was read. Validation adds to its problems.
type Object struct {
	key      string
	wrong    map[string]bool // settings whose value has the wrong type
	problems []error
}

// Read decodes the value of a context key. It is an object or, from the command line, JSON text. The fields of the
// struct have json tags and example tags. A field whose value has the wrong type keeps its value.
func Read(key string, value, into any) (*Object, error) {
	text, isText := value.(string)
	if !isText {
		marshalled, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		text = string(marshalled)
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &given); err != nil || given == nil {
		return nil, fmt.Errorf("%s must be a JSON object of settings, not %s", key, clip(text))
	}
	o := &Object{key: key, wrong: map[string]bool{}}
	fields := fieldsOf(into)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		field, known := fields[name]
		if !known {
			o.problems = append(o.problems,
				fmt.Errorf("unknown setting %q; the settings are %s", name,
					strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
			continue
		}
		if err := json.Unmarshal(given[name], field.value.Addr().Interface()); err != nil {
			o.wrong[name] = true
			o.problems = append(o.problems,
				fmt.Errorf("%s: must be %s, such as %s, not %s", name, kind(field.value.Type()), field.example,
					clip(string(given[name]))))
		}
	}
	return o, nil
}

type field struct {
	value   reflect.Value
	example string
}

// fieldsOf gives the fields of the struct that a pointer points to, by their names in JSON.
func fieldsOf(into any) map[string]field {
	all := map[string]field{}
	structure := reflect.ValueOf(into).Elem()
	for i := range structure.NumField() {
		tag := structure.Type().Field(i).Tag
		all[tag.Get("json")] = field{structure.Field(i), tag.Get("example")}
	}
	return all
}

// kind describes the values of a type.
func kind(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		return "a list of strings"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	default:
		return "a string in quotes"
	}
}

// Demand adds a problem with a setting if ok is false, unless its type is wrong, which is reported already.
func (o *Object) Demand(ok bool, setting, format string, args ...any) {
	if ok || o.wrong[setting] {
		return
	}
	o.problems = append(o.problems, fmt.Errorf(setting+": "+format, args...))
}

// Err joins all problems.
func (o *Object) Err() error {
	if len(o.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s is invalid:\n%w", o.key, errors.Join(o.problems...))
}

// clip shortens a long value for an error.
func clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "..."
}
