package runbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Permission is an IAM permission that an API call requires.
type Permission struct {
	Actions []string `yaml:"actions"`
	// Resources are ARNs with the pseudo parameters ${AWS::Partition} and
	// ${AWS::AccountId}, or "*" together with a Reason.
	Resources []string `yaml:"resources"`
	Reason    string   `yaml:"reason"`
	// PassedTo is the service that a role is passed to, for iam:PassRole.
	PassedTo string `yaml:"passedTo"`
	// When is a parameter of the call. Only calls with this parameter need the permission. It is only allowed in Also.
	When string `yaml:"when"`
	// Also lists further permissions of the same call, on other resources.
	Also []Permission `yaml:"also"`
	// Runbooks are the resources of single runbooks, instead of Resources.
	Runbooks map[string][]string `yaml:"runbooks"`
	// Policies are the only managed policies that single runbooks may attach or detach with the call. It is not allowed
	// in Also.
	Policies map[string][]string `yaml:"policies"`
}

// Permissions maps a call in botocore's spelling (ec2:DescribeSecurityGroups) to its permission.
type Permissions map[string]Permission

// Statement is one statement of a derived policy.
type Statement struct {
	Sid       string
	Actions   []string
	Resources []string
	PassedTo  string   // the service that roles may be passed to; empty otherwise
	Policies  []string // the managed policies that may be attached or detached; empty: any
	Reason    string   // why Resources is "*", for each of the calls; empty otherwise
}

var (
	// actionPattern is the form of an IAM action, and also that of a call.
	actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	// resourcePattern is the form of an ARN in the account whose role it is for.
	resourcePattern = regexp.MustCompile(`^arn:\$\{AWS::Partition\}:[a-z0-9-]+:[a-z0-9*-]*:(\$\{AWS::AccountId\})?:.`)
	// managedPattern is the form of the ARN of a policy that AWS manages.
	managedPattern = regexp.MustCompile(`^arn:\$\{AWS::Partition\}:iam::aws:policy/[A-Za-z/-]+$`)
)

