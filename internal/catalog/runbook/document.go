// Package runbook owns Systems Manager Automation documents (schema 0.3): their
// shape, the lint that refuses what the service would refuse, and the IAM policy
// that follows from their steps.
//
// It reads text and returns values. It calls no AWS API and runs no step;
// package automation does that.
package runbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// SchemaVersion is the only document schema that Automation runbooks may have.
const SchemaVersion = "0.3"

// Document is an Automation runbook as its author wrote it.
type Document struct {
	Description   string               `yaml:"description" json:"description"`
	SchemaVersion string               `yaml:"schemaVersion" json:"schemaVersion"`
	AssumeRole    string               `yaml:"assumeRole" json:"assumeRole"`
	Parameters    map[string]Parameter `yaml:"parameters" json:"parameters"`
	Variables     map[string]Variable  `yaml:"variables" json:"variables,omitempty"`
	MainSteps     []Step               `yaml:"mainSteps" json:"mainSteps"`
	Outputs       []string             `yaml:"outputs" json:"outputs,omitempty"`
	Files         map[string]any       `yaml:"files" json:"files,omitempty"` // attachments
	// Program has the calls of a script that makes them itself, as they were derived from its source. It is not part
	// of the text of a document.
	Program []Call `yaml:"-" json:"-"`
}

// Parameter declares one input of a Document.
type Parameter struct {
	Type           string   `yaml:"type" json:"type"`
	Description    string   `yaml:"description" json:"description,omitempty"`
	Default        any      `yaml:"default" json:"default,omitempty"`
	AllowedValues  []string `yaml:"allowedValues" json:"allowedValues,omitempty"`
	AllowedPattern string   `yaml:"allowedPattern" json:"allowedPattern,omitempty"`
	MinItems       int      `yaml:"minItems" json:"minItems,omitempty"`
	MaxItems       int      `yaml:"maxItems" json:"maxItems,omitempty"`
	MinChars       int      `yaml:"minChars" json:"minChars,omitempty"`
	MaxChars       int      `yaml:"maxChars" json:"maxChars,omitempty"`
	DisplayType    string   `yaml:"displayType" json:"displayType,omitempty"` // of the console
}

// resources are types of parameters for which the console offers the account's resources. A value is a text
// like any other.
var resources = []string{"AWS::EC2::Instance::Id", "AWS::IAM::Role::Arn", "AWS::S3::Bucket::Name"}

// Kind is the type of a parameter's value: that which the document writes, unless it is one of a resource.
func (p Parameter) Kind() string {
	item, isList := strings.CutPrefix(strings.TrimSuffix(p.Type, ">"), "List<")
	switch {
	case slices.Contains(resources, p.Type):
		return "String"
	case isList && slices.Contains(resources, item):
		return "StringList"
	}
	return p.Type
}

// Variable declares a value that aws:updateVariable changes. It is the only thing that
// passes what a step found on to steps that are reached without it too.
type Variable struct {
	Type        string `yaml:"type" json:"type"`
	Description string `yaml:"description" json:"description,omitempty"`
	Default     any    `yaml:"default" json:"default,omitempty"`
}

// Call is an API call that a document makes.
type Call struct {
	Name       string   // service:Api, as botocore has them
	Parameters []string // those that it gives
}

// Step is one entry of mainSteps, or of the Steps of an aws:loop.
type Step struct {
	Name           string         `yaml:"name" json:"name"`
	Action         string         `yaml:"action" json:"action"`
	Description    string         `yaml:"description" json:"description,omitempty"`
	MaxAttempts    int            `yaml:"maxAttempts" json:"maxAttempts,omitempty"`
	TimeoutSeconds int            `yaml:"timeoutSeconds" json:"timeoutSeconds,omitempty"`
	OnFailure      string         `yaml:"onFailure" json:"onFailure,omitempty"`
	OnCancel       string         `yaml:"onCancel" json:"onCancel,omitempty"`
	NextStep       string         `yaml:"nextStep" json:"nextStep,omitempty"`
	IsEnd          bool           `yaml:"isEnd" json:"isEnd,omitempty"`
	IsCritical     *bool          `yaml:"isCritical" json:"isCritical,omitempty"`
	Inputs         map[string]any `yaml:"inputs" json:"inputs"`
	Outputs        []Output       `yaml:"outputs" json:"outputs,omitempty"`
}

// Output names a value that a step takes from its response with a JSONPath selector.
type Output struct {
	Name     string `yaml:"Name" json:"Name"`
	Selector string `yaml:"Selector" json:"Selector"`
	Type     string `yaml:"Type" json:"Type"`
}

// Parse decodes a YAML or JSON document. A key that schema 0.3 does not know is
// an error, and so is a second document in the same text. Parse checks the shape
// only; Lint checks the meaning.
func Parse(text []byte) (*Document, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	doc := new(Document)
	if err := dec.Decode(doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("parse runbook: the document is empty")
		}
		return nil, fmt.Errorf("parse runbook: %w", err)
	}
	if err := dec.Decode(new(Document)); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse runbook: more than one document in the file")
	}
	return doc, nil
}
