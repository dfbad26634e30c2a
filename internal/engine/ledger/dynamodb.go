package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// DynamoDBAPI is what DynamoDB needs of the service.
type DynamoDBAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput,
		error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput,
		...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// DynamoDB is a Ledger in a table with the keys pk and sk, both strings:
//
//	pk                    sk                what
//	<target key>          target            a decide.Record
//	<target key>          attempt#00000001  a decide.Ended with its target
//	breaker#<control>     breaker           a decide.Breaker
//	account#<account>     account           a decide.Account
//	digest#<cause>        digest            a decide.Digest
//	digest#<cause>        told#00000001#<id> a decide.Collected of a window
//	slots#<acct>/<Region> slots             the next free start slot, in milliseconds
//	policy                current           the policy.Version in force
//	policy                version#000001    a policy.Version that was in force before
//	budget#<key>          budget            how many were taken
//	hold#<key>            hold              until when somebody has it
//
// A record that is open has the attributes open and since, the keys of a sparse index: since is when the
// sweep should look at it. So has a digest that is due at some time, under an open of its own. Every item but these,
// a record that is held and policies has expires, the table's time to live.
// An item whose schema is not the first has its number. Other attributes are from a newer version, and are kept.
type DynamoDB struct {
	Client DynamoDBAPI
	Table  string
	Now    func() time.Time
	// DueAt returns when the sweep should look at an open record. Without it that is at once.
	DueAt func(decide.Record) time.Time
}

var (
	_ Ledger   = (*DynamoDB)(nil)
	_ Slots    = (*DynamoDB)(nil)
	_ Index    = (*DynamoDB)(nil)
	_ Accounts = (*DynamoDB)(nil)
	_ Digests  = (*DynamoDB)(nil)
	_ Policies = (*DynamoDB)(nil)
	_ Budgets  = (*DynamoDB)(nil)
	_ Holds    = (*DynamoDB)(nil)
)

// retention is how long what is done with is kept: long enough to look back over a quarter.
const retention = 90 * 24 * time.Hour

// Sort keys.
const (
	targetItem  = "target"
	breakerItem = "breaker"
	accountItem = "account"
	slotsItem   = "slots"
	digestItem  = "digest"
	policyItem  = "current"
	budgetItem  = "budget"
	holdItem    = "hold"
)

// Load implements Ledger. It reads consistently: a decision on an old record would be
// refused by Save, but only after its updates went out.
func (l *DynamoDB) Load(ctx context.Context, key string) (decide.Record, error) {
	var rec decide.Record
	var err error
	if rec.Unknown, err = l.load(ctx, key, targetItem, &rec); err != nil {
		return decide.Record{}, fmt.Errorf("load record %s: %w", key, err)
	}
	return rec, nil
}

// Save implements Ledger.
func (l *DynamoDB) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	version := rec.Version
	rec.Version++
	more := item{}
	if rec.Open() {
		more["open"] = &types.AttributeValueMemberS{Value: openPartition}
		more["since"] = &types.AttributeValueMemberS{Value: indexTime(due(rec, l.DueAt))}
	}
	if !kept(rec) {
		more["expires"] = l.expires()
	}
	maps.Copy(more, schemaAttribute(schemaOf(rec)))
	if err := l.save(ctx, rec.Target.Key(), targetItem, version, rec, rec.Unknown, more); err != nil {
		return decide.Record{}, fmt.Errorf("save record %s: %w", rec.Target.Key(), err)
	}
	return rec, nil
}

// Archive implements Ledger.
func (l *DynamoDB) Archive(ctx context.Context, rec decide.Record, e decide.Ended) error {
	in, err := archived(rec, e)
	if err == nil {
		maps.Copy(in, item{"expires": l.expires()})
		_, err = l.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.Table, Item: in})
	}
	if err != nil {
		return fmt.Errorf("archive attempt %d of %s: %w", e.Attempt.Number, rec.Target, err)
	}
	return nil
}

// archived encodes an attempt that is over, with what its record has of it that is unknown.
func archived(rec decide.Record, e decide.Ended) (item, error) {
	whole, err := encode(e.Attempt)
	if err != nil {
		return nil, err
	}
	e = once(e)
	in, err := encode(past{rec.Target, e.Attempt, e.Outcome})
	if err != nil {
		return nil, err
	}
	rest, _ := rec.Unknown.(item)
	attempt, of := in["Attempt"].(*types.AttributeValueMemberM), reflect.TypeFor[decide.Attempt]()
	if was, ok := find(rest["Attempts"], &types.AttributeValueMemberM{Value: whole},
		of).(*types.AttributeValueMemberM); ok {
		restoreIn(attempt.Value, was.Value, of)
	}
	maps.Copy(in, itemKey(rec.Target.Key(), fmt.Sprintf("attempt#%08d", e.Attempt.Number)))
	return in, nil
}

// LoadBreaker implements Ledger.
func (l *DynamoDB) LoadBreaker(ctx context.Context, control string) (decide.Breaker, error) {
	b, err := decide.Breaker{}, error(nil)
	if b.Unknown, err = l.load(ctx, breakerKey(control), breakerItem, &b); err != nil {
		return b, fmt.Errorf("load breaker %s: %w", control, err)
	}
	b.Control = control
	return b, nil
}

// SaveBreaker implements Ledger.
func (l *DynamoDB) SaveBreaker(ctx context.Context, b decide.Breaker) error {
	version := b.Version
	b.Version++
	if err := l.save(ctx, breakerKey(b.Control), breakerItem, version, b, b.Unknown,
		item{"expires": l.expires()}); err != nil {
		return fmt.Errorf("save breaker %s: %w", b.Control, err)
	}
	return nil
}

