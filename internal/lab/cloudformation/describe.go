package cloudformation

import (
	"context"
	"maps"
	"slices"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
)

func (c apiCall) describeStacks(context.Context) (fields, error) {
	var all []*Stack
	if c.form.Get("StackName") != "" {
		s, err := c.stack()
		if err != nil {
			return nil, err
		}
		all = []*Stack{s}
	} else {
		all = slices.DeleteFunc(c.stacks.stacksAt(c.at), func(s *Stack) bool { return s.state() == deleteComplete })
	}
	list := []fields{}
	for _, s := range all {
		list = append(list, s.describe())
	}
	return fields{"Stacks": list}, nil
}

func (c apiCall) listStacks(context.Context) (fields, error) {
	wanted := c.texts("StackStatusFilter")
	list := []fields{}
	for _, s := range slices.Backward(c.stacks.stacksAt(c.at)) {
		if one := s.describe(); len(wanted) == 0 || slices.Contains(wanted, s.state()) {
			list = append(list, fields{
				"StackId": s.ID, "StackName": s.name, "StackStatus": one["StackStatus"],
				"StackStatusReason": one["StackStatusReason"], "TemplateDescription": one["Description"],
				"CreationTime": one["CreationTime"], "LastUpdatedTime": one["LastUpdatedTime"],
				"DeletionTime": one["DeletionTime"],
			})
		}
	}
	return fields{"StackSummaries": list}, nil
}

func (s *Stack) describe() fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	outputs := []fields{}
	for _, name := range slices.Sorted(maps.Keys(s.outputs)) {
		o := s.outputs[name]
		outputs = append(outputs,
			fields{"OutputKey": name, "OutputValue": o.Value, "Description": o.Description, "ExportName": o.ExportName})
	}
	f := fields{
		"StackId": s.ID, "StackName": s.name, "StackStatus": s.status, "StackStatusReason": s.reason,
		"CreationTime": s.made, "LastUpdatedTime": s.changed, "DeletionTime": s.ended,
		"Outputs": outputs, "Tags": pairs(s.now.Tags, "Key", "Value"), "RoleARN": s.now.Role,
		"DisableRollback":             s.now.keepFailed,
		"EnableTerminationProtection": false, "DriftInformation": fields{"StackDriftStatus": "NOT_CHECKED"},
	}
	if s.now.Template != nil {
		f["Description"] = s.now.Template.Description
		f["Parameters"] = s.now.shownParameters()
		f["Capabilities"] = capabilities(s.now.Template)
	}
	return f
}

// shownParameters gives the values of all parameters, including defaults, but no secrets.
func (d Deployment) shownParameters() []fields {
	list := []fields{}
	for _, p := range d.Template.Parameters() {
		value, given := d.Parameters[p.Name]
		switch {
		case p.NoEcho:
			value = "****"
		case !given:
			value = p.Default
		}
		list = append(list, fields{"ParameterKey": p.Name, "ParameterValue": shown(value)})
	}
	return list
}

// shown is a string that is written even when it is empty.
type shown string

func (c apiCall) describeStackEvents(context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	return fields{"StackEvents": s.history()}, nil
}

// history lists the events, the latest first.
func (s *Stack) history() []fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []fields{}
	for _, e := range slices.Backward(s.events) {
		list = append(list, fields{
			"EventId": e.id, "StackId": s.ID, "StackName": s.name, "Timestamp": e.at,
			"LogicalResourceId": e.logicalID, "PhysicalResourceId": e.physicalID, "ResourceType": e.kind,
			"ResourceStatus": e.status, "ResourceStatusReason": e.reason,
		})
	}
	return list
}

func (c apiCall) describeStackResources(context.Context) (fields, error) {
	list, err := c.resources("Timestamp")
	return fields{"StackResources": list}, err
}

func (c apiCall) listStackResources(context.Context) (fields, error) {
	list, err := c.resources("LastUpdatedTimestamp")
	return fields{"StackResourceSummaries": list}, err
}

func (c apiCall) describeStackResource(context.Context) (fields, error) {
	list, err := c.resources("LastUpdatedTimestamp")
	if err == nil && len(list) == 0 {
		err = apicall.Refuse("ValidationError", "Resource %s does not exist for stack %s",
			c.form.Get("LogicalResourceId"),
			c.form.Get("StackName"))
	}
	if err != nil {
		return nil, err
	}
	return fields{"StackResourceDetail": list[0]}, nil
}

func (c apiCall) resources(time string) ([]fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	only := c.form.Get("LogicalResourceId")
	list := []fields{}
	for _, r := range s.list() {
		if only == "" || only == r.LogicalID {
			list = append(list, fields{
				"StackId": s.ID, "StackName": s.name, "LogicalResourceId": r.LogicalID, "PhysicalResourceId": r.Ref,
				"ResourceType":   r.kind,
				"ResourceStatus": r.status, "ResourceStatusReason": r.reason, time: r.at,
				"DriftInformation": fields{"StackResourceDriftStatus": "NOT_CHECKED"},
			})
		}
	}
	return list, nil
}

func (c apiCall) getTemplate(context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	t := s.Current().Template
	if name := c.form.Get("ChangeSetName"); name != "" {
		set, err := s.changeSet(name)
		if err != nil {
			return nil, err
		}
		t = set.want.Template
	}
	if t == nil {
		return fields{"TemplateBody": "{}", "StagesAvailable": []string{"Original"}}, nil // under review
	}
	return fields{"TemplateBody": t.Source, "StagesAvailable": []string{"Original", "Processed"}}, nil
}

func (c apiCall) getTemplateSummary(ctx context.Context) (fields, error) {
	t, err := c.summarized(ctx)
	if err != nil {
		return nil, err
	}
	kinds := map[string]struct{}{}
	for _, r := range t.Written() {
		kinds[r.Type] = struct{}{}
	}
	f := declared(t)
	f["ResourceTypes"] = slices.Sorted(maps.Keys(kinds))
	return f, nil
}

func (c apiCall) summarized(ctx context.Context) (*cfn.Template, error) {
	if c.form.Get("StackName") == "" {
		return c.template(ctx)
	}
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	if t := s.Current().Template; t != nil {
		return t, nil
	}
	return nil, apicall.Refuse("ValidationError", "Stack %s has no template yet", s.name)
}

func (c apiCall) validateTemplate(ctx context.Context) (fields, error) {
	t, err := c.template(ctx)
	if err != nil {
		return nil, err
	}
	return declared(t), nil
}

func declared(t *cfn.Template) fields {
	list := []fields{}
	for _, p := range t.Parameters() {
		f := fields{
			"ParameterKey": p.Name, "ParameterType": p.Type, "Description": p.Description, "NoEcho": p.NoEcho,
			"ParameterConstraints": fields{"AllowedValues": p.AllowedValues},
		}
		if p.HasDefault {
			f["DefaultValue"] = shown(p.Default)
		}
		list = append(list, f)
	}
	return fields{"Description": t.Description, "Parameters": list, "Capabilities": capabilities(t)}
}
