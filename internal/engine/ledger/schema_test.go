package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// An item with the schema of a newer version is neither read nor written until that version has gone.
func newerSchema(t *testing.T, s *store) {
	ctx := t.Context()
	rec := save(t, s, fullRecord("newer"))
	if err := errors.Join(s.SaveBreaker(ctx, decide.Breaker{Control: "X.1"}),
		s.SaveAccount(ctx, decide.Account{ID: "1"})); err != nil {
		t.Fatal(err)
	}
	digest := saveDigest(t, s, decide.Digest{Cause: cause})
	items := map[string]struct {
		key, kind  string
		load, save func() error
	}{
		"a record": {
			rec.Target.Key(), "target", func() error { _, err := s.Load(ctx, rec.Target.Key()); return err },
			func() error { _, err := s.Save(ctx, rec); return err },
		},
		"a breaker": {
			"breaker#X.1", "breaker", func() error { _, err := s.LoadBreaker(ctx, "X.1"); return err },
			func() error { return s.SaveBreaker(ctx, decide.Breaker{Control: "X.1", Version: 1}) },
		},
		"an account": {
			"account#1", "account", func() error { _, err := s.LoadAccount(ctx, "1"); return err },
			func() error { return s.SaveAccount(ctx, decide.Account{ID: "1", Version: 1}) },
		},
		"a digest": {
			"digest#" + cause.Key(), "digest", func() error { _, err := s.LoadDigest(ctx, cause.Key()); return err },
			func() error { _, err := s.SaveDigest(ctx, digest); return err },
		},
	}
	for name, i := range items {
		s.rewrite(t, i.key, i.kind, 3)
		if err := i.load(); !ledger.IsNewer(err) || !strings.Contains(err.Error(), "schema 3") ||
			!strings.Contains(err.Error(), "deploy that version again") {
			t.Errorf("load %s = %v", name, err)
		}
		if err := i.save(); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("save %s = %v", name, err)
		}
	}
	if got, err := s.index.LoadAll(ctx, []string{rec.Target.Key(), targetOf("gone").Key()}); err != nil ||
		got.Newer != 1 || len(got.Records) > 0 {
		t.Errorf("LoadAll = %+v, %v", got, err)
	}
	if keys, err := s.index.Due(ctx, s.now.Add(time.Hour)); err != nil || len(keys) != 1 {
		t.Errorf("due are %q, %v", keys, err)
	}
	for name, i := range items {
		s.rewrite(t, i.key, i.kind, 1)
		if err := i.load(); err != nil {
			t.Errorf("load %s = %v", name, err)
		}
	}
}

// An item that is over is none, whoever wrote it.
func newerExpires(t *testing.T, s *store) {
	rec := save(t, s, ended("over"))
	s.rewrite(t, rec.Target.Key(), "target", 3)
	s.now = s.now.Add(retention)
	if got := load(t, s, rec.Target); got.Version != 0 {
		t.Errorf("Load = %+v", got)
	}
	want := save(t, s, ended("over"))
	if diff := cmp.Diff(want, load(t, s, rec.Target)); diff != "" {
		t.Error(diff)
	}
}

// People see of what a newer version wrote as much as this one understands.
func TestReaderOfANewerSchema(t *testing.T) {
	t.Parallel()
	number := func(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }
	target := &types.AttributeValueMemberM{Value: item{"Account": text("222222222222"), "Resource": text("sg-1")}}
	record := item{"pk": text("k"), "sk": text("target"), "Version": number("3"), "schema": number("3"),
		"Target": target, "HeldBy": text("ann"), "HeldAt": text("yesterday")}
	client := onePage{record,
		{"pk": text("breaker#X.1"), "sk": text("breaker"), "Control": text("X.1"), "schema": number("3"),
			"Version": text("one")}}
	r := &ledger.Reader{Client: client, Table: "t", Now: func() time.Time { return noon }}
	h, err := r.Target(t.Context(), "k")
	if err != nil || !h.Newer || h.Record.Target.Resource != "sg-1" || h.Record.HeldBy != "ann" ||
		h.Record.Version != 3 {
		t.Errorf("Target = %+v, %v", h, err)
	}
	newer := 0
	for e, err := range r.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Newer {
			newer++
		}
	}
	if newer != 2 {
		t.Errorf("%d of 2 entries are of a newer version", newer)
	}
	delete(record, "schema")
	if _, err := r.Target(t.Context(), "k"); err == nil {
		t.Error("an item of this version that cannot be read is no error")
	}
}

// onePage answers with its items. Those of a target come first.
type onePage []item

func (p onePage) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return &dynamodb.ScanOutput{Items: p}, nil
}

func (p onePage) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput,
	error) {
	return &dynamodb.QueryOutput{Items: p[:1]}, nil
}

// The first schema is that of items without a number, so it costs no bytes.
func TestSchemaAttribute(t *testing.T) {
	t.Parallel()
	for schema, want := range map[int]map[string]any{1: {}, 2: {"schema": "2"}} {
		if diff := cmp.Diff(want, plain(ledger.SchemaAttribute(schema))); diff != "" {
			t.Errorf("schema %d (-want +got):\n%s", schema, diff)
		}
	}
}

// A version that knows no policy must not touch a target that the policy stops, and may touch any other.
func TestSchemaOfAPolicy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rec  decide.Record
		want int
	}{
		"nothing":    {decide.Record{}, 1},
		"an attempt": {decide.Record{Attempts: []decide.Attempt{{Number: 1}}}, 1},
		"parked":     {decide.Record{Parked: []decide.Parked{{Cause: decide.Exempted}}}, 2},
		"proposed":   {decide.Record{Proposal: decide.Proposal{State: decide.Open}}, 2},
		"answered":   {decide.Record{Proposal: decide.Proposal{Round: 2}}, 1},
		"approved":   {decide.Record{Attempts: []decide.Attempt{{Number: 1, Expected: "d", State: decide.Queued}}}, 2},
		"was applied": {decide.Record{Attempts: []decide.Attempt{{Number: 1, Expected: "d", State: decide.Succeeded}}},
			1},
	} {
		if got := ledger.SchemaOf(tc.rec); got != tc.want {
			t.Errorf("%s: schema %d, want %d", name, got, tc.want)
		}
	}
}
