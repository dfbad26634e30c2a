package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

type item = map[string]types.AttributeValue

// table answers with what it is given, and keeps what it is asked.
type table struct {
	item  item   // for GetItem
	pages []item // for Query: one item each
	err   error
	// refusals is how many updates find their condition not met.
	refusals int
	batches  int // how many calls of BatchGetItem

	gets    []*dynamodb.GetItemInput
	puts    []*dynamodb.PutItemInput
	updates []*dynamodb.UpdateItemInput
}

var _ ledger.DynamoDBAPI = (*table)(nil)

func (d *table) GetItem(_ context.Context, in *dynamodb.GetItemInput,
	_ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	d.gets = append(d.gets, in)
	return &dynamodb.GetItemOutput{Item: d.item}, d.err
}

func (d *table) PutItem(_ context.Context, in *dynamodb.PutItemInput,
	_ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	d.puts = append(d.puts, in)
	return &dynamodb.PutItemOutput{}, d.err
}

func (d *table) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput,
	_ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	d.updates = append(d.updates, in)
	if len(d.updates) <= d.refusals {
		return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
	}
	return &dynamodb.UpdateItemOutput{Attributes: item{"next": &types.AttributeValueMemberN{Value: "1772366402040"}}},
		d.err
}

// BatchGetItem returns no more than one item, and leaves the others for another call.
func (d *table) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput,
	_ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if d.err != nil {
		return nil, d.err
	}
	d.batches++
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]item{},
		UnprocessedKeys: map[string]types.KeysAndAttributes{}}
	for table, asked := range in.RequestItems {
		if d.item != nil {
			out.Responses[table] = []item{d.item}
			asked.Keys = asked.Keys[1:]
		}
		if len(asked.Keys) > 0 {
			out.UnprocessedKeys[table] = asked
		}
	}
	return out, nil
}

func (d *table) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput,
	error) {
	if d.err != nil {
		return nil, d.err
	}
	page := 0
	if in.ExclusiveStartKey != nil {
		page = 1
	}
	out := &dynamodb.QueryOutput{Items: []item{d.pages[page]}}
	if page == 0 {
		out.LastEvaluatedKey = d.pages[page]
	}
	return out, nil
}

func of(d *table) *ledger.DynamoDB {
	return &ledger.DynamoDB{Client: d, Table: "t", Now: func() time.Time { return noon }}
}

