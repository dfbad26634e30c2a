package limits

import (
	"encoding/json"
	"fmt"

	"hubmend/test/assembly"
)

type object = map[string]any

// Template is what is measured of a template.
type Template struct {
	Description string              `json:",omitempty"`
	Parameters  map[string]object   `json:",omitempty"`
	Mappings    map[string]object   `json:",omitempty"`
	Conditions  object              `json:",omitempty"`
	Metadata    object              `json:",omitempty"`
	Resources   map[string]Resource `json:",omitempty"`
	Outputs     object              `json:",omitempty"`

	bytes int
}

// Resource is one of a template.
type Resource struct {
	Type       string
	Properties object
	DependsOn  any `json:",omitempty"`
}

// Parse reads a template.
func Parse(text []byte) (Template, error) {
	t := Template{bytes: len(text)}
	if err := json.Unmarshal(text, &t); err != nil {
		return Template{}, fmt.Errorf("read a template: %w", err)
	}
	return t, nil
}

// Size is how many bytes the template's text has.
func (t Template) Size() int { return t.bytes }

// Use is how much of a limit something uses.
type Use struct {
	Limit
	Of string // what uses it
	N  int
}

// Excess returns the uses that exceed their limits.
func Excess(uses []Use) []string {
	var all []string
	for _, u := range uses {
		if u.N > u.Room() {
			all = append(all, fmt.Sprintf("%s: %d %s; AWS takes %d, and there is room for %d", u.Of, u.N, u.Name,
				u.Most, u.Room()))
		}
	}
	return all
}

// Measure returns what a template uses.
func Measure(name string, t Template) []Use {
	uses := []Use{
		{TemplateSize, name, t.bytes}, {Resources, name, len(t.Resources)}, {Parameters, name, len(t.Parameters)},
		{Mappings, name, len(t.Mappings)}, {Outputs, name, len(t.Outputs)}, {TemplateText, name, len(t.Description)},
	}
	for _, id := range sorted(t.Mappings) {
		attributes := 0
		for _, key := range t.Mappings[id] {
			under, _ := key.(object)
			attributes += len(under)
		}
		uses = append(uses, Use{MappingKeys, name + " " + id, attributes})
	}
	for _, id := range sorted(t.Parameters) {
		uses = append(uses, Use{ParameterText, name + " " + id, size(t.Parameters[id]["Description"])},
			Use{LogicalID, name + " " + id, len(id)})
	}
	for _, id := range sorted(t.Resources) {
		r := t.Resources[id]
		uses = append(uses, Use{LogicalID, name + " " + id, len(id)})
		if of := measures[r.Type]; of != nil {
			for _, u := range of(r.Properties) {
				uses = append(uses, Use{u.Limit, name + " " + id, u.N})
			}
		}
	}
	return uses
}

// measures return the uses of a resource of a type.
var measures = map[string]func(object) []Use{
	"AWS::IAM::Role": func(p object) []Use {
		total := 0
		policies, _ := p["Policies"].([]any)
		for _, one := range policies {
			policy, _ := one.(object)
			total += size(policy["PolicyDocument"])
		}
		return []Use{
			{RolePolicies, "", total}, {TrustPolicy, "", size(p["AssumeRolePolicyDocument"])},
			{RoleName, "", size(p["RoleName"])},
			{RolePath, "", size(p["Path"])}, {RoleDescription, "", size(p["Description"])},
		}
	},
	"AWS::IAM::ManagedPolicy": func(p object) []Use { return []Use{{ManagedPolicy, "", size(p["PolicyDocument"])}} },
	"AWS::SSM::Document": func(p object) []Use {
		return []Use{{DocumentSize, "", size(p["Content"]) + parameterBytes}, {DocumentName, "", size(p["Name"])}}
	},
	"AWS::Events::Rule": func(p object) []Use {
		uses := []Use{
			{PatternSize, "", size(p["EventPattern"])}, {Targets, "", items(p["Targets"])},
			{RuleName, "", size(p["Name"])}, {RuleText, "", size(p["Description"])},
		}
		targets, _ := p["Targets"].([]any)
		for _, one := range targets {
			target, _ := one.(object)
			transformer, _ := target["InputTransformer"].(object)
			uses = append(uses, Use{InputTemplate, "", max(size(transformer["InputTemplate"]), size(target["Input"]))})
		}
		return uses
	},
	"AWS::Events::EventBusPolicy": func(p object) []Use { return []Use{{BusPolicy, "", size(p["Statement"])}} },
	"AWS::SQS::QueuePolicy": func(p object) []Use {
		document, _ := p["PolicyDocument"].(object)
		return []Use{{QueuePolicy, "", size(document)}, {QueueStatements, "", items(document["Statement"])}}
	},
	"AWS::SNS::TopicPolicy": func(p object) []Use { return []Use{{TopicPolicy, "", size(p["PolicyDocument"])}} },
	"AWS::Lambda::Function": func(p object) []Use {
		environment, _ := p["Environment"].(object)
		return []Use{{Environment, "", size(environment["Variables"])}, {FunctionText, "", size(p["Description"])},
			{FunctionName, "", size(p["FunctionName"])}}
	},
	"AWS::CloudWatch::Alarm": func(p object) []Use { return []Use{{AlarmText, "", size(p["AlarmDescription"])}} },
	"AWS::ServiceCatalog::CloudFormationProduct": func(p object) []Use {
		return []Use{{ProductVersions, "", items(p["ProvisioningArtifactParameters"])}}
	},
	"AWS::CloudFormation::StackSet": func(p object) []Use {
		most := 0
		assembly.Walk(p["AutoDeployment"], func(o object) { most = max(most, items(o["DependsOn"])) })
		return []Use{{StackSetWaits, "", most}}
	},
}

// parameterBytes are what the values of an execution's parameters take of a document's size: those
// of the longest, an S3 key's or ARN's, twice over.
const parameterBytes = 2_048
