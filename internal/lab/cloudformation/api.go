package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// apiCall is one call of the CloudFormation API. The lab serves it itself, because
// moto silently leaves out what it does not know.
type apiCall struct {
	lab    *world.World
	stacks *Stacks
	at     apicall.Place
	caller apicall.Caller
	form   url.Values
}

// apis are the actions that the CDK command line and `aws cloudformation` use. Any other is an error that names it.
var apis = map[string]func(apiCall, context.Context) (fields, error){
	"CreateStack":            apiCall.createStack,
	"UpdateStack":            apiCall.updateStack,
	"DeleteStack":            apiCall.deleteStack,
	"DescribeStacks":         apiCall.describeStacks,
	"ListStacks":             apiCall.listStacks,
	"DescribeStackEvents":    apiCall.describeStackEvents,
	"DescribeStackResource":  apiCall.describeStackResource,
	"DescribeStackResources": apiCall.describeStackResources,
	"ListStackResources":     apiCall.listStackResources,
	"GetTemplate":            apiCall.getTemplate,
	"GetTemplateSummary":     apiCall.getTemplateSummary,
	"ValidateTemplate":       apiCall.validateTemplate,
	"CreateChangeSet":        apiCall.createChangeSet,
	"DescribeChangeSet":      apiCall.describeChangeSet,
	"ExecuteChangeSet":       apiCall.executeChangeSet,
	"DeleteChangeSet":        apiCall.deleteChangeSet,
	"ListChangeSets":         apiCall.listChangeSets,
	"DescribeStackSet":       apiCall.describeStackSet,
	"ListStackInstances":     apiCall.listStackInstances,
}

// Serve answers a request to CloudFormation.
func (l *Stacks) Serve(q apicall.Request) (any, error) {
	form, err := url.ParseQuery(string(q.Body))
	if err != nil {
		return nil, apicall.Refuse("MalformedQueryString", "%v", err)
	}
	call := apis[q.API]
	if call == nil {
		l.lab.Log("cloudformation", "the lab does not have "+q.API)
		return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
			Message: fmt.Sprintf("the lab does not have the action %s of CloudFormation; it has %s", q.API,
				strings.Join(slices.Sorted(maps.Keys(apis)), ", "))}
	}
	out, err := call(apiCall{l.lab, l, q.Place(), q.Caller, form}, l.lab.Context)
	if err != nil {
		return nil, asValidationError(err)
	}
	return answerXML(q.API, out), nil
}

// asValidationError turns an error into a ValidationError: nearly all errors are about a template or its parameters.
func asValidationError(err error) error {
	if _, ok := err.(*apicall.Error); ok { //nolint:errorlint // made here, never wrapped
		return err
	}
	return apicall.Refuse("ValidationError", "%v", err)
}

// stack gives the stack that a call names.
func (c apiCall) stack() (*Stack, error) {
	name := c.form.Get("StackName")
	if s := c.stacks.Find(c.at, name); s != nil {
		return s, nil
	}
	return nil, apicall.Refuse("ValidationError", "Stack with id %s does not exist", name)
}

// template gives the template of a call, which contains its text or its URL.
func (c apiCall) template(ctx context.Context) (*cfn.Template, error) {
	body, address := c.form.Get("TemplateBody"), c.form.Get("TemplateURL")
	switch {
	case body != "":
		return cfn.Parse([]byte(body))
	case address != "":
		return c.stacks.templates.Template(ctx, c.at, address)
	}
	return nil, apicall.Refuse("ValidationError", "Either Template URL or Template Body must be specified.")
}

// deployment reads what a stack is to become. It keeps the previous value of what the call leaves out.
func (c apiCall) deployment(ctx context.Context, was Deployment) (Deployment, error) {
	want := Deployment{Parameters: map[string]string{}, Tags: was.Tags, Role: c.form.Get("RoleARN"),
		keepFailed: c.form.Get("DisableRollback") == "true",
		adopts:     c.form.Get("ImportExistingResources") == "true"}
	var err error
	if c.form.Get("UsePreviousTemplate") == "true" && was.Template != nil {
		want.Template = was.Template
	} else if want.Template, err = c.template(ctx); err != nil {
		return want, err
	}
	for _, p := range c.members("Parameters") {
		name := p["ParameterKey"]
		if value, given := p["ParameterValue"]; given {
			want.Parameters[name] = value
		} else if old, had := was.Parameters[name]; had && p["UsePreviousValue"] == "true" {
			want.Parameters[name] = old
		}
	}
	if tags := c.members("Tags"); len(tags) > 0 {
		want.Tags = map[string]string{}
		for _, t := range tags {
			want.Tags[t["Key"]] = t["Value"]
		}
	}
	if err := c.checkCapabilities(want.Template); err != nil {
		return want, err
	}
	return want, c.checkRole(want.Role)
}

