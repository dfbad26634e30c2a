package cloudformation

import (
	"context"
	"strings"

	"hubmend/internal/lab/apicall"
)

// stackSet finds the StackSet of a call among the resources of the caller's stacks.
func (c apiCall) stackSet() (*Stack, Properties, error) {
	name, _, _ := strings.Cut(c.form.Get("StackSetName"), ":") // of its id
	for _, s := range c.stacks.stacksAt(c.at) {
		for _, r := range s.list() {
			if r.kind == "AWS::CloudFormation::StackSet" && r.status != deleteComplete &&
				r.Was().Text("StackSetName") == name {
				return s, r.Was(), nil
			}
		}
	}
	return nil, Properties{}, &apicall.Error{Status: 404, Code: "StackSetNotFoundException",
		Message: "StackSet " + name + " not found"}
}

func (c apiCall) describeStackSet(ctx context.Context) (fields, error) {
	s, p, err := c.stackSet()
	if err != nil {
		return nil, err
	}
	t, err := c.stacks.templates.Template(ctx, s.At, p.Text("TemplateURL"))
	if err != nil {
		return nil, err
	}
	return fields{"StackSet": fields{
		"StackSetName": p.Text("StackSetName"), "Description": p.Text("Description"), "Status": "ACTIVE",
		"TemplateBody":                  t.Source,
		"PermissionModel":               p.Text("PermissionModel"),
		"StackSetDriftDetectionDetails": fields{"DriftStatus": "NOT_CHECKED"},
	}}, nil
}

// listStackInstances reports for each stack of a StackSet whether it is current.
func (c apiCall) listStackInstances(ctx context.Context) (fields, error) {
	s, p, err := c.stackSet()
	if err != nil {
		return nil, err
	}
	want, err := c.stacks.templates.Template(ctx, s.At, p.Text("TemplateURL"))
	if err != nil {
		return nil, err
	}
	places, err := s.instances(p)
	if err != nil {
		return nil, err
	}
	list := []fields{}
	for _, at := range places {
		one := fields{"Account": at.Account, "Region": at.Region, "Status": "OUTDATED", "DriftStatus": "NOT_CHECKED",
			"StackInstanceStatus": fields{"DetailedStatus": "FAILED"}}
		if instance := c.stacks.Find(at, instanceName(p)); instance != nil {
			one["StackId"] = instance.ID
			if t := instance.Current().Template; t != nil && t.Source == want.Source &&
				strings.HasSuffix(instance.state(), "E_COMPLETE") {
				one["Status"], one["StackInstanceStatus"] = "CURRENT", fields{"DetailedStatus": "SUCCEEDED"}
			}
		}
		list = append(list, one)
	}
	return fields{"Summaries": list}, nil
}
