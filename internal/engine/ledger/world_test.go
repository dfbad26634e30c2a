package ledger_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/python"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// retention is how long what is done with is kept.
const retention = 90 * 24 * time.Hour

// store is everything that a ledger's users see of it, with a clock of its own.
type store struct {
	ledger.Ledger
	ledger.Slots
	ledger.Accounts
	ledger.Digests
	ledger.Policies
	ledger.Budgets
	ledger.Holds
	index ledger.Index
	now   time.Time
	// archived returns the attempts of a target that were archived, by number.
	archived func(t *testing.T, one target.Target) map[int]decide.Ended
	// rewrite has a version of Hubmend with a schema write an item.
	rewrite func(t *testing.T, key, kind string, schema int)
	// functions race against each other, each so many rounds.
	functions, rounds int
}

// dueAt makes a record due when it was requested, as one is that an older version of Hubmend saved, unless it was
// checked: then an hour after that.
func dueAt(rec decide.Record) time.Time {
	switch a := rec.Last(); {
	case !rec.CheckedAt.IsZero():
		return rec.CheckedAt.Add(time.Hour)
	case a != nil:
		return a.QueuedAt
	}
	return time.Time{}
}

func inMemory(*testing.T) *store {
	s := &store{now: noon, functions: 50, rounds: 20}
	m := &ledger.Memory{Now: func() time.Time { return s.now }, DueAt: dueAt}
	s.Ledger, s.Slots, s.Accounts, s.Digests, s.index, s.Policies, s.Budgets, s.Holds = m, m, m, m, m, m, m, m
	s.rewrite = func(_ *testing.T, key, _ string, schema int) { m.Rewrite(key, schema) }
	s.archived = func(_ *testing.T, one target.Target) map[int]decide.Ended { return m.Archived(one.Key()) }
	return s
}

// inDynamoDB makes stores in a real server, each with its own table.
func inDynamoDB(t *testing.T) func(*testing.T) *store {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	interpreter, err := python.Find(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	moto, err := python.StartMoto(t.Context(), python.Config{Python: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Close)
	client := &atomically{Client: dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(moto.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})}
	var tables atomic.Int32
	return func(t *testing.T) *store {
		t.Helper()
		s := &store{now: noon, functions: 15, rounds: 3}
		l := &ledger.DynamoDB{Client: client, Table: fmt.Sprint("hubmend-ledger-", tables.Add(1)),
			Now: func() time.Time { return s.now }, DueAt: dueAt}
		createTable(t, client, l.Table)
		s.Ledger, s.Slots, s.Accounts, s.Digests, s.index, s.Policies, s.Budgets, s.Holds = l, l, l, l, l, l, l, l
		s.rewrite = func(t *testing.T, key, kind string,
			schema int) {
			rewriteItem(t, client, l.Table, key, kind, schema)
		}
		s.archived = func(t *testing.T,
			one target.Target) map[int]decide.Ended {
			return archived(t, client, l.Table, one)
		}
		return s
	}
}

// atomically makes of moto what DynamoDB is: it checks a condition and writes in one step. moto
// answers in threads, and another may write between its two.
type atomically struct {
	*dynamodb.Client
	writes sync.Mutex
}

func (a *atomically) PutItem(ctx context.Context, in *dynamodb.PutItemInput,
	options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	a.writes.Lock()
	defer a.writes.Unlock()
	return a.Client.PutItem(ctx, in, options...)
}

func (a *atomically) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput,
	options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	a.writes.Lock()
	defer a.writes.Unlock()
	return a.Client.UpdateItem(ctx, in, options...)
}

