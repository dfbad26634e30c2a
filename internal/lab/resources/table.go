package resources

import (
	"context"
	"errors"
	"reflect"

	"hubmend/internal/lab/cloudformation"
)

func (m Moto) createTable(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("TableName", s.PhysicalID(p.LogicalID))
	in := p.Pick("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes",
		"DeletionProtectionEnabled")
	in["TableName"] = name
	if _, err := s.Call(ctx, "dynamodb", "CreateTable", in); err != nil {
		return cloudformation.Created{}, err
	}
	m.encryptTable(s, name, p)
	return cloudformation.Created{Ref: name, Attributes: map[string]any{"Arn": s.ARN("dynamodb", "table/"+name)}}, nil
}

func (m Moto) encryptTable(s *cloudformation.Stack, name string, p cloudformation.Properties) {
	m.keys.Encrypts(s.ARN("dynamodb", "table/"+name), p.Sub("SSESpecification").Text("KMSMasterKeyId"))
}

func findTable(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	name := p.TextOr("TableName", "")
	_, err := s.Call(ctx, "dynamodb", "DescribeTable", map[string]any{"TableName": name})
	return cloudformation.Created{Ref: name, Attributes: map[string]any{"Arn": s.ARN("dynamodb", "table/"+name)}}, err
}

func (m Moto) updateTable(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	for _, fixed := range []string{"AttributeDefinitions", "GlobalSecondaryIndexes"} {
		if !reflect.DeepEqual(was.Properties[fixed], p.All[fixed]) {
			return cloudformation.Created{},
				errors.New("the lab cannot change the " + fixed + " of a table that is there")
		}
	}
	in := p.Pick("BillingMode", "DeletionProtectionEnabled")
	if _, ok := in["DeletionProtectionEnabled"]; !ok {
		in["DeletionProtectionEnabled"] = false
	}
	in["TableName"] = was.Ref
	m.encryptTable(s, was.Ref, p)
	_, err := s.Call(ctx, "dynamodb", "UpdateTable", in)
	return was.Created, err
}

func deleteTable(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "dynamodb", "DeleteTable", map[string]any{"TableName": was.Ref})
	return err
}