// ParsePermissions decodes a permissions file. It refuses a key that is not a call, and what Check refuses.
func ParsePermissions(text []byte) (Permissions, error) {
	var p Permissions
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("parse permissions: %w", err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse permissions: more than one document in the file")
	}
	var errs []error
	for _, call := range slices.Sorted(maps.Keys(p)) {
		if !actionPattern.MatchString(call) {
			errs = append(errs, fmt.Errorf("key %q is not <service>:<Api>, so no call can match it", call))
		}
		if err := p[call].Check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", call, err))
		}
		if p[call].When != "" {
			errs = append(errs, fmt.Errorf("%s: when is only allowed under also", call))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// Check refuses an action with a wildcard, a resource with a fixed partition or account or in any account, and "*"
// without a reason.
func (p Permission) Check() error {
	if len(p.Actions) == 0 || len(p.Resources) == 0 {
		return errors.New("needs actions and resources")
	}
	for _, action := range p.Actions {
		if !actionPattern.MatchString(action) {
			return fmt.Errorf("action %q is not <service>:<Action>", action)
		}
	}
	for _, resource := range slices.Concat(append(slices.Collect(maps.Values(p.Runbooks)), p.Resources)...) {
		if err := checkResource(resource); err != nil {
			return err
		}
	}
	for _, policy := range slices.Concat(slices.Collect(maps.Values(p.Policies))...) {
		if !managedPattern.MatchString(policy) {
			return fmt.Errorf("policy %q is not the ARN of a policy that AWS manages", policy)
		}
	}
	if slices.Contains(p.Resources, "*") != (p.Reason != "") {
		return errors.New(`"*" needs a reason, and only "*" has one`)
	}
	if slices.Contains(p.Actions, "iam:PassRole") != (p.PassedTo != "") {
		return errors.New("iam:PassRole needs passedTo, and only it has one")
	}
	for _, more := range p.Also {
		if err := more.Check(); err != nil {
			return fmt.Errorf("also: %w", err)
		}
	}
	return nil
}

func checkResource(resource string) error {
	switch {
	case resource == "*":
		return nil
	case !strings.HasPrefix(resource, "arn:${AWS::Partition}:"):
		return fmt.Errorf("resource %q must begin with arn:${AWS::Partition}:", resource)
	case !resourcePattern.MatchString(resource) && !managedPattern.MatchString(resource):
		return fmt.Errorf("resource %q is not an ARN whose account is ${AWS::AccountId} or empty", resource)
	}
	return nil
}

// Policy derives the statements of a runbook's role from its calls, one for each distinct set of resources. Calls that
// are not in permissions get the permissions of AWS's reference (see Derive). A call that is in neither is an error.
func Policy(name string, doc *Document, permissions Permissions) ([]Statement, error) {
	var granted []Permission
	var errs []error
	parameters := parametersOf(doc)
	for _, call := range Calls(doc) {
		p, ok := permissions[call]
		if !ok {
			derived, err := Derive(call, parameters[call])
			granted, errs = append(granted, derived), append(errs, err)
			continue
		}
		p.Policies = map[string][]string{name: p.Policies[name]}
		granted = append(granted, p.of(name))
		for _, more := range p.Also {
			if more.When == "" || slices.Contains(parameters[call], more.When) {
				granted = append(granted, more.of(name))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return Statements(granted), nil
}

// of returns the permission that a runbook needs.
func (p Permission) of(name string) Permission {
	if resources, ok := p.Runbooks[name]; ok {
		p.Resources = resources
	}
	return p
}

// Statements converts permissions to policy statements.
func Statements(granted []Permission) []Statement {
	merged := map[string]*Statement{}
	reasons := map[string][]string{}
	for _, p := range granted {
		resources := slices.Sorted(slices.Values(p.Resources))
		policies := slices.Concat(slices.Collect(maps.Values(p.Policies))...)
		key := strings.Join(slices.Concat(resources, []string{p.PassedTo}, policies), " ")
		s := merged[key]
		if s == nil {
			s = &Statement{Resources: resources, PassedTo: p.PassedTo, Policies: policies}
			merged[key] = s
		}
		if !slices.Contains(reasons[key], p.Reason) {
			reasons[key] = append(reasons[key], p.Reason)
		}
		s.Actions = append(s.Actions, p.Actions...)
	}
	statements := make([]Statement, 0, len(merged))
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		s := *merged[key]
		s.Reason = strings.Join(reasons[key], " ")
		slices.Sort(s.Actions)
		s.Actions = slices.Compact(s.Actions)
		s.Sid = fmt.Sprintf("Calls%d", len(statements)+1)
		statements = append(statements, s)
	}
	return statements
}

// parametersOf returns the parameters of each call of the document. Empty texts are left out: they remove a value from
// a resource, so they name nothing that needs a permission.
func parametersOf(doc *Document) map[string][]string {
	given := map[string][]string{}
	Walk(doc.MainSteps, func(s Step) {
		for name, value := range s.Inputs {
			if value == "" {
				continue
			}
			call := fmt.Sprintf("%v:%v", s.Inputs["Service"], s.Inputs["Api"])
			given[call] = append(given[call], name)
		}
	})
	for _, call := range doc.Program {
		given[call.Name] = append(given[call.Name], call.Parameters...)
	}
	return given
}

// Calls returns the distinct API calls of a document as service:Api, sorted.
func Calls(doc *Document) []string {
	var calls []string
	Walk(doc.MainSteps, func(s Step) {
		if api, ok := s.Inputs["Api"].(string); ok {
			calls = append(calls, fmt.Sprintf("%v:%s", s.Inputs["Service"], api))
		}
	})
	for _, call := range doc.Program {
		calls = append(calls, call.Name)
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}
