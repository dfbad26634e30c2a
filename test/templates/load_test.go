package templates_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubmend/infra/app"
)

// synthesized holds templates by the name of their stack, or of their file for products.
type synthesized map[string]template

type template struct {
	File        string `json:"-"`
	Text        string `json:"-"`
	Description string
	Parameters  map[string]object
	Mappings    object
	Conditions  object
	Metadata    object
	Resources   map[string]resource
	Transform   any
	Rules       any
}

type resource struct {
	Type                string
	Properties          object
	Condition           string
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           any
}

type object = map[string]any

const (
	suffix        = ".template.json"
	productSuffix = ".product"
)

func load(dir string) (synthesized, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	all := synthesized{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		t := template{File: file, Text: string(text)}
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), suffix)] = t
	}
	return all, nil
}

// plain are the templates that travel without this repository.
func (s synthesized) plain() synthesized {
	plain := synthesized{app.MemberRoles: s[app.MemberRoles], app.MemberRunbooks: s[app.MemberRunbooks]}
	maps.Copy(plain, s.products())
	return plain
}

func (s synthesized) products() synthesized {
	products := synthesized{}
	for name, t := range s {
		if strings.HasSuffix(name, productSuffix) {
			products[name] = t
		}
	}
	return products
}

// all returns the resources of a type, in the order of their logical ids.
func (t template) all(kind string) []resource {
	var found []resource
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if t.Resources[id].Type == kind {
			found = append(found, t.Resources[id])
		}
	}
	return found
}

// one returns the resource of a type whose property has a value.
func (t template) one(tt *testing.T, kind, property string, value any) resource {
	tt.Helper()
	for _, r := range t.all(kind) {
		if r.Properties[property] == value {
			return r
		}
	}
	tt.Fatalf("%s: no %s whose %s is %v", filepath.Base(t.File), kind, property, value)
	return resource{}
}

// at follows keys and indexes into a value. It returns nil if the place does not exist.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := v.(object)
			v = o[step]
		case int:
			items, _ := v.([]any)
			if step >= len(items) {
				return nil
			}
			v = items[step]
		}
	}
	return v
}

// list makes a list of what JSON may write without brackets.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func sub(text string) object { return object{"Fn::Sub": text} }
func ref(name string) object { return object{"Ref": name} }
func local(resource string) object {
	service, rest, _ := strings.Cut(resource, ":")
	return sub("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + rest)
}
