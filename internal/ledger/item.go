package ledger

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func itemKey(pk, sk string) item {
	return item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}

// load reads an item into a value, which stays as it is when there is none, or one that is
// over: the service may take days to delete what has expired.
func (l *DynamoDB) load(ctx context.Context, pk, sk string, into any) error {
	out, err := l.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: itemKey(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	return l.decode(out.Item, into)
}

// decode reads an item into a value, which stays as it is when the item is over.
func (l *DynamoDB) decode(i item, into any) error {
	var at struct {
		Expires int64 `dynamodbav:"expires"`
	}
	if err := attributevalue.UnmarshalMap(i, &at); err != nil {
		return err
	}
	if at.Expires > 0 && at.Expires <= l.Now().Unix() {
		return nil
	}
	return attributevalue.UnmarshalMap(i, into)
}

// save writes an item if its Version is still the given one; 0 stands for an item that does
// not exist or is over. It returns ErrConflict otherwise.
func (l *DynamoDB) save(ctx context.Context, pk, sk string, version int, value any, more item) error {
	in, err := l.item(pk, sk, value, more)
	if err != nil {
		return err
	}
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	condition, values := "Version = :version", item{":version": number(int64(version))}
	if version == 0 {
		condition, values = "attribute_not_exists(pk) OR expires <= :now", item{":now": number(l.Now().Unix())}
	}
	_, err = l.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &l.Table, Item: in, ConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	return conflict(err)
}

func conflict(err error) error {
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		return ErrConflict
	}
	return err
}

// item encodes a value. A write costs by the kilobyte, so what is empty is left out.
func (l *DynamoDB) item(pk, sk string, value any, more item) (item, error) {
	in, err := attributevalue.MarshalMap(value)
	if err != nil {
		return nil, err
	}
	in = compact(&types.AttributeValueMemberM{Value: in}).(*types.AttributeValueMemberM).Value
	maps.Copy(in, more)
	maps.Copy(in, itemKey(pk, sk))
	return in, nil
}

func (l *DynamoDB) expires() types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(l.Now().Add(retention).Unix(), 10)}
}

// zeroTime is how the encoder writes a time that is not set.
var zeroTime = time.Time{}.Format(time.RFC3339Nano)

// compact gives a value without what decodes as nothing anyway.
func compact(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		kept := item{}
		for name, inner := range v.Value {
			if inner = compact(inner); !empty(inner) {
				kept[name] = inner
			}
		}
		return &types.AttributeValueMemberM{Value: kept}
	case *types.AttributeValueMemberL:
		kept := make([]types.AttributeValue, len(v.Value)) // places count in a list
		for i, inner := range v.Value {
			kept[i] = compact(inner)
		}
		return &types.AttributeValueMemberL{Value: kept}
	}
	return v
}

func empty(v types.AttributeValue) bool {
	switch v := v.(type) {
	case *types.AttributeValueMemberNULL:
		return true
	case *types.AttributeValueMemberBOOL:
		return !v.Value
	case *types.AttributeValueMemberN:
		return v.Value == "0"
	case *types.AttributeValueMemberS:
		return v.Value == "" || v.Value == zeroTime
	case *types.AttributeValueMemberL:
		return len(v.Value) == 0
	case *types.AttributeValueMemberM:
		return len(v.Value) == 0
	}
	return false
}