// members reads a list of structures: Parameters.member.1.ParameterKey and so on.
func (c apiCall) members(list string) []map[string]string {
	var all []map[string]string
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("%s.member.%d.", list, i)
		one := map[string]string{}
		for key := range c.form {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				one[name] = c.form.Get(key)
			}
		}
		if len(one) == 0 {
			return all
		}
		all = append(all, one)
	}
}

// texts reads a list of texts.
func (c apiCall) texts(list string) []string {
	var all []string
	for i := 1; c.form.Has(fmt.Sprintf("%s.member.%d", list, i)); i++ {
		all = append(all, c.form.Get(fmt.Sprintf("%s.member.%d", list, i)))
	}
	return all
}

// checkRole checks that CloudFormation may assume the role of a call. Its policies do not matter: the lab creates the
// resources itself.
func (c apiCall) checkRole(role string) error {
	if role == "" {
		return nil
	}
	_, _, err := c.stacks.authority.Assume(role, "AWSCloudFormation",
		policy.Request{Service: "cloudformation.amazonaws.com", Context: map[string]string{}})
	if err != nil {
		return apicall.Refuse("ValidationError", "Role %s is invalid or cannot be assumed (%v)", role, err)
	}
	return nil
}

// checkCapabilities checks that the caller acknowledges the IAM resources of a template.
func (c apiCall) checkCapabilities(t *cfn.Template) error {
	needs := capabilities(t)
	for _, given := range c.texts("Capabilities") {
		if given == "CAPABILITY_NAMED_IAM" || slices.Contains(needs, given) {
			return nil
		}
	}
	if len(needs) > 0 {
		return apicall.Refuse("InsufficientCapabilitiesException", "Requires capabilities : [%s]", strings.Join(needs,
			", "))
	}
	return nil
}

// capabilities lists what the caller must acknowledge to deploy a template.
func capabilities(t *cfn.Template) []string {
	var needs []string
	for _, r := range t.Written() {
		switch {
		case !strings.HasPrefix(r.Type, "AWS::IAM::"):
		case r.Properties["RoleName"] != nil || r.Properties["UserName"] != nil ||
			r.Properties["ManagedPolicyName"] != nil || r.Properties["GroupName"] != nil:
			return []string{"CAPABILITY_NAMED_IAM"}
		default:
			needs = []string{"CAPABILITY_IAM"}
		}
	}
	return needs
}

func (c apiCall) createStack(ctx context.Context) (fields, error) {
	want, err := c.deployment(ctx, Deployment{})
	if err != nil {
		return nil, err
	}
	s, err := c.stacks.Add(c.at, c.form.Get("StackName"))
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx, s, creation, want); err != nil {
		s.turn(deleteComplete, err.Error()) // it never was
		return nil, err
	}
	return fields{"StackId": s.ID}, nil
}

func (c apiCall) updateStack(ctx context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	want, err := c.deployment(ctx, s.Current())
	if err != nil {
		return nil, err
	}
	changes, err := s.plan(ctx, want)
	if err != nil {
		return nil, err
	}
	if !changes.any() {
		return nil, apicall.Refuse("ValidationError", "No updates are to be performed.")
	}
	return fields{"StackId": s.ID}, c.start(ctx, s, updating, want)
}

func (c apiCall) deleteStack(ctx context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return fields{}, nil //nolint:nilerr // what is not there is deleted
	}
	if s.state() == deleteComplete || s.state() == deletion.begun {
		return fields{}, nil
	}
	if err := s.begin(deletion); err != nil {
		return nil, err
	}
	c.lab.Activity.Do(func() { _ = s.deleteAll(ctx) }) // reports its error itself
	return fields{}, nil
}

// start begins a creation or an update, which continues after the call is answered.
func (c apiCall) start(ctx context.Context, s *Stack, k kindOfOperation, want Deployment) error {
	o, err := s.prepare(ctx, k, want)
	if err != nil {
		return err
	}
	begin := time.Now()
	c.lab.Activity.Do(func() {
		if err := o.do(ctx); err != nil {
			c.lab.Story.Tell(story.KindDeploy, s.At.Account, s.At.Region, "%s: %s: %v", s.name, s.state(), err)
			return
		}
		c.lab.Story.Tell(story.KindDeploy, s.At.Account, s.At.Region, "%s: %d resources, %d of them changed, in %d ms",
			s.name, len(s.list()), len(o.done), time.Since(begin).Milliseconds())
	})
	return nil
}
