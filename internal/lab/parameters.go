package lab

import "context"

// createParameter makes an AWS::SSM::Parameter. A function that reads it reaches moto
// through the gateway, with the account of its role.
func createParameter(ctx context.Context, s *stack, p properties) (created, error) {
	in := p.pick("Type", "Value", "Description", "AllowedPattern", "Tier", "DataType")
	name := p.textOr("Name", s.name+"-"+p.logicalID)
	in["Name"] = name
	if _, err := s.call(ctx, "ssm", "PutParameter", in); err != nil {
		return created{}, err
	}
	return created{name, map[string]any{"Type": p.text("Type"), "Value": p.text("Value")}}, nil
}
