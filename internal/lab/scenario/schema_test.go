package scenario_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/lab/scenario"
)

type schema map[string]any

// The schema refuses unknown keys for editors and for Parse; the structs take what it lets
// through. A key that is in one of them only is refused or ignored.
func TestSchemaAndStructsAgree(t *testing.T) {
	t.Parallel()
	var root schema
	if err := json.Unmarshal(scenario.Schema, &root); err != nil {
		t.Fatal(err)
	}
	compared := map[reflect.Type]bool{}
	root.compare(t, root, "scenario", reflect.TypeFor[scenario.Scenario](), compared)
	for _, want := range []reflect.Type{reflect.TypeFor[scenario.Finding](), reflect.TypeFor[scenario.CustomAction](),
		reflect.TypeFor[scenario.Expectation]()} {
		if !compared[want] {
			t.Errorf("%s was not compared", want)
		}
	}
}

// compare walks a schema and the type that takes what the schema describes.
func (root schema) compare(t *testing.T, s schema, place string, of reflect.Type, compared map[reflect.Type]bool) {
	t.Helper()
	s = root.resolve(t, s)
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if items, ok := s["items"].(map[string]any); ok && of.Kind() == reflect.Slice {
		root.compare(t, items, place+"[]", of.Elem(), compared)
		return
	}
	properties, _ := s["properties"].(map[string]any)
	if of.Kind() != reflect.Struct || compared[of] {
		return
	}
	compared[of] = true
	if s["additionalProperties"] != false {
		t.Errorf("%s: the schema does not refuse unknown keys", place)
	}
	fields := jsonFields(of)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field, ok := fields[name]
		if !ok {
			t.Errorf("%s.%s: the schema has it, %s has not", place, name, of)
			continue
		}
		property, _ := properties[name].(map[string]any)
		root.compare(t, property, place+"."+name, field, compared)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if properties[name] == nil {
			t.Errorf("%s.%s: %s has it, the schema has not", place, name, of)
		}
	}
}

func (root schema) resolve(t *testing.T, s schema) schema {
	t.Helper()
	reference, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	definitions, _ := root["$defs"].(map[string]any)
	found, ok := definitions[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	if !ok {
		t.Fatalf("the schema refers to %s, which it does not have", reference)
	}
	return found
}

// jsonFields lists the fields of a struct and of those embedded in it, by their JSON names.
func jsonFields(of reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(of) {
		if f.IsExported() && !f.Anonymous {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields[name] = f.Type
		}
	}
	return fields
}
