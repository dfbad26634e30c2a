// Package setting reads an object of the CDK's context into a struct, and tells everything that is
// wrong with it at once, in the words of whoever wrote it.
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

// Object is one that was read. Its problems are what validation adds to.
type Object struct {
	key      string
	wrong    map[string]bool // settings whose value has the wrong type
	problems []error
}

// Read decodes the value of a key of the context, an object or, from the command line, its text.
// Fields of the struct into which it points have json tags, and an example of the value.
// What has the wrong type stays as it is.
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
		return nil, fmt.Errorf("%s must be a JSON object with settings, not %s", key, clip(text))
	}
	o := &Object{key: key, wrong: map[string]bool{}}
	fields := fieldsOf(into)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		field, known := fields[name]
		if !known {
			o.problems = append(o.problems,
				fmt.Errorf("unknown field %q; there are %s", name,
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

// kind says what a value has to be.
func kind(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		return "a list of texts"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	default:
		return "a text in quotes"
	}
}

// Demand adds a problem with a setting, unless it has the wrong type and so another one already.
func (o *Object) Demand(ok bool, setting, format string, args ...any) {
	if ok || o.wrong[setting] {
		return
	}
	o.problems = append(o.problems, fmt.Errorf(setting+": "+format, args...))
}

// Err is everything that is wrong.
func (o *Object) Err() error {
	if len(o.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s is not in order:\n%w", o.key, errors.Join(o.problems...))
}

// clip keeps a value that is no setting from filling the screen.
func clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "..."
}
