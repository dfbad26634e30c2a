package lab

import (
	"context"
	"strings"
)

// stackSet finds the StackSet of a call among the resources of the caller's stacks.
func (c apiCall) stackSet() (*stack, properties, error) {
	name, _, _ := strings.Cut(c.form.Get("StackSetName"), ":") // of its id
	for _, s := range c.stacks.stacksAt(c.at) {
		for _, r := range s.list() {
			if r.kind == "AWS::CloudFormation::StackSet" && r.status != deleteComplete &&
				r.was().text("StackSetName") == name {
				return s, r.was(), nil
			}
		}
	}
	return nil, properties{}, &apiError{404, "StackSetNotFoundException", "StackSet " + name + " not found"}
}

func (c apiCall) describeStackSet(ctx context.Context) (fields, error) {
	s, p, err := c.stackSet()
	if err != nil {
		return nil, err
	}
	t, err := c.stacks.templates.templateAt(ctx, s.at, p.text("TemplateURL"))
	if err != nil {
		return nil, err
	}
	return fields{"StackSet": fields{
		"StackSetName": p.text("StackSetName"), "Description": p.text("Description"), "Status": "ACTIVE",
		"TemplateBody":                  t.Source,
		"PermissionModel":               p.text("PermissionModel"),
		"StackSetDriftDetectionDetails": fields{"DriftStatus": "NOT_CHECKED"},
	}}, nil
}

// listStackInstances says of each stack of a StackSet whether it is what the StackSet is.
func (c apiCall) listStackInstances(ctx context.Context) (fields, error) {
	s, p, err := c.stackSet()
	if err != nil {
		return nil, err
	}
	want, err := c.stacks.templates.templateAt(ctx, s.at, p.text("TemplateURL"))
	if err != nil {
		return nil, err
	}
	places, err := s.instances(p)
	if err != nil {
		return nil, err
	}
	list := []fields{}
	for _, at := range places {
		one := fields{"Account": at.account, "Region": at.region, "Status": "OUTDATED", "DriftStatus": "NOT_CHECKED",
			"StackInstanceStatus": fields{"DetailedStatus": "FAILED"}}
		if instance := c.stacks.findStack(at, instanceName(p)); instance != nil {
			one["StackId"] = instance.id
			if t := instance.current().template; t != nil && t.Source == want.Source &&
				strings.HasSuffix(instance.state(), "E_COMPLETE") {
				one["Status"], one["StackInstanceStatus"] = "CURRENT", fields{"DetailedStatus": "SUCCEEDED"}
			}
		}
		list = append(list, one)
	}
	return fields{"Summaries": list}, nil
}
