package ledger_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/decide"
	"hubmend/internal/finding"
	"hubmend/internal/ledger"
	"hubmend/internal/target"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	contract(t, &ledger.Memory{})
}

func TestDynamoDB(t *testing.T) {
	t.Parallel()
	contract(t, &ledger.DynamoDB{Client: &table{name: "hubmend-ledger"}, Table: "hubmend-ledger"})
}

// contract is what every Ledger must do. It may be run against a real table: it uses targets
// of its own and expects none of them to be there.
func contract(t *testing.T, l ledger.Ledger) {
	t.Run("a target that was never saved", func(t *testing.T) {
		t.Parallel()
		one := targetOf("never")
		rec, err := l.Load(t.Context(), one.Key())
		if diff := cmp.Diff(decide.Record{}, rec); err != nil || diff != "" {
			t.Errorf("Load = %v, %s", err, diff)
		}
		rec, err = ledger.Open(t.Context(), l, one)
		if diff := cmp.Diff(decide.Record{Target: one}, rec); err != nil || diff != "" {
			t.Errorf("Open = %v, %s", err, diff)
		}
	})
	t.Run("everything comes back", func(t *testing.T) {
		t.Parallel()
		rec := fullRecord("full")
		saved := save(t, l, rec)
		rec.Version = 1
		if diff := cmp.Diff(rec, saved); diff != "" {
			t.Errorf("Save (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(rec, load(t, l, rec.Target)); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
		opened, err := ledger.Open(t.Context(), l, rec.Target)
		if diff := cmp.Diff(rec, opened); err != nil || diff != "" {
			t.Errorf("Open = %v (-want +got):\n%s", err, diff)
		}
	})
	t.Run("a record without attempts", func(t *testing.T) {
		t.Parallel()
		rec := save(t, l, decide.Record{Target: targetOf("bare")})
		if diff := cmp.Diff(rec, load(t, l, rec.Target)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("versions count on", func(t *testing.T) {
		t.Parallel()
		rec := decide.Record{Target: targetOf("counting")}
		for want := range 12 { // above 9, where texts and numbers sort apart
			if rec.Version != want {
				t.Fatalf("version %d, want %d", rec.Version, want)
			}
			rec = save(t, l, rec)
		}
	})
	t.Run("saving again replaces", func(t *testing.T) {
		t.Parallel()
		rec := save(t, l, fullRecord("replaced"))
		rec.Attempts = rec.Attempts[1:]
		want := save(t, l, rec)
		if diff := cmp.Diff(want, load(t, l, rec.Target)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("conflicts change nothing", func(t *testing.T) {
		t.Parallel()
		first := save(t, l, fullRecord("conflict"))
		want := save(t, l, first)
		for name, version := range map[string]int{"stored already": 0, "one behind": 1, "one ahead": 3} {
			stale := decide.Record{Target: want.Target, Version: version}
			if got, err := l.Save(t.Context(), stale); !errors.Is(err, ledger.ErrConflict) || got.Version != 0 {
				t.Errorf("%s: Save = version %d, %v", name, got.Version, err)
			}
		}
		missing := decide.Record{Target: targetOf("missing"), Version: 1}
		if _, err := l.Save(t.Context(), missing); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("not stored: Save = %v", err)
		}
		if diff := cmp.Diff(want, load(t, l, want.Target)); diff != "" {
			t.Errorf("the record changed:\n%s", diff)
		}
		if diff := cmp.Diff(decide.Record{}, load(t, l, missing.Target)); diff != "" {
			t.Errorf("a record came into being:\n%s", diff)
		}
	})
	t.Run("targets do not mix", func(t *testing.T) {
		t.Parallel()
		a, b := save(t, l, fullRecord("a")), save(t, l, decide.Record{Target: targetOf("b")})
		if diff := cmp.Diff([]decide.Record{a, b}, []decide.Record{load(t, l, a.Target), load(t, l, b.Target)}); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("one of many wins", func(t *testing.T) {
		t.Parallel()
		rec := save(t, l, decide.Record{Target: targetOf("race")})
		const writers = 8
		errs := make([]error, writers)
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() { _, errs[i] = l.Save(t.Context(), rec) })
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ledger.ErrConflict):
				t.Error(err)
			}
		}
		if won != 1 || load(t, l, rec.Target).Version != 2 {
			t.Errorf("%d of %d won", won, writers)
		}
	})
	t.Run("records are values", func(t *testing.T) {
		t.Parallel()
		if _, ok := l.(*ledger.Memory); ok {
		}
		rec := fullRecord("values")
		save(t, l, rec)
		scribble(rec)
		scribble(load(t, l, rec.Target))
		want := fullRecord("values")
		want.Version = 1
		if diff := cmp.Diff(want, load(t, l, rec.Target)); diff != "" {
			t.Errorf("the caller wrote into the stored record:\n%s", diff)
		}
	})
}

func scribble(rec decide.Record) {
	rec.Attempts[0].State = "scribbled"
	rec.Attempts[0].Findings[0].ID = "scribbled"
	rec.Attempts[0].Parameters["Ports"].Values[0] = "scribbled"
	maps.Copy(rec.Attempts[0].Parameters, target.Parameters{"Scribbled": {}})
}

// run makes the targets of one run its own.
var run = time.Now().Format(time.RFC3339Nano)

func targetOf(name string) target.Target {
	return target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: run + "/" + name}
}

// fullRecord has a value in every field, and the values that encodings get wrong.
func fullRecord(name string) decide.Record {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	return decide.Record{Target: targetOf(name), Attempts: []decide.Attempt{
		{
			Number: 41, State: decide.Succeeded, Control: "X.22", Trigger: finding.Automatic,
			Parameters: target.Parameters{"GroupId": {Values: []string{"sg-1"}}, "Ports": {Values: []string{"22", "3389"}, List: true}, "Empty": {Values: []string{""}}},
			Findings:   []decide.Ref{{ID: "f1", ProductARN: "p", Event: "e1"}, {ID: "f2", ProductARN: "p", Event: "e2"}},
			ClaimedAt:  at, ExecutionID: "exec", EndedAt: at.Add(time.Minute), Change: "Closed ü\n\"22\".",
		},
		{Number: 42, State: decide.Failed, Control: "X.22", Trigger: finding.CustomAction, ClaimedAt: at, EndedAt: at, Reason: "no"},
		{Number: 43, State: decide.Claimed},
	}}
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

// broken is a Ledger that cannot be read.
type broken struct{ ledger.Ledger }

func (broken) Load(context.Context, string) (decide.Record, error) {
	return decide.Record{}, errors.New("down")
}

func TestOpenOfABrokenLedger(t *testing.T) {
	t.Parallel()
	if rec, err := ledger.Open(t.Context(), broken{}, targetOf("x")); err == nil || rec.Version != 0 || rec.Target != (target.Target{}) {
		t.Errorf("Open = %+v, %v", rec, err)
	}
}
