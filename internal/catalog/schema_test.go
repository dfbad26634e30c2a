package catalog

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/setting"
	"hubmend/internal/engine/control"
)

// The schema for editors knows the fields that a control's file may have, and no others.
func TestSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../ssm-documents/control.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type form struct {
		Properties map[string]any `json:"properties"`
	}
	var schema struct {
		form
		Defs map[string]form `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		forms []form
		of    reflect.Type
	}{
		"control":  {[]form{schema.form}, reflect.TypeFor[controlFile]()},
		"resource": {[]form{schema.Defs["resource"]}, reflect.TypeFor[control.Resource]()},
		"setting":  {[]form{schema.Defs["setting"]}, reflect.TypeFor[setting.Setting]()},
		"call":     {[]form{schema.Defs["read"], schema.Defs["write"]}, reflect.TypeFor[setting.Call]()},
		"reason":   {[]form{schema.Defs["reason"]}, reflect.TypeFor[setting.Reason]()},
	} {
		got := map[string]bool{}
		for _, f := range tc.forms {
			for name := range f.Properties {
				got[name] = true
			}
		}
		if diff := cmp.Diff(fields(tc.of), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s (-type +schema):\n%s", name, diff)
		}
	}
}

// fields are the names that a type has in YAML.
func fields(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		f := of.Field(i)
		switch tag := f.Tag.Get("yaml"); {
		case tag == ",inline":
			names = append(names, fields(f.Type)...)
		case tag != "":
			names = append(names, strings.Split(tag, ",")[0])
		}
	}
	slices.Sort(names)
	return names
}
