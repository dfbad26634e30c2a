package cfn

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Environment is what the pseudo parameters give. All texts are needed.
type Environment struct {
	AccountID, Region, Partition, URLSuffix, StackName, StackID string

	// SSMParameter looks up parameters of the type AWS::SSM::Parameter::Value<String> by
	// the name of the SSM parameter. Without it a template that uses one is refused.
	SSMParameter func(name string) (string, error)
}

const noValue = "AWS::NoValue"

var pseudoParameters = []string{
	"AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix", "AWS::StackName", "AWS::StackId", noValue,
}

func (env Environment) values() (map[string]any, error) {
	values := map[string]any{}
	var problems []error
	for i, v := range []string{env.AccountID, env.Region, env.Partition, env.URLSuffix, env.StackName, env.StackID} {
		values[pseudoParameters[i]] = v
		if v == "" {
			problems = append(problems, fmt.Errorf("the environment has no value for %s", pseudoParameters[i]))
		}
	}
	return values, errors.Join(problems...)
}

// Evaluation is a template with its parameters and conditions decided. It is not safe for
// concurrent use.
type Evaluation struct {
	names      map[string]any // values of parameters and pseudo parameters
	mappings   map[string]map[string]map[string]any
	conditions map[string]bool
	resources  map[string]resource // those that exist, without Fn::If
	outputs    map[string]output   // likewise
	created    map[string]created
}

// created is what the deployer recorded about a resource.
type created struct {
	ref        string
	attributes map[string]any
}

// Resource is a resource with its expressions evaluated. Numbers are json.Number, because
// they keep the text of the template.
type Resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any

	// DeletionPolicy and UpdateReplacePolicy are empty when the template does not say.
	DeletionPolicy, UpdateReplacePolicy string
}

// Output is an output of a stack.
type Output struct {
	Value       string
	Description string

	// ExportName is empty when the output is not exported.
	ExportName string
}

// Resolve decides which resources exist. The error has everything that is wrong with the
// parameters: unknown, missing, or against a constraint. A resource that uses one whose
// condition does not hold is an error too.
func (t *Template) Resolve(env Environment, params map[string]string) (*Evaluation, error) {
	names, err := env.values()
	if err != nil {
		return nil, err
	}
	values, err := t.resolveParameters(env, params)
	if err != nil {
		return nil, err
	}
	maps.Copy(names, values)
	e := &Evaluation{
		names: names, mappings: t.mappings, conditions: map[string]bool{},
		resources: map[string]resource{}, outputs: map[string]output{}, created: map[string]created{},
	}
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		if e.conditions[name], err = e.holds("Conditions."+name, t.conditions[name], t.conditions); err != nil {
			return nil, err
		}
	}
	e.keep(t)
	return e, e.checkReferences()
}

// keep takes over the resources and outputs whose condition holds.
func (e *Evaluation) keep(t *Template) {
	for id, r := range t.resources {
		if r.Condition == "" || e.conditions[r.Condition] {
			r.Properties = e.decideFields(r.Properties)
			r.Metadata = e.decideFields(r.Metadata)
			e.resources[id] = r
		}
	}
	for name, o := range t.outputs {
		if o.Condition == "" || e.conditions[o.Condition] {
			o.Value = e.decide(o.Value)
			o.Export.Name = e.decide(o.Export.Name)
			e.outputs[name] = o
		}
	}
}

// Record says what a created resource gives for Ref and Fn::GetAtt. Later resources and
// the outputs take it from here.
func (e *Evaluation) Record(logicalID, ref string, attributes map[string]any) {
	e.created[logicalID] = created{ref, attributes}
}

// Resource evaluates a resource. The error names the expression that has no value, for
// example because what it refers to was not recorded yet.
func (e *Evaluation) Resource(logicalID string) (Resource, error) {
	r, ok := e.resources[logicalID]
	if !ok {
		return Resource{}, fmt.Errorf("there is no resource %s, or its condition does not hold", logicalID)
	}
	path := "Resources." + logicalID
	properties, err := e.object(path+".Properties", r.Properties)
	if err != nil {
		return Resource{}, err
	}
	metadata, err := e.object(path+".Metadata", r.Metadata)
	if err != nil {
		return Resource{}, err
	}
	return Resource{r.Type, properties, metadata, r.DeletionPolicy, r.UpdateReplacePolicy}, nil
}

// Outputs evaluates the outputs whose condition holds, after all resources are recorded.
func (e *Evaluation) Outputs() (map[string]Output, error) {
	outputs := map[string]Output{}
	for _, name := range slices.Sorted(maps.Keys(e.outputs)) {
		path, o := "Outputs."+name, e.outputs[name]
		value, err := e.text(path+".Value", o.Value)
		if err != nil {
			return nil, err
		}
		out := Output{Value: value, Description: o.Description}
		if o.Export.Name != nil {
			if out.ExportName, err = e.text(path+".Export.Name", o.Export.Name); err != nil {
				return nil, err
			}
		}
		outputs[name] = out
	}
	return outputs, nil
}
