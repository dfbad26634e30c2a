package lab

import "context"

// createParameter makes an AWS::SSM::Parameter. A function that reads it reaches moto
// through the gateway, with the account of its role.
func createParameter(ctx context.Context, s *stack, p properties) (created, error) {
	return putParameter(ctx, s, p.textOr("Name", s.physicalID(p.logicalID)), p, false)
}

func updateParameter(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return putParameter(ctx, s, was.ref, p, true)
}

func deleteParameter(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "ssm", "DeleteParameter", map[string]any{"Name": was.ref})
	return err
}

func putParameter(ctx context.Context, s *stack, name string, p properties, over bool) (created, error) {
	in := p.pick("Type", "Value", "Description", "AllowedPattern", "Tier", "DataType")
	in["Name"], in["Overwrite"] = name, over
	if _, err := s.call(ctx, "ssm", "PutParameter", in); err != nil {
		return created{}, err
	}
	return created{name, map[string]any{"Type": p.text("Type"), "Value": p.text("Value")}}, nil
}
