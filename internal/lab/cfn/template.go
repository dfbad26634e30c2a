// Package cfn owns the meaning of a CloudFormation template: it parses one, checks it,
// orders its resources and evaluates their properties. It creates nothing; whoever deploys
// asks for one resource after the other and records what each gave.
//
// It refuses what it does not know, because the lab must not deploy half of a template.
// A template is JSON, as the CDK writes it, or YAML. It imports no other package of this
// module.
package cfn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
)

// Template is a checked template: every name in it is defined and every function known.
type Template struct {
	// Source is the template as it was written.
	Source      string
	Description string

	// Metadata is the section of that name as it is written, for example with
	// "AWS::CloudFormation::Interface", which groups and labels the parameters.
	Metadata map[string]any

	parameters map[string]parameter
	mappings   map[string]map[string]map[string]any
	conditions map[string]any
	resources  map[string]resource
	outputs    map[string]output

	// used has the parameters that something refers to.
	used map[string]bool
}

// resource is an entry of Resources as it is written.
type resource struct {
	Type                string
	Condition           string
	DependsOn           dependencies
	Properties          map[string]any
	Metadata            map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
}

// dependencies is a logical id or a list of them.
type dependencies []string

// UnmarshalJSON reads both forms.
func (d *dependencies) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*d = dependencies{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(d))
}

// output is an entry of Outputs as it is written.
type output struct {
	Description string
	Condition   string
	Value       any
	Export      export
}

type export struct{ Name any }

// UnmarshalJSON refuses what an export does not have.
func (e *export) UnmarshalJSON(text []byte) error {
	type plain export // without this method
	return decode("Export", text, (*plain)(e))
}

// Parse reads a template and checks all that does not depend on parameters: sections and
// attributes are known, names are defined, functions have the right form, Conditions do
// not go in circles. Transforms, and Rules other than the CDK's bootstrap check, are
// refused.
func Parse(text []byte) (*Template, error) {
	source := string(text)
	text, err := toJSON(text)
	if err != nil {
		return nil, err
	}
	var sections struct {
		AWSTemplateFormatVersion, Description string
		Transform                             any
		Metadata                              map[string]any
		Rules, Parameters, Resources, Outputs map[string]json.RawMessage
		Mappings                              map[string]map[string]map[string]any
		Conditions                            map[string]any
	}
	if err := decode("template", text, &sections); err != nil {
		return nil, err
	}
	if sections.Transform != nil {
		return nil, fmt.Errorf("Transform %v: macros are not supported", sections.Transform)
	}
	for name := range sections.Rules {
		if name != "CheckBootstrapVersion" {
			return nil, fmt.Errorf("Rules.%s: rules are not supported", name)
		}
	}
	t := &Template{Source: source, Description: sections.Description, Metadata: sections.Metadata,
		mappings: sections.Mappings, conditions: sections.Conditions, used: map[string]bool{}}
	if t.parameters, err = decodeAll[parameter]("Parameters", sections.Parameters); err != nil {
		return nil, err
	}
	if t.resources, err = decodeAll[resource]("Resources", sections.Resources); err != nil {
		return nil, err
	}
	if t.outputs, err = decodeAll[output]("Outputs", sections.Outputs); err != nil {
		return nil, err
	}
	return t, t.check()
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

func decodeAll[T any](section string, entries map[string]json.RawMessage) (map[string]T, error) {
	all := map[string]T{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		path := section + "." + name
		if !logicalID.MatchString(name) {
			return nil, fmt.Errorf("%s: a logical id has only letters and digits", path)
		}
		var one T
		if err := decode(path, entries[name], &one); err != nil {
			return nil, err
		}
		all[name] = one
	}
	return all, nil
}

// decode reads an object into a struct whose field names are the keys that the object may
// have. encoding/json alone would ignore case and accept "properties".
func decode(path string, text []byte, into any) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return fmt.Errorf("%s: must be a JSON object: %w", path, err)
	}
	var known []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(into).Elem()) {
		known = append(known, f.Name)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%s: %s is not supported", path, key)
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // keeps the text of a number, which Fn::Sub and Fn::Join need
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
