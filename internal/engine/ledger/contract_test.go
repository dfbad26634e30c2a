package ledger_test

import (
	"errors"
	"maps"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// The contract of every ledger: the one in memory, which simulations use, and DynamoDB.
var contract = map[string]func(*testing.T, *store){
	"a target that was never saved": neverSaved,
	"everything comes back":         comesBack,
	"records of little":             little,
	"versions count on":             versions,
	"saving again replaces":         replaces,
	"conflicts change nothing":      conflicts,
	"targets do not mix":            apart,
	"one of many wins":              oneWins,
	"records are values":            values,
	"what is done with expires":     expires,
	"what is open does not expire":  openStays,
	"what is held does not expire":  heldStays,
	"attempts are kept whole":       archive,
	"breakers":                      breakers,
	"accounts":                      unready,
	"digests":                       digests,
	"what a digest tells":           collected,
	"digests are due":               dueDigests,
	"a digest expires":              digestExpires,
	"a breaker expires":             breakerExpires,
	"slots are apart":               slots,
	"slots of many":                 slotsOfMany,
	"the index finds what is open":  index,
	"one attempt in flight":         race,
	"newer schemas are left alone":  newerSchema,
	"newer schemas expire":          newerExpires,
	"policies":                      policies,
	"policies of two people":        policiesOfTwo,
	"newer policies":                newerPolicies,
	"budgets":                       budgets,
	"budgets of many":               budgetsOfMany,
	"holds":                         holds,
	"holds of many":                 holdsOfMany,
}

func TestMemory(t *testing.T) {
	t.Parallel()
	keep(t, inMemory)
}

func TestDynamoDB(t *testing.T) {
	t.Parallel()
	newStore := inDynamoDB(t)
	keep(t, newStore)
	t.Run("unknown attributes survive", func(t *testing.T) {
		t.Parallel()
		survive(t, newStore(t))
	})
}

func keep(t *testing.T, newStore func(*testing.T) *store) {
	t.Helper()
	for name, check := range contract {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, newStore(t))
		})
	}
}

func neverSaved(t *testing.T, s *store) {
	one := targetOf("never")
	rec, err := s.Load(t.Context(), one.Key())
	if diff := cmp.Diff(decide.Record{}, rec); err != nil || diff != "" {
		t.Errorf("Load = %v, %s", err, diff)
	}
	rec, err = ledger.Open(t.Context(), s, one)
	if diff := cmp.Diff(decide.Record{Target: one}, rec); err != nil || diff != "" {
		t.Errorf("Open = %v, %s", err, diff)
	}
}

func comesBack(t *testing.T, s *store) {
	rec := fullRecord("full")
	saved := save(t, s, rec)
	rec.Version = 1
	if diff := cmp.Diff(rec, saved); diff != "" {
		t.Errorf("Save (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(rec, load(t, s, rec.Target)); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
	opened, err := ledger.Open(t.Context(), s, rec.Target)
	if diff := cmp.Diff(rec, opened); err != nil || diff != "" {
		t.Errorf("Open = %v (-want +got):\n%s", err, diff)
	}
}

// A field that is new must be among those that come back.
func TestFullRecordIsFull(t *testing.T) {
	t.Parallel()
	rec := fullRecord("full")
	rec.Version = 1
	set := map[string]bool{}
	for _, v := range append([]any{rec, rec.Unconfirmed[0], rec.Refused, rec.Parked[0],
		rec.Parked[0].Request, rec.Proposal}, rec.Attempts[0], rec.Attempts[1],
		rec.Attempts[2]) {
		of := reflect.ValueOf(v)
		for i := range of.NumField() {
			name := of.Type().String() + "." + of.Type().Field(i).Name
			set[name] = set[name] || !of.Field(i).IsZero()
		}
	}
	delete(set, "decide.Record.Unknown") // see FuzzUnknown
	for name, is := range set {
		if !is {
			t.Errorf("%s is empty", name)
		}
	}
}

func little(t *testing.T, s *store) {
	for name, rec := range map[string]decide.Record{
		"no attempts": {Target: targetOf("bare")},
		"no attempts, but something to confirm": {Target: targetOf("unconfirmed"),
			Unconfirmed: []decide.Ref{{ID: "f1"}}},
		"an empty attempt": {Target: targetOf("empty"), Attempts: []decide.Attempt{{}}},
	} {
		rec = save(t, s, rec)
		if diff := cmp.Diff(rec, load(t, s, rec.Target)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func versions(t *testing.T, s *store) {
	rec := decide.Record{Target: targetOf("counting")}
	for want := range 12 { // above 9, where texts and numbers sort apart
		if rec.Version != want {
			t.Fatalf("version %d, want %d", rec.Version, want)
		}
		rec = save(t, s, rec)
	}
}

func replaces(t *testing.T, s *store) {
	rec := save(t, s, fullRecord("replaced"))
	rec.Attempts, rec.SuspendedAt, rec.Unconfirmed = rec.Attempts[1:], time.Time{}, nil
	want := save(t, s, rec)
	if diff := cmp.Diff(want, load(t, s, rec.Target)); diff != "" {
		t.Error(diff)
	}
}

func conflicts(t *testing.T, s *store) {
	first := save(t, s, fullRecord("conflict"))
	want := save(t, s, first)
	for name, version := range map[string]int{"stored already": 0, "one behind": 1, "one ahead": 3} {
		stale := decide.Record{Target: want.Target, Version: version}
		if got, err := s.Save(t.Context(), stale); !errors.Is(err, ledger.ErrConflict) || got.Version != 0 {
			t.Errorf("%s: Save = version %d, %v", name, got.Version, err)
		}
	}
	missing := decide.Record{Target: targetOf("missing"), Version: 1}
	if _, err := s.Save(t.Context(), missing); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("not stored: Save = %v", err)
	}
	if diff := cmp.Diff(want, load(t, s, want.Target)); diff != "" {
		t.Errorf("the record changed:\n%s", diff)
	}
	if diff := cmp.Diff(decide.Record{}, load(t, s, missing.Target)); diff != "" {
		t.Errorf("a record came into being:\n%s", diff)
	}
}

func apart(t *testing.T, s *store) {
	a, b := save(t, s, fullRecord("a")), save(t, s, decide.Record{Target: targetOf("b")})
	if diff := cmp.Diff([]decide.Record{a, b},
		[]decide.Record{load(t, s, a.Target), load(t, s, b.Target)}); diff != "" {
		t.Error(diff)
	}
}

func oneWins(t *testing.T, s *store) {
	rec := save(t, s, decide.Record{Target: targetOf("race")})
	const writers = 8
	errs := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() { _, errs[i] = s.Save(t.Context(), rec) })
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
	if won != 1 || load(t, s, rec.Target).Version != 2 {
		t.Errorf("%d of %d won", won, writers)
	}
}

// Only Save changes what is stored.
func values(t *testing.T, s *store) {
	rec := fullRecord("values")
	save(t, s, rec)
	scribble(rec)
	scribble(load(t, s, rec.Target))
	want := fullRecord("values")
	want.Version = 1
	if diff := cmp.Diff(want, load(t, s, rec.Target)); diff != "" {
		t.Errorf("the caller wrote into the stored record:\n%s", diff)
	}
}

func scribble(rec decide.Record) {
	rec.Unconfirmed[0].ID = "scribbled"
	rec.Attempts[0].State = "scribbled"
	rec.Attempts[0].Findings[0].ID = "scribbled"
	rec.Attempts[0].Parameters["Ports"].Values[0] = "scribbled"
	maps.Copy(rec.Attempts[0].Parameters, target.Parameters{"Scribbled": {}})
}
