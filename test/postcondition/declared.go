package postcondition

import (
	"bytes"
	_ "embed" // for the checks
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/goccy/go-yaml"
	"github.com/jmespath/go-jmespath"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
)

// checks.yaml has the checks that JMESPath can express.
//
//go:embed checks.yaml
var checksText []byte

// declared is a check: calls that read a resource, and a path over all their answers together that finds true if the
// control passes.
type declared struct {
	Look   []look `yaml:"look"`
	Passes string `yaml:"passes"`
}

// look is a call that reads. In its input, {Name} is a part of the resource's id, as in resource.id of the control,
// {account} and {region} are the finding's, and {.path} is a path over the answers so far.
type look struct {
	Call   string         `yaml:"call"` // such as iam:GetUser
	With   map[string]any `yaml:"with"`
	Absent []string       `yaml:"absent"` // error codes that stand for an empty answer
}

func init() {
	var all map[string]declared
	if err := yaml.NewDecoder(bytes.NewReader(checksText), yaml.Strict()).Decode(&all); err != nil {
		panic(fmt.Errorf("checks.yaml: %w", err)) // which every test would show
	}
	for id, check := range all {
		path, err := jmespath.Compile(check.Passes)
		if err != nil {
			panic(fmt.Errorf("checks.yaml: %s: %w", id, err))
		}
		controls[id] = func(r reader) (bool, error) { return r.declared(id, check, path) }
	}
}

// declared makes the calls of a check and searches their answers.
func (r reader) declared(id string, check declared, path *jmespath.JMESPath) (bool, error) {
	c, _ := catalog.Embedded().ByID(id)
	known := map[string]any{}
	parts := c.Resource.Parts(r.resource)
	if region := parts["region"]; region != "" {
		r.region = region
	}
	for _, l := range check.Look {
		service, api, _ := strings.Cut(l.Call, ":")
		input, _ := r.filled(l.With, parts, known).(map[string]any)
		answer, err := r.call(service, api, input)
		var refused smithy.APIError
		if errors.As(err, &refused) && slices.Contains(l.Absent, refused.ErrorCode()) {
			continue
		}
		if err != nil {
			return false, err
		}
		for name, value := range answer {
			known[name] = value
		}
	}
	passes, err := path.Search(known)
	return passes == true, err
}

// filled replaces the placeholders of an input.
func (r reader) filled(form any, parts map[string]string, known map[string]any) any {
	switch form := form.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, value := range form {
			all[name] = r.filled(value, parts, known)
		}
		return all
	case []any:
		all := make([]any, len(form))
		for i, value := range form {
			all[i] = r.filled(value, parts, known)
		}
		return all
	case string:
		if path, ok := strings.CutPrefix(form, "{."); ok {
			found, _ := jmespath.Search(strings.TrimSuffix(path, "}"), known)
			return found
		}
		return control.Fill(form, func(name string) string {
			switch name {
			case "account":
				return r.account
			case "region":
				return r.region
			}
			return parts[name]
		})
	}
	return form
}