// LoadAccount implements Accounts.
func (l *DynamoDB) LoadAccount(ctx context.Context, id string) (decide.Account, error) {
	a, err := decide.Account{}, error(nil)
	if a.Unknown, err = l.load(ctx, accountKey(id), accountItem, &a); err != nil {
		return a, fmt.Errorf("load account %s: %w", id, err)
	}
	a.ID = id
	return a, nil
}

// SaveAccount implements Accounts.
func (l *DynamoDB) SaveAccount(ctx context.Context, a decide.Account) error {
	version := a.Version
	a.Version++
	if err := l.save(ctx, accountKey(a.ID), accountItem, version, a, a.Unknown,
		item{"expires": l.expires()}); err != nil {
		return fmt.Errorf("save account %s: %w", a.ID, err)
	}
	return nil
}

// openPartition is the one partition of the index. It takes 1,000 writes per second, and
// Systems Manager starts one execution per second in an account and Region.
const openPartition = "1"

// indexTime writes a time so that the index sorts by it. Versions of Hubmend before it was the time when a
// record is due wrote when its last attempt was requested: such a record is due at once.
func indexTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Due implements Index.
func (l *DynamoDB) Due(ctx context.Context, at time.Time) ([]string, error) {
	return l.due(ctx, openPartition, at)
}

// due returns the keys in a partition of the index that are due at a time.
func (l *DynamoDB) due(ctx context.Context, partition string, at time.Time) ([]string, error) {
	var keys []string
	pages := dynamodb.NewQueryPaginator(l.Client, &dynamodb.QueryInput{
		TableName: &l.Table, IndexName: aws.String(naming.LedgerIndex),
		KeyConditionExpression:   aws.String("#open = :open AND since <= :at"),
		ExpressionAttributeNames: map[string]string{"#open": "open"},
		ExpressionAttributeValues: item{":open": &types.AttributeValueMemberS{Value: partition},
			":at": &types.AttributeValueMemberS{Value: indexTime(at)}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("find what is due: %w", err)
		}
		for _, i := range page.Items {
			if pk, ok := i["pk"].(*types.AttributeValueMemberS); ok {
				keys = append(keys, pk.Value)
			}
		}
	}
	return keys, nil
}

// LoadAll implements Index. It requests the items again that DynamoDB leaves out because of throttling. The SDK waits
// between calls that are refused.
func (l *DynamoDB) LoadAll(ctx context.Context, keys []string) (Loaded, error) {
	var all Loaded
	var errs []error
	ask := map[string]types.KeysAndAttributes{l.Table: {}}
	for _, key := range keys {
		asked := ask[l.Table]
		asked.Keys = append(asked.Keys, itemKey(key, targetItem))
		ask[l.Table] = asked
	}
	for try := 0; len(ask) > 0; try++ {
		if try == maxTries {
			return all, fmt.Errorf("load %d records: %d were never read", len(keys), len(ask[l.Table].Keys))
		}
		out, err := l.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
		if err != nil {
			return all, fmt.Errorf("load %d records: %w", len(keys), err)
		}
		for _, i := range out.Responses[l.Table] {
			var rec decide.Record
			rec.Unknown, err = l.decode(i, targetItem, &rec)
			switch {
			case IsNewer(err):
				all.Newer++
			case err != nil:
				errs = append(errs, fmt.Errorf("load record %s: %w", keyText(i, "pk"), err))
			case rec.Version > 0:
				all.Records = append(all.Records, rec)
			}
		}
		ask = out.UnprocessedKeys
	}
	return all, errors.Join(errs...)
}

// Reserve implements Slots. It tries first what works when nobody waits.
func (l *DynamoDB) Reserve(ctx context.Context, account, region string, now time.Time) (time.Time, error) {
	free, taken := "attribute_not_exists(#next) OR #next <= :now", "#next > :now"
	for range maxTries {
		slot, err := l.reserve(ctx, account, region, now, "SET #next = :now + :spacing, expires = :expires", free)
		if errors.Is(err, ErrConflict) {
			slot, err = l.reserve(ctx, account, region, now, "SET #next = #next + :spacing, expires = :expires", taken)
		}
		if !errors.Is(err, ErrConflict) {
			return slot, err
		}
	}
	return time.Time{}, fmt.Errorf("reserve a start in %s/%s: %w", account, region, ErrConflict)
}

// maxTries limits how often the two conditions, which exclude each other, may fail in turn
// because another function was faster between them.
const maxTries = 5

func (l *DynamoDB) reserve(ctx context.Context, account, region string, now time.Time, update,
	condition string) (time.Time, error) {
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	values := item{":now": number(now.UnixMilli()), ":spacing": number(SlotSpacing.Milliseconds()),
		":expires": number(now.Add(24 * time.Hour).Unix())}
	out, err := l.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: itemKey("slots#"+account+"/"+region, slotsItem), UpdateExpression: &update,
		ConditionExpression:      &condition,
		ExpressionAttributeNames: map[string]string{"#next": "next"}, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return time.Time{}, conflict(fmt.Errorf("reserve a start in %s/%s: %w", account, region, err))
	}
	var got struct {
		Next int64 `dynamodbav:"next"`
	}
	if err := attributevalue.UnmarshalMap(out.Attributes, &got); err != nil {
		return time.Time{}, fmt.Errorf("decode the slots of %s/%s: %w", account, region, err)
	}
	return time.UnixMilli(got.Next).Add(-SlotSpacing), nil
}
