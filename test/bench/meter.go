package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// meter is a table that writes down what each write costs. DynamoDB bills the larger of the
// item before and after, and the entries of indexes that come, go or move.
type meter struct {
	*dynamodb.Client
	indexes []index
	doing   string // which function writes
	writes  []write
}

// index is the projection of an index: the keys of the table and its own.
type index struct{ keys []string }

// write is one write and what it costs.
type write struct {
	by, item      string
	bytes         int
	units, beside int // of the item, of the indexes
}

func (w write) String() string {
	beside := ""
	if w.beside > 0 {
		beside = fmt.Sprintf(" + %d of the index", w.beside)
	}
	return fmt.Sprintf("%s writes %s, %d bytes%s", w.by, w.item, w.bytes, beside)
}

// PutItem implements ledger.DynamoDBAPI.
func (m *meter) PutItem(ctx context.Context, in *dynamodb.PutItemInput,
	options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	key := item{"pk": in.Item["pk"], "sk": in.Item["sk"]}
	return measured(ctx, m, in.TableName, key,
		func() (*dynamodb.PutItemOutput, error) { return m.Client.PutItem(ctx, in, options...) })
}

// UpdateItem implements ledger.DynamoDBAPI.
func (m *meter) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput,
	options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return measured(ctx, m, in.TableName, in.Key,
		func() (*dynamodb.UpdateItemOutput, error) { return m.Client.UpdateItem(ctx, in, options...) })
}

// measured makes a write and notes it, also one whose condition is not met: that costs too.
func measured[Out any](ctx context.Context, m *meter, table *string, key item, write func() (*Out, error)) (*Out,
	error) {
	before, err := m.read(ctx, table, key)
	if err != nil {
		return nil, err
	}
	out, failed := write()
	after, err := m.read(ctx, table, key)
	if err != nil {
		return nil, err
	}
	m.note(key, before, after)
	return out, failed
}

func (m *meter) read(ctx context.Context, table *string, key item) (item, error) {
	out, err := m.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

func (m *meter) note(key, before, after item) {
	w := write{by: m.doing, bytes: max(sizeOf(before), sizeOf(after))}
	if sk, ok := key["sk"].(*types.AttributeValueMemberS); ok {
		w.item = sk.Value
	}
	w.units = units(w.bytes)
	for _, i := range m.indexes {
		w.beside += i.units(before, after)
	}
	m.writes = append(m.writes, w)
}

// units are those of the change of an index's entry: none when it stays as it is, one for an
// entry that comes or goes, and two for one that moves.
func (i index) units(before, after item) int {
	from, to := i.entry(before), i.entry(after)
	if reflect.DeepEqual(from, to) {
		return 0
	}
	total := 0
	for _, entry := range []item{from, to} {
		if entry != nil {
			total += units(sizeOf(entry))
		}
	}
	return total
}

// entry is what an index has of an item; nil when the item lacks one of its keys.
func (i index) entry(of item) item {
	entry := item{}
	for _, key := range i.keys {
		if of[key] == nil {
			return nil
		}
		entry[key] = of[key]
	}
	return entry
}

// take returns what was written since the last time.
func (m *meter) take() []write {
	writes := m.writes
	m.writes = nil
	return writes
}

func total(writes []write) int {
	n := 0
	for _, w := range writes {
		n += w.units + w.beside
	}
	return n
}

// indexesOf reads the projections from a table's definition.
func indexesOf(table *dynamodb.CreateTableInput) ([]index, error) {
	var all []index
	for _, g := range table.GlobalSecondaryIndexes {
		if g.Projection == nil || g.Projection.ProjectionType != types.ProjectionTypeKeysOnly {
			return nil, fmt.Errorf("the index %s projects more than keys, which is not measured",
				aws.ToString(g.IndexName))
		}
		var i index
		for _, k := range slices.Concat(table.KeySchema, g.KeySchema) {
			i.keys = append(i.keys, aws.ToString(k.AttributeName))
		}
		all = append(all, i)
	}
	return all, nil
}
