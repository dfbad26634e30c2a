package ledger

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
)

type item = map[string]types.AttributeValue

func itemKey(pk, sk string) item {
	return item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}

// load reads an item into a value, which stays as it is when there is none, or one that is over. It gives
// what of the item the value has no fields for.
func (l *DynamoDB) load(ctx context.Context, pk, sk string, into any) (unknown decide.Unknown, err error) {
	out, err := l.Client.GetItem(ctx,
		&dynamodb.GetItemInput{TableName: &l.Table, Key: itemKey(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return l.decode(out.Item, sk, into)
}

// decode is load for an item that was read already.
func (l *DynamoDB) decode(i item, sk string, into any) (unknown decide.Unknown, err error) {
	var meta metadata
	if err := attributevalue.UnmarshalMap(i, &meta); err != nil {
		return nil, err
	}
	if meta.over(l.Now()) {
		return nil, nil
	}
	if err := meta.newer(sk); err != nil {
		return nil, err
	}
	if err := attributevalue.UnmarshalMap(i, into); err != nil {
		return nil, err
	}
	return unknownIn(i, reflect.TypeOf(into).Elem()), nil
}

// save writes an item if its Version is still the given one; 0 stands for an item that does
// not exist or is over. It returns ErrConflict otherwise. Unknown attributes from load are kept.
func (l *DynamoDB) save(ctx context.Context, pk, sk string, version int, value any, unknown decide.Unknown,
	more item) error {
	in, err := encode(value)
	if err != nil {
		return err
	}
	if rest, ok := unknown.(item); ok {
		restoreIn(in, rest, reflect.TypeOf(value))
	}
	for _, attributes := range []item{more, itemKey(pk, sk)} {
		maps.Copy(in, attributes)
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

// encode writes a value as an item. A write costs by the kilobyte, so what is empty is left out.
func encode(value any) (item, error) {
	in, err := attributevalue.MarshalMap(value)
	if err != nil {
		return nil, err
	}
	return compact(&types.AttributeValueMemberM{Value: in}).(*types.AttributeValueMemberM).Value, nil
}

func (l *DynamoDB) expires() types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(l.Now().Add(retention).Unix(), 10)}
}

// zeroTime is how the encoder writes a time that is not set.
var zeroTime = time.Time{}.Format(time.RFC3339Nano)

// compact returns a value without what decodes as nothing anyway.
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
