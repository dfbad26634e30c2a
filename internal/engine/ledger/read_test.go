package ledger_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// inPages returns two items a page, so that there are many.
type inPages struct{ ledger.ReaderAPI }

func (p inPages) Scan(ctx context.Context, in *dynamodb.ScanInput,
	options ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	in.Limit = aws.Int32(2)
	return p.ReaderAPI.Scan(ctx, in, options...)
}

func (p inPages) Query(ctx context.Context, in *dynamodb.QueryInput,
	options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	in.Limit = aws.Int32(2)
	return p.ReaderAPI.Query(ctx, in, options...)
}

// The reader finds the items that the functions write.
func TestReader(t *testing.T) {
	t.Parallel()
	s := inDynamoDB(t)(t)
	db := s.Ledger.(*ledger.DynamoDB)
	reader := &ledger.Reader{Client: inPages{db.Client.(*atomically).Client}, Table: db.Table,
		Now: func() time.Time { return s.now }}

	if got := read(t, reader); len(got.records)+len(got.past)+len(got.breakers) > 0 {
		t.Errorf("an empty table has %+v", got)
	}

	one, other := save(t, s, fullRecord("one")), save(t, s, ended("other"))
	success := decide.Ended{Attempt: fullRecord("one").Attempts[0],
		Outcome: decide.Outcome{ExecutionID: "exec", Succeeded: true, Change: "All of it.", Before: `["a"]`}}
	failure := decide.Ended{
		Attempt: decide.Attempt{Number: 42, State: decide.Failed, Class: decide.Internal, ExecutionID: "exec-2",
			EndedAt: noon},
		Outcome: decide.Outcome{ExecutionID: "exec-2", Class: decide.Internal, Reason: "A long story."},
	}
	later := decide.Ended{Attempt: decide.Attempt{Number: 143, State: decide.Failed, ExecutionID: "exec-3"},
		Outcome: decide.Outcome{ExecutionID: "exec-3"}}
	for _, e := range []decide.Ended{later, success, failure} {
		if err := s.Archive(t.Context(), one, e); err != nil {
			t.Fatal(err)
		}
	}
	breaker := decide.Breaker{Control: "X.1", Failures: []decide.TargetFailure{{Key: "k", Resource: "sg-1", At: noon}},
		OpenUntil: noon.Add(time.Hour)}
	if err := s.SaveBreaker(t.Context(), breaker); err != nil {
		t.Fatal(err)
	}
	breaker.Version = 1
	if _, err := s.Reserve(t.Context(), "1", "eu-west-1", noon); err != nil { // not for people
		t.Fatal(err)
	}

	success.Attempt.Change, failure.Attempt.Reason = "All of it.", "A long story."
	past := []ledger.Past{{Target: one.Target, Ended: success}, {Target: one.Target, Ended: failure},
		{Target: one.Target, Ended: later}}
	for i := range past {
		for _, at := range []*time.Time{&past[i].Attempt.QueuedAt, &past[i].Attempt.ClaimedAt,
			&past[i].Attempt.EndedAt} {
			*at = at.Truncate(time.Second)
		}
	}
	want := contents{
		records:  map[string]decide.Record{one.Target.Key(): one, other.Target.Key(): other},
		past:     map[int]ledger.Past{41: past[0], 42: past[1], 143: past[2]},
		breakers: map[string]decide.Breaker{"X.1": breaker},
	}
	if diff := cmp.Diff(want, read(t, reader), cmp.AllowUnexported(contents{})); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	for key, want := range map[string]ledger.History{one.Target.Key(): {Record: one, Past: past},
		other.Target.Key(): {Record: other}, "nobody": {}} {
		got, err := reader.Target(t.Context(), key)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Target(%s) = %v (-want +got):\n%s", key, err, diff)
		}
		if about, ok := got.Target(); ok != (key != "nobody") || ok && about.Key() != key {
			t.Errorf("the history of %s is about %v, %v", key, about, ok)
		}
	}

	if about, ok := (ledger.History{Past: past}).Target(); !ok || about != one.Target {
		t.Errorf("a history without a record is about %v, %v", about, ok)
	}

	s.now = noon.Add(retention) // then only what is open is still there
	if got := read(t, reader); len(got.past)+len(got.breakers) > 0 ||
		!slices.Equal(slices.Collect(maps.Keys(got.records)), []string{one.Target.Key()}) {
		t.Errorf("after the retention there are %+v", got)
	}
}

type contents struct {
	records  map[string]decide.Record
	past     map[int]ledger.Past
	breakers map[string]decide.Breaker
}

func read(t *testing.T, r *ledger.Reader) contents {
	t.Helper()
	c := contents{map[string]decide.Record{}, map[int]ledger.Past{}, map[string]decide.Breaker{}}
	for e, err := range r.All(t.Context()) {
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Record != nil:
			c.records[e.Record.Target.Key()] = *e.Record
		case e.Past != nil:
			c.past[e.Past.Attempt.Number] = *e.Past
		case e.Breaker != nil:
			c.breakers[e.Breaker.Control] = *e.Breaker
		default:
			t.Error("an entry is empty")
		}
	}
	return c
}

// pages answers with an item a page, and then with an error.
type pages struct{ items []item }

var errDown = errors.New("down")

func (p *pages) next() (item, error) {
	if len(p.items) == 0 {
		return nil, errDown
	}
	i := p.items[0]
	p.items = p.items[1:]
	return i, nil
}

func (p *pages) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	i, err := p.next()
	return &dynamodb.ScanOutput{Items: []item{i}, LastEvaluatedKey: item{"pk": text("more")}}, err
}

func (p *pages) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput,
	error) {
	i, err := p.next()
	return &dynamodb.QueryOutput{Items: []item{i}, LastEvaluatedKey: item{"pk": text("more")}}, err
}

func TestReaderErrors(t *testing.T) {
	t.Parallel()
	good := item{"pk": text("k"), "sk": text("target"), "Version": &types.AttributeValueMemberN{Value: "1"}}
	for name, tc := range map[string]struct {
		items []item
		want  string
	}{
		"nothing answers":          {nil, "down"},
		"nothing answers any more": {[]item{good}, "down"},
		"a record of another form": {[]item{good, {"pk": text("k"), "sk": text("target"), "Version": text("one")}},
			"decode target of k"},
		"an attempt": {[]item{{"pk": text("k"), "sk": text("attempt#1"), "Attempt": text("one")}},
			"decode attempt#1 of k"},
		"a breaker": {[]item{{"pk": text("k"), "sk": text("breaker"), "Failures": text("one")}},
			"decode breaker of k"},
		"an expiry": {[]item{{"pk": text("k"), "sk": text("target"), "expires": text("one")}},
			"decode target of k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := &ledger.Reader{Client: &pages{slices.Clone(tc.items)}, Table: "t", Now: time.Now}
			var last error
			for _, err := range reader.All(t.Context()) {
				if last != nil {
					t.Error("it goes on after an error")
				}
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), tc.want) {
				t.Errorf("All ends with %v", last)
			}
			reader.Client = &pages{tc.items}
			if h, err := reader.Target(t.Context(), "k"); err == nil || !strings.Contains(err.Error(), tc.want) ||
				h.Record.Version != 0 {
				t.Errorf("Target = %+v, %v", h, err)
			}
		})
	}
}

// No more pages are read than needed.
func TestReaderStops(t *testing.T) {
	t.Parallel()
	good := item{"pk": text("k"), "sk": text("target")}
	reader := &ledger.Reader{Client: &pages{[]item{good, good}}, Table: "t", Now: time.Now}
	for _, err := range reader.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
}
