package resources

import (
	"context"

	"hubmend/internal/lab/cloudformation"
)

// createParameter makes an AWS::SSM::Parameter. A function that reads it reaches moto
// through the gateway, with the account of its role.
func createParameter(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	return putParameter(ctx, s, p.TextOr("Name", s.PhysicalID(p.LogicalID)), p, false)
}

func updateParameter(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return putParameter(ctx, s, was.Ref, p, true)
}

func deleteParameter(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "ssm", "DeleteParameter", map[string]any{"Name": was.Ref})
	return err
}

func putParameter(ctx context.Context, s *cloudformation.Stack, name string, p cloudformation.Properties,
	over bool) (cloudformation.Created, error) {
	in := p.Pick("Type", "Value", "Description", "AllowedPattern", "Tier", "DataType")
	in["Name"], in["Overwrite"] = name, over
	if _, err := s.Call(ctx, "ssm", "PutParameter", in); err != nil {
		return cloudformation.Created{}, err
	}
	return cloudformation.Created{Ref: name, Attributes: map[string]any{"Type": p.Text("Type"),
		"Value": p.Text("Value")}}, nil
}
