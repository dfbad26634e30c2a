package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

func str(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value types.AttributeValue
		want  int // beside one byte of name
	}{
		"text":       {str("hello"), 5},
		"not ASCII":  {str("ü"), 2},
		"number":     {&types.AttributeValueMemberN{Value: "1772366402040"}, 8},
		"binary":     {&types.AttributeValueMemberB{Value: []byte{1, 2}}, 2},
		"truth":      {&types.AttributeValueMemberBOOL{Value: true}, 1},
		"nothing":    {&types.AttributeValueMemberNULL{Value: true}, 1},
		"empty list": {&types.AttributeValueMemberL{}, 3},
		"list": {&types.AttributeValueMemberL{Value: []types.AttributeValue{str("ab"), str("c")}},
			3 + 1 + 2 + 1 + 1},
		"map": {&types.AttributeValueMemberM{Value: item{"k": str("ab")}}, 3 + 1 + 1 + 2},
		"map in list": {&types.AttributeValueMemberL{
			Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: item{"k": str("ab")}}}},
			3 + 1 + 3 + 1 + 1 + 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sizeOf(item{"n": tc.value}) - 1; got != tc.want {
				t.Errorf("%d bytes, want %d", got, tc.want)
			}
		})
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int]int{0: 1, 1: 1, 1024: 1, 1025: 2, 2048: 2, 2049: 3} {
		if got := units(bytes); got != want {
			t.Errorf("%d bytes are %d units, want %d", bytes, got, want)
		}
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	key := item{"pk": str("t"), "sk": str("target")}
	with := func(more item) item {
		all := item{"pk": key["pk"], "sk": key["sk"]}
		for name, v := range more {
			all[name] = v
		}
		return all
	}
	open, later := item{"open": str("1"), "since": str("noon")}, item{"open": str("1"), "since": str("one")}
	long := item{"x": str(strings.Repeat("x", 2000))}
	for name, tc := range map[string]struct {
		before, after item
		units, beside int
	}{
		"new, not open":      {nil, with(nil), 1, 0},
		"new, open":          {nil, with(open), 1, 1},
		"stays open":         {with(open), with(open), 1, 0},
		"moves in the index": {with(open), with(later), 1, 2},
		"closed":             {with(open), with(nil), 1, 1},
		"half a key":         {nil, with(item{"open": str("1")}), 1, 0},
		"long":               {nil, with(long), 2, 0},
		"was long":           {with(long), with(nil), 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &meter{doing: "settle", indexes: []index{{[]string{"pk", "sk", "open", "since"}}}}
			m.note(key, tc.before, tc.after)
			w := m.take()[0]
			if w.units != tc.units || w.beside != tc.beside || w.by != "settle" || w.item != "target" {
				t.Errorf("%+v, want %d and %d units", w, tc.units, tc.beside)
			}
			if len(m.take()) != 0 {
				t.Error("the writes are still there")
			}
		})
	}
}

func TestTotal(t *testing.T) {
	t.Parallel()
	if got := total([]write{{units: 2, beside: 1}, {units: 1}}); got != 4 {
		t.Errorf("total = %d, want 4", got)
	}
}

func TestIndexesOf(t *testing.T) {
	t.Parallel()
	schema := func(names ...string) (keys []types.KeySchemaElement) {
		for _, n := range names {
			keys = append(keys, types.KeySchemaElement{AttributeName: aws.String(n)})
		}
		return keys
	}
	table := &dynamodb.CreateTableInput{
		KeySchema: schema("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("open"), KeySchema: schema("open", "since"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	}
	got, err := indexesOf(table)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]index{{[]string{"pk", "sk", "open", "since"}}}, got,
		cmp.AllowUnexported(index{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table.GlobalSecondaryIndexes[0].Projection.ProjectionType = types.ProjectionTypeAll
	if _, err := indexesOf(table); err == nil {
		t.Error("an index that projects more would be measured wrong")
	}
}
