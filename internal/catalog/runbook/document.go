// Package runbook decodes Systems Manager Automation documents (schema 0.3) and derives the IAM policy of their steps.
// Its subpackage lint checks them.
//
// It does no I/O. Package automation runs the steps.
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

// SchemaVersion is the only schema version of Automation runbooks.
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
	// Program holds the calls of a script, derived from its source. It is not part of a document's text.
	Program []Call `yaml:"-" json:"-"`
}

// Parameter declares a parameter of a Document.
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

// resources are parameter types for which the console lists the account's resources. Their values are plain texts.
var resources = []string{"AWS::EC2::Instance::Id", "AWS::IAM::Role::Arn", "AWS::S3::Bucket::Name"}

// Kind returns the type of a parameter's value: String for resource types, otherwise the declared type.
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

// Variable declares a value that aws:updateVariable changes. Unlike outputs, variables are also available to steps that
// are reached without the step that sets them.
type Variable struct {
	Type        string `yaml:"type" json:"type"`
	Description string `yaml:"description" json:"description,omitempty"`
	Default     any    `yaml:"default" json:"default,omitempty"`
}

// Call is an API call of a document.
type Call struct {
	Name       string   // service:Api, as botocore has them
	Parameters []string // those that it sets
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

// Output names a value that a step extracts from its response with a JSONPath selector.
type Output struct {
	Name     string `yaml:"Name" json:"Name"`
	Selector string `yaml:"Selector" json:"Selector"`
	Type     string `yaml:"Type" json:"Type"`
}

// Parse decodes a YAML or JSON document. A key that is not in schema 0.3 and a second document in the text are errors.
// Parse checks only the structure; Lint checks the meaning.
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