// createTable makes the table as the admin stack does.
func createTable(t *testing.T, client *atomically, name string) {
	t.Helper()
	var attributes []types.AttributeDefinition
	for _, a := range []string{"pk", "sk", "open", "since"} {
		attributes = append(attributes,
			types.AttributeDefinition{AttributeName: &a, AttributeType: types.ScalarAttributeTypeS})
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash},
			{AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, AttributeDefinitions: attributes, KeySchema: keys("pk", "sk"),
		BillingMode: types.BillingModePayPerRequest,
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(naming.LedgerIndex), KeySchema: keys("open", "since"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rewriteItem(t *testing.T, client *atomically, table, key, kind string, schema int) {
	t.Helper()
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table, Key: item{"pk": text(key), "sk": text(kind)},
		UpdateExpression:         aws.String("SET #schema = :schema, Version = Version + :one"),
		ExpressionAttributeNames: map[string]string{"#schema": "schema"},
		ExpressionAttributeValues: item{":schema": &types.AttributeValueMemberN{Value: fmt.Sprint(schema)},
			":one": &types.AttributeValueMemberN{Value: "1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func archived(t *testing.T, client *atomically, table string, one target.Target) map[int]decide.Ended {
	t.Helper()
	out, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": &types.AttributeValueMemberS{Value: one.Key()},
			":sk": &types.AttributeValueMemberS{Value: "attempt#"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]decide.Ended{}
	for _, item := range out.Items {
		var kept struct {
			Target  target.Target
			Attempt decide.Attempt
			Outcome decide.Outcome
		}
		if err := attributevalue.UnmarshalMap(item, &kept); err != nil || kept.Target != one {
			t.Errorf("archived %+v, %v", kept.Target, err)
		}
		all[kept.Attempt.Number] = decide.Ended{Attempt: kept.Attempt, Outcome: kept.Outcome}
	}
	return all
}

func targetOf(name string) target.Target {
	return target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: name}
}

// fullRecord has a value in every field, and the values that encodings get wrong.
func fullRecord(name string) decide.Record {
	at := noon
	return decide.Record{
		Target: targetOf(name), AccountName: "workload", SuspendedAt: at, CheckedAt: at, ResolvedAt: at, HeldAt: at,
		HeldBy: "ann", HeldSender: "AROA:bob", Unconfirmed: []decide.Ref{{ID: "f3", Event: "e3"}},
		Refused: decide.UndoRefusal{Request: "r2", ExecutionID: "exec", By: "ann", Sender: "AROA:bob", At: at,
			Reason: "It runs."},
		Attempts: []decide.Attempt{
			{
				Number: 41, State: decide.Succeeded, Control: "X.22", EvidenceLag: time.Hour,
				Expected: "8d969eef",
				Trigger:  finding.Automatic,
				Parameters: target.Parameters{"GroupId": {Values: []string{"sg-1"}},
					"Ports": {Values: []string{"22", "3389"}, List: true}, "Empty": {Values: []string{""}}},
				Findings: []decide.Ref{{ID: "f1", Event: "e1"}, {ID: "f2", Event: "e2"}},
				QueuedAt: at.Add(-time.Minute), ClaimedAt: at, ExecutionID: "exec", EndedAt: at.Add(time.Minute),
				Change: "Closed ü\n\"22\".", EvaluatedAt: at.Add(time.Minute), ConfirmedAt: at.Add(time.Hour),
				ConfigRules: []string{"securityhub-x-1a2b"}, V2IDs: map[string]string{"f1": "u1"},
				RevertedBy: reverted.By{Principal: "role deploy", ARN: "arn", Person: "ann", Tool: "Terraform",
					Event: "PutX", At: at.Add(time.Hour), Likely: true, Others: 1},
			},
			{
				Number: 42, State: decide.Failed, Undo: "exec", Request: "r1", Control: "X.22",
				Trigger: finding.CommandLine, By: "ann", Sender: "AROA:bob", QueuedAt: at, ClaimedAt: at, EndedAt: at,
				Class: decide.Verification, Reason: "no",
			},
			{Number: 43, State: decide.Queued, Cause: decide.Busy, NotBefore: at.Add(time.Hour), Refusals: 2,
				UnreadySince: at, MayRun: true, Nonce: "0b6f3c1e", QueuedAt: at,
				Asks:     []decide.Request{fullRequest("f1")},
				Proposal: 2, Despite: "It is urgent.", AskedBy: "ann", ApprovedBy: "bob",
				Expected: "5e0a", BudgetAt: at},
		},
		Parked: []decide.Parked{{Request: fullRequest("f4"), Cause: decide.Exempted, Rule: "r", Reason: "why",
			Owner:  "ann",
			Ticket: "T-1", RuleEnds: at, Until: at, Policy: "a1", Reminded: true, ReturnedAt: at}},
		Proposal: decide.Proposal{Round: 3, State: decide.Open, Control: "X.22", Rule: "r", Reason: "why",
			Parameters: target.Parameters{"Ports": {Values: []string{"22"}, List: true}}, Approvers: []string{"*"},
			AskedAt: at, AskedBy: "ann", AskedSender: "AROA:ann", ExpiresAt: at, Nonce: "n", StartAt: at, StartedAt: at,
			PlannedAt: at, ExecutionID: "plan", Plan: "Would close it.", Digest: "5e0a", Problem: "none"},
		LastAnswer: "r3",
	}
}

func fullRequest(id string) decide.Request {
	return decide.Request{Ref: decide.Ref{ID: id, Event: "e"}, Control: "X.22", Trigger: finding.CommandLine, By: "ann",
		Sender: "AROA:ann", At: noon, AsOf: noon, Since: noon, EvidenceLag: time.Hour, ConfigRule: "securityhub-x-1a2b",
		V2ID: "u1", FromV2: true,
		Parameters:  target.Parameters{"Ports": {Values: []string{"22"}, List: true}},
		AccountName: "workload", Severity: "HIGH", AskedAt: noon, Despite: "It is urgent.", Approved: "bob"}
}

// ended is a record with which nothing is left to do.
func ended(name string) decide.Record {
	return decide.Record{Target: targetOf(name),
		Attempts: []decide.Attempt{{Number: 1, State: decide.Failed, QueuedAt: noon}}}
}

func save(t *testing.T, l ledger.Ledger, rec decide.Record) decide.Record {
	t.Helper()
	saved, err := l.Save(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func load(t *testing.T, l ledger.Ledger, one target.Target) decide.Record {
	t.Helper()
	rec, err := l.Load(t.Context(), one.Key())
	if err != nil {
		t.Fatal(err)
	}
	return rec
}
