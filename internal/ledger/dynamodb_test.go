package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/decide"
	"hubmend/internal/ledger"
)

// table is DynamoDB with one table whose keys are pk and sk. It knows the two conditions that
// a Ledger writes and refuses every other, as the service refuses what it cannot parse.
type table struct {
	name string

	mu    sync.Mutex
	items map[string]map[string]types.AttributeValue
	gets  []*dynamodb.GetItemInput
	err   error
}

var _ ledger.DynamoDBAPI = (*table)(nil)

func (d *table) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gets = append(d.gets, in)
	key, err := d.key(in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	if len(in.Key) != 2 {
		return nil, errors.New("ValidationException: the key has other attributes than the table's")
	}
	return &dynamodb.GetItemOutput{Item: maps.Clone(d.items[key])}, nil
}

func (d *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key, err := d.key(in.TableName, in.Item)
	if err != nil {
		return nil, err
	}
	holds, err := condition(d.items[key], in)
	if err != nil {
		return nil, err
	}
	if !holds {
		message := "The conditional request failed"
		return nil, &types.ConditionalCheckFailedException{Message: &message}
	}
	if d.items == nil {
		d.items = map[string]map[string]types.AttributeValue{}
	}
	d.items[key] = maps.Clone(in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

func (d *table) key(name *string, item map[string]types.AttributeValue) (string, error) {
	if d.err != nil {
		return "", d.err
	}
	if name == nil || *name != d.name {
		return "", &types.ResourceNotFoundException{}
	}
	pk, okPK := item["pk"].(*types.AttributeValueMemberS)
	sk, okSK := item["sk"].(*types.AttributeValueMemberS)
	if !okPK || !okSK || pk.Value == "" || sk.Value == "" {
		return "", errors.New("ValidationException: the key is missing or empty")
	}
	return pk.Value + "\x00" + sk.Value, nil
}

func condition(stored map[string]types.AttributeValue, in *dynamodb.PutItemInput) (bool, error) {
	if in.ConditionExpression == nil {
		return true, nil
	}
	expression := strings.Fields(*in.ConditionExpression)
	switch {
	case len(expression) == 1 && expression[0] == "attribute_not_exists(pk)":
		if len(in.ExpressionAttributeValues) > 0 {
			return false, errors.New("ValidationException: a value is not used in the expression")
		}
		return stored["pk"] == nil, nil
	case len(expression) == 3 && expression[0] == "Version" && expression[1] == "=":
		value, ok := in.ExpressionAttributeValues[expression[2]]
		if !ok || len(in.ExpressionAttributeValues) != 1 {
			return false, fmt.Errorf("ValidationException: the expression does not use exactly the values that are given")
		}
		// A missing attribute equals nothing, and values of two types are never equal.
		return stored["Version"] != nil && reflect.DeepEqual(stored["Version"], value), nil
	}
	return false, fmt.Errorf("ValidationException: condition %q", *in.ConditionExpression)
}

func TestDynamoDBReadsConsistently(t *testing.T) {
	t.Parallel()
	db := &table{name: "t"}
	if _, err := (&ledger.DynamoDB{Client: db, Table: "t"}).Load(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if in := db.gets[0]; in.ConsistentRead == nil || !*in.ConsistentRead {
		t.Error("the record was not read consistently")
	}
}

func TestDynamoDBErrors(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	l := &ledger.DynamoDB{Client: &table{name: "t", err: down}, Table: "t"}
	one := targetOf("errors")
	if _, err := l.Load(t.Context(), one.Key()); !errors.Is(err, down) || !strings.Contains(err.Error(), one.Key()) {
		t.Errorf("Load = %v", err)
	}
	if _, err := l.Save(t.Context(), decide.Record{Target: one}); !errors.Is(err, down) || errors.Is(err, ledger.ErrConflict) || !strings.Contains(err.Error(), one.Key()) {
		t.Errorf("Save = %v", err)
	}
	l = &ledger.DynamoDB{Client: &table{name: "t"}, Table: "other"}
	var missing *types.ResourceNotFoundException
	if _, err := l.Load(t.Context(), one.Key()); !errors.As(err, &missing) {
		t.Errorf("Load from another table = %v", err)
	}
}

// An item that somebody else wrote must not be taken for an empty record.
func TestDynamoDBRefusesAnItemOfAnotherForm(t *testing.T) {
	t.Parallel()
	db := &table{name: "t"}
	l := &ledger.DynamoDB{Client: db, Table: "t"}
	rec := save(t, l, decide.Record{Target: targetOf("form")})
	for _, item := range db.items {
		item["Version"] = &types.AttributeValueMemberS{Value: "one"}
	}
	if _, err := l.Load(t.Context(), rec.Target.Key()); err == nil || !strings.Contains(err.Error(), "decode record") {
		t.Errorf("Load = %v", err)
	}
}
