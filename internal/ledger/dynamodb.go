package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/decide"
)

// DynamoDBAPI is what DynamoDB needs of the service.
type DynamoDBAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// DynamoDB is a Ledger in a table with the keys pk and sk, both strings. A record is
// the item with the target's key as pk and "target" as sk.
type DynamoDB struct {
	Client DynamoDBAPI
	Table  string
}

var _ Ledger = (*DynamoDB)(nil)

// Load implements Ledger. It reads consistently: a decision on an old record would be
// refused by Save, but only after its updates went out.
func (l *DynamoDB) Load(ctx context.Context, key string) (decide.Record, error) {
	out, err := l.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: itemKey(key), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return decide.Record{}, fmt.Errorf("load record %s: %w", key, err)
	}
	var rec decide.Record
	if err := attributevalue.UnmarshalMap(out.Item, &rec); err != nil {
		return decide.Record{}, fmt.Errorf("decode record %s: %w", key, err)
	}
	return rec, nil
}

// Save implements Ledger.
func (l *DynamoDB) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	key := rec.Target.Key()
	condition, values := "attribute_not_exists(pk)", map[string]types.AttributeValue(nil)
	if rec.Version > 0 {
		condition = "Version = :version"
		values = map[string]types.AttributeValue{":version": &types.AttributeValueMemberN{Value: strconv.Itoa(rec.Version)}}
	}
	rec.Version++
	item, err := attributevalue.MarshalMap(rec)
	if err != nil {
		return decide.Record{}, fmt.Errorf("encode record %s: %w", key, err)
	}
	for name, value := range itemKey(key) {
		item[name] = value
	}
	_, err = l.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &l.Table, Item: item, ConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		return decide.Record{}, ErrConflict
	}
	if err != nil {
		return decide.Record{}, fmt.Errorf("save record %s: %w", key, err)
	}
	return rec, nil
}

func itemKey(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: key},
		"sk": &types.AttributeValueMemberS{Value: "target"},
	}
}