// A record of a version that knew no undo has nothing that is held or refused.
func TestDynamoDBReadsOldRecords(t *testing.T) {
	t.Parallel()
	db := &table{item: item{
		"pk": text("k"), "sk": text("target"), "Version": &types.AttributeValueMemberN{Value: "7"},
		"Target": &types.AttributeValueMemberM{Value: item{"Account": text("222222222222")}},
		"Attempts": &types.AttributeValueMemberL{
			Value: []types.AttributeValue{
				&types.AttributeValueMemberM{Value: item{"Number": &types.AttributeValueMemberN{Value: "3"},
					"State": text("succeeded")}}}},
	}}
	rec, err := of(db).Load(t.Context(), "k")
	want := decide.Record{Target: target.Target{Account: "222222222222"}, Version: 7,
		Attempts: []decide.Attempt{{Number: 3, State: decide.Succeeded}}}
	if diff := cmp.Diff(want, rec); err != nil || diff != "" || rec.Held() {
		t.Errorf("Load = %v (-want +got):\n%s", err, diff)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func TestDynamoDBReadsConsistently(t *testing.T) {
	t.Parallel()
	db := &table{}
	if _, err := of(db).Load(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if _, err := of(db).LoadBreaker(t.Context(), "X.1"); err != nil {
		t.Fatal(err)
	}
	if _, err := of(db).LoadPolicy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, in := range db.gets {
		if in.ConsistentRead == nil || !*in.ConsistentRead {
			t.Errorf("%v was not read consistently", in.Key)
		}
	}
}

// Whatever fails is an error that says what was wanted, and never a conflict, which is tried again.
func TestDynamoDBErrors(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	l := of(&table{err: down})
	one := targetOf("errors")
	for name, do := range map[string]func(context.Context) error{
		one.Key(): func(ctx context.Context) error { _, err := l.Load(ctx, one.Key()); return err },
		"save record": func(ctx context.Context) error {
			_,
				err := l.Save(ctx, decide.Record{Target: one})
			return err
		},
		"attempt 7": func(ctx context.Context) error {
			return l.Archive(ctx, decide.Record{Target: one}, decide.Ended{Attempt: decide.Attempt{Number: 7}})
		},
		"load breaker X.1": func(ctx context.Context) error { _, err := l.LoadBreaker(ctx, "X.1"); return err },
		"save breaker X.1": func(ctx context.Context) error {
			return l.SaveBreaker(ctx,
				decide.Breaker{Control: "X.1"})
		},
		"1/eu-west-1": func(ctx context.Context) error {
			_,
				err := l.Reserve(ctx, "1", "eu-west-1", noon)
			return err
		},
		"what is due":       func(ctx context.Context) error { _, err := l.Due(ctx, noon); return err },
		"load digest a/b/c": func(ctx context.Context) error { _, err := l.LoadDigest(ctx, "a/b/c"); return err },
		"save digest failed/X.1/": func(ctx context.Context) error {
			_, err := l.SaveDigest(ctx,
				decide.Digest{Cause: decide.CommonCause{Kind: decide.NotRepaired, Control: "X.1"}})
			return err
		},
		"collect k for digest a/b/c": func(ctx context.Context) error {
			return l.Collect(ctx, "a/b/c", 1,
				decide.Collected{ID: "k"})
		},
		"read digest a/b/c": func(ctx context.Context) error {
			_,
				err := l.Collected(ctx, "a/b/c", 1)
			return err
		},
		"load policy": func(ctx context.Context) error { _, err := l.LoadPolicy(ctx); return err },
		"list versions of the policy": func(ctx context.Context) error {
			_, err := l.PolicyVersions(ctx)
			return err
		},
		"hold k":             func(ctx context.Context) error { _, err := l.Hold(ctx, "k", noon); return err },
		"take from budget k": func(ctx context.Context) error { _, err := l.Take(ctx, "k", 1, noon); return err },
		"load 1 records": func(ctx context.Context) error {
			_,
				err := l.LoadAll(ctx, []string{"k"})
			return err
		},
	} {
		if err := do(t.Context()); !errors.Is(err, down) || errors.Is(err, ledger.ErrConflict) ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An item that another function wrote must not be taken for an empty record.
func TestDynamoDBRefusesAnItemOfAnotherForm(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]item{
		"a version that is text":  {"Version": text("one")},
		"an expiry that is text":  {"expires": text("never"), "Version": &types.AttributeValueMemberN{Value: "1"}},
		"attempts that are a map": {"Attempts": &types.AttributeValueMemberM{Value: item{"a": text("b")}}},
		"a time that is none":     {"SuspendedAt": text("yesterday")},
	} {
		rec, err := of(&table{item: stored}).Load(t.Context(), "k")
		if diff := cmp.Diff(decide.Record{}, rec); err == nil || !strings.Contains(err.Error(), "load record k") ||
			diff != "" {
			t.Errorf("%s: Load = %v, %s", name, err, diff)
		}
	}
}

func TestIndexHasManyPages(t *testing.T) {
	t.Parallel()
	keys, err := of(&table{pages: []item{{"pk": text("a")}, {"pk": text("b")}}}).Due(t.Context(), noon)
	if diff := cmp.Diff([]string{"a", "b"}, keys); err != nil || diff != "" {
		t.Errorf("Due = %v, %s", err, diff)
	}
}

// Between the two conditions that exclude each other another function may always be faster.
func TestReserveTriesAgain(t *testing.T) {
	t.Parallel()
	db := &table{refusals: 3}
	slot, err := of(db).Reserve(t.Context(), "1", "eu-west-1", noon)
	if want := time.UnixMilli(1772366402040).Add(-ledger.SlotSpacing); err != nil || !slot.Equal(want) ||
		len(db.updates) != 4 {
		t.Errorf("Reserve = %s, %v after %d updates; want %s", slot, err, len(db.updates), want)
	}
	db = &table{refusals: 1000}
	if _, err := of(db).Reserve(t.Context(), "1", "eu-west-1", noon); !errors.Is(err, ledger.ErrConflict) ||
		len(db.updates) != 10 {
		t.Errorf("Reserve = %v after %d updates", err, len(db.updates))
	}
}

// Records that are done expire after a while, so that the table does not grow forever. A
// write costs by the kilobyte, so empty values are not written.
func TestItems(t *testing.T) {
	t.Parallel()
	number := func(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }
	keys := func(pk, sk string, more item) item {
		more["pk"], more["sk"] = text(pk), text(sk)
		return more
	}
	one := targetOf("items")
	stored := &types.AttributeValueMemberM{Value: item{
		"Account": text(one.Account), "Region": text(one.Region), "Runbook": text(one.Runbook),
		"Resource": text(one.Resource),
	}}
	attempt := func(state decide.State, queued string) *types.AttributeValueMemberM {
		return &types.AttributeValueMemberM{Value: item{"Number": number("1"), "State": text(string(state)),
			"QueuedAt": text(queued)}}
	}
	attempts := func(state decide.State) types.AttributeValue {
		return &types.AttributeValueMemberL{
			Value: []types.AttributeValue{attempt(state, "2026-03-01T12:00:00.123456789Z")}}
	}
	expires := number("1780142400") // noon and 90 days
	running := ended("items")
	running.Attempts[0].State = decide.Running
	for name, tc := range map[string]struct {
		do   func(context.Context, *ledger.DynamoDB) error
		want item
	}{
		"a record that is done with": {
			func(ctx context.Context, l *ledger.DynamoDB) error { _, err := l.Save(ctx, ended("items")); return err },
			keys(one.Key(), "target",
				item{"Target": stored, "Version": number("1"), "Attempts": attempts(decide.Failed),
					"expires": expires}),
		},
		"a record that is open": {
			func(ctx context.Context, l *ledger.DynamoDB) error { _, err := l.Save(ctx, running); return err },
			keys(one.Key(), "target", item{
				"Target": stored, "Version": number("1"), "Attempts": attempts(decide.Running),
				"open": text("1"), "since": text("2026-03-01T12:00:00Z"),
			}),
		},
		"an attempt": {
			func(ctx context.Context, l *ledger.DynamoDB) error {
				a := ended("items").Attempts[0]
				a.Reason = "in brief"
				return l.Archive(ctx, ended("items"),
					decide.Ended{Attempt: a, Outcome: decide.Outcome{Reason: "whole"}})
			},
			keys(one.Key(), "attempt#00000001", item{
				"Target": stored, "Attempt": attempt(decide.Failed, "2026-03-01T12:00:00Z"),
				"Outcome": &types.AttributeValueMemberM{Value: item{"Reason": text("whole")}}, "expires": expires,
			}),
		},
		"a breaker": {
			func(ctx context.Context, l *ledger.DynamoDB) error {
				return l.SaveBreaker(ctx, decide.Breaker{Control: "X.1"})
			},
			keys("breaker#X.1", "breaker", item{"Control": text("X.1"), "Version": number("1"), "expires": expires}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := &table{}
			if err := tc.do(t.Context(), of(db)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain(tc.want), plain(db.puts[0].Item)); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
		})
	}
	db := &table{}
	if _, err := of(db).Reserve(t.Context(), "1", "eu-west-1", noon); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(keys("slots#1/eu-west-1", "slots", item{})), plain(db.updates[0].Key)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	if got := plain(db.updates[0].ExpressionAttributeValues)[":expires"]; got != "1772452800" ||
		!strings.Contains(*db.updates[0].UpdateExpression, "expires = :expires") {
		t.Errorf("slots expire at %v, want a day after noon", got)
	}
}

// plain returns an item in a form that compares: the SDK's types have private fields.
func plain(i item) map[string]any {
	out := map[string]any{}
	for name, v := range i {
		out[name] = plainValue(v)
	}
	return out
}

func plainValue(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		return plain(v.Value)
	case *types.AttributeValueMemberL:
		var list []any
		for _, inner := range v.Value {
			list = append(list, plainValue(inner))
		}
		return list
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return fmt.Sprintf("%T %+v", v, v)
}

// broken is a Ledger that cannot be read.
type broken struct{ ledger.Ledger }

func (broken) Load(context.Context, string) (decide.Record, error) {
	return decide.Record{}, errors.New("down")
}

func TestOpenOfABrokenLedger(t *testing.T) {
	t.Parallel()
	if rec, err := ledger.Open(t.Context(), broken{}, targetOf("x")); err == nil || rec.Version != 0 ||
		rec.Target != (target.Target{}) {
		t.Errorf("Open = %+v, %v", rec, err)
	}
}

// Items that a call leaves out are requested again, but not forever.
func TestLoadAllInSeveralCalls(t *testing.T) {
	t.Parallel()
	d := &table{item: item{"pk": text("k"), "Version": &types.AttributeValueMemberN{Value: "1"}}}
	if all, err := of(d).LoadAll(t.Context(), []string{"a", "b", "c"}); err != nil || len(all.Records) != 3 ||
		d.batches != 3 {
		t.Errorf("LoadAll = %d records, %v in %d calls", len(all.Records), err, d.batches)
	}
	never := &table{}
	if all, err := of(never).LoadAll(t.Context(), []string{"a", "b"}); err == nil || len(all.Records) != 0 ||
		never.batches != 5 {
		t.Errorf("LoadAll = %d records, %v in %d calls", len(all.Records), err, never.batches)
	}
}
