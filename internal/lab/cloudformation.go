package lab

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
	"hubmend/internal/lab/cfn"
)

// apiCall is one call of the CloudFormation API. The lab serves it itself, because
// moto silently leaves out what it does not know.
type apiCall struct {
	lab    *world
	stacks *stacks
	at     place
	caller Caller
	form   url.Values
}

// cloudFormationAPIs are the actions that the CDK command line and `aws cloudformation` use.
// Any other is an error that names it.
var cloudFormationAPIs map[string]func(apiCall, context.Context) (fields, error)

func init() { // breaks the cycle with resourceTypes
	cloudFormationAPIs = map[string]func(apiCall, context.Context) (fields, error){
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
}

// serve answers a request to CloudFormation.
func (l *stacks) serve(q request) (any, error) {
	form, err := url.ParseQuery(string(q.body))
	if err != nil {
		return nil, refuse("MalformedQueryString", "%v", err)
	}
	call := cloudFormationAPIs[q.api]
	if call == nil {
		l.lab.log("cloudformation", "the lab does not have "+q.api)
		return nil, &apiError{http.StatusNotImplemented, "NotImplemented",
			fmt.Sprintf("the lab does not have the action %s of CloudFormation; it has %s", q.api,
				strings.Join(slices.Sorted(maps.Keys(cloudFormationAPIs)), ", "))}
	}
	out, err := call(apiCall{l.lab, l, q.place(), q.caller, form}, l.lab.ctx)
	if err != nil {
		return nil, asValidationError(err)
	}
	return answerXML(q.api, out), nil
}

// asValidationError makes what the service would call one of any other error: nearly all
// of them are about a template or its parameters.
func asValidationError(err error) error {
	if _, ok := err.(*apiError); ok { //nolint:errorlint // made here, never wrapped
		return err
	}
	return refuse("ValidationError", "%v", err)
}

// stack gives the stack that a call is about.
func (c apiCall) stack() (*stack, error) {
	name := c.form.Get("StackName")
	if s := c.stacks.findStack(c.at, name); s != nil {
		return s, nil
	}
	return nil, refuse("ValidationError", "Stack with id %s does not exist", name)
}

// template gives the template of a call, which has its text or its URL.
func (c apiCall) template(ctx context.Context) (*cfn.Template, error) {
	body, address := c.form.Get("TemplateBody"), c.form.Get("TemplateURL")
	switch {
	case body != "":
		return cfn.Parse([]byte(body))
	case address != "":
		return c.stacks.templates.templateAt(ctx, c.at, address)
	}
	return nil, refuse("ValidationError", "Either Template URL or Template Body must be specified.")
}

// deployment reads what a stack is to become. What is not given anew is as it was.
func (c apiCall) deployment(ctx context.Context, was deployment) (deployment, error) {
	want := deployment{parameters: map[string]string{}, tags: was.tags, role: c.form.Get("RoleARN"),
		keepFailed: c.form.Get("DisableRollback") == "true",
		adopts:     c.form.Get("ImportExistingResources") == "true"}
	var err error
	if c.form.Get("UsePreviousTemplate") == "true" && was.template != nil {
		want.template = was.template
	} else if want.template, err = c.template(ctx); err != nil {
		return want, err
	}
	for _, p := range c.members("Parameters") {
		name := p["ParameterKey"]
		if value, given := p["ParameterValue"]; given {
			want.parameters[name] = value
		} else if old, had := was.parameters[name]; had && p["UsePreviousValue"] == "true" {
			want.parameters[name] = old
		}
	}
	if tags := c.members("Tags"); len(tags) > 0 {
		want.tags = map[string]string{}
		for _, t := range tags {
			want.tags[t["Key"]] = t["Value"]
		}
	}
	if err := c.checkCapabilities(want.template); err != nil {
		return want, err
	}
	return want, c.checkRole(want.role)
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

// checkRole demands that CloudFormation may assume the role that it is given. What the role
// allows is not asked: the lab makes the resources itself.
func (c apiCall) checkRole(role string) error {
	if role == "" {
		return nil
	}
	_, _, err := c.stacks.authority.assume(role, "AWSCloudFormation",
		policy.Request{Service: "cloudformation.amazonaws.com", Context: map[string]string{}})
	if err != nil {
		return refuse("ValidationError", "Role %s is invalid or cannot be assumed (%v)", role, err)
	}
	return nil
}

// checkCapabilities demands that the caller knows that a template makes rights.
func (c apiCall) checkCapabilities(t *cfn.Template) error {
	needs := capabilities(t)
	for _, given := range c.texts("Capabilities") {
		if given == "CAPABILITY_NAMED_IAM" || slices.Contains(needs, given) {
			return nil
		}
	}
	if len(needs) > 0 {
		return refuse("InsufficientCapabilitiesException", "Requires capabilities : [%s]", strings.Join(needs, ", "))
	}
	return nil
}

// capabilities says what the deployer of a template must acknowledge.
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
	want, err := c.deployment(ctx, deployment{})
	if err != nil {
		return nil, err
	}
	s, err := c.stacks.newStack(c.at, c.form.Get("StackName"))
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx, s, creation, want); err != nil {
		s.turn(deleteComplete, err.Error()) // it never was
		return nil, err
	}
	return fields{"StackId": s.id}, nil
}

func (c apiCall) updateStack(ctx context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	want, err := c.deployment(ctx, s.current())
	if err != nil {
		return nil, err
	}
	changes, err := s.plan(ctx, want)
	if err != nil {
		return nil, err
	}
	if !changes.any() {
		return nil, refuse("ValidationError", "No updates are to be performed.")
	}
	return fields{"StackId": s.id}, c.start(ctx, s, updating, want)
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
	c.lab.activity.do(func() { _ = s.deleteAll(ctx) }) // it tells of its error itself
	return fields{}, nil
}

// start begins a creation or an update, which goes on when the call is answered.
func (c apiCall) start(ctx context.Context, s *stack, k kindOfOperation, want deployment) error {
	o, err := s.prepare(ctx, k, want)
	if err != nil {
		return err
	}
	begin := time.Now()
	c.lab.activity.do(func() {
		if err := o.do(ctx); err != nil {
			c.lab.story.tell(KindDeploy, s.at.account, s.at.region, "%s: %s: %v", s.name, s.state(), err)
			return
		}
		c.lab.story.tell(KindDeploy, s.at.account, s.at.region, "%s: %d resources, %d of them changed, in %d ms",
			s.name, len(s.list()), len(o.done), time.Since(begin).Milliseconds())
	})
	return nil
}
