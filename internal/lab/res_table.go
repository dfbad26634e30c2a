package lab

import (
	"context"
	"errors"
	"reflect"
)

func (m motoResources) createTable(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("TableName", s.physicalID(p.logicalID))
	in := p.pick("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes",
		"DeletionProtectionEnabled")
	in["TableName"] = name
	if _, err := s.call(ctx, "dynamodb", "CreateTable", in); err != nil {
		return created{}, err
	}
	m.encryptTable(s, name, p)
	return created{name, map[string]any{"Arn": s.arn("dynamodb", "table/"+name)}}, nil
}

func (m motoResources) encryptTable(s *stack, name string, p properties) {
	m.keys.encrypts(s.arn("dynamodb", "table/"+name), p.sub("SSESpecification").text("KMSMasterKeyId"))
}

func findTable(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("TableName", "")
	_, err := s.call(ctx, "dynamodb", "DescribeTable", map[string]any{"TableName": name})
	return created{name, map[string]any{"Arn": s.arn("dynamodb", "table/"+name)}}, err
}

func (m motoResources) updateTable(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	for _, fixed := range []string{"AttributeDefinitions", "GlobalSecondaryIndexes"} {
		if !reflect.DeepEqual(was.properties[fixed], p.all[fixed]) {
			return created{}, errors.New("the lab cannot change the " + fixed + " of a table that is there")
		}
	}
	in := p.pick("BillingMode", "DeletionProtectionEnabled")
	if _, ok := in["DeletionProtectionEnabled"]; !ok {
		in["DeletionProtectionEnabled"] = false
	}
	in["TableName"] = was.ref
	m.encryptTable(s, was.ref, p)
	_, err := s.call(ctx, "dynamodb", "UpdateTable", in)
	return was.created, err
}

func deleteTable(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "dynamodb", "DeleteTable", map[string]any{"TableName": was.ref})
	return err
}
