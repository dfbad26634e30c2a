package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

func archive(t *testing.T, s *store) {
	one := targetOf("archive")
	attempt := fullRecord("archive").Attempts[0]
	first := decide.Ended{Attempt: attempt,
		Outcome: decide.Outcome{ExecutionID: "exec", Succeeded: true, Change: "All.", Before: `["a"]`}}
	second := decide.Ended{
		Attempt: decide.Attempt{Number: 42, State: decide.Failed, EndedAt: noon},
		Outcome: decide.Outcome{ExecutionID: "exec-2", Class: decide.Internal, Reason: "A long story."},
	}
	brief := first
	brief.Outcome.Change = "Overwritten."
	for _, e := range []decide.Ended{brief, second, first} { // the first attempt twice, the later word holds
		if err := s.Archive(t.Context(), decide.Record{Target: one}, e); err != nil {
			t.Fatal(err)
		}
	}
	// Values that are in both the attempt and the outcome are kept once, and times to the second.
	for _, e := range []*decide.Ended{&first, &second} {
		for _, at := range []*time.Time{&e.Attempt.QueuedAt, &e.Attempt.ClaimedAt, &e.Attempt.EndedAt} {
			*at = at.Truncate(time.Second)
		}
	}
	first.Attempt.Change = ""
	first.Outcome.ExecutionID, first.Outcome.Succeeded = "", false
	second.Outcome.ExecutionID, second.Outcome.Class = "", ""
	if diff := cmp.Diff(map[int]decide.Ended{41: first, 42: second}, s.archived(t, one)); diff != "" {
		t.Errorf("archived (-want +got):\n%s", diff)
	}
	if got := load(t, s, one); got.Version != 0 {
		t.Errorf("an archived attempt is taken for a record: %+v", got)
	}
	if other := s.archived(t, targetOf("other")); len(other) > 0 {
		t.Errorf("another target has %+v", other)
	}
}

func breakers(t *testing.T, s *store) {
	read := func(control string) decide.Breaker {
		t.Helper()
		b, err := s.LoadBreaker(t.Context(), control)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if diff := cmp.Diff(decide.Breaker{Control: "X.1"}, read("X.1")); diff != "" {
		t.Errorf("one that was never saved (-want +got):\n%s", diff)
	}
	b := decide.Breaker{Control: "X.1",
		Failures:  []decide.TargetFailure{{Key: "k", Account: "1", Resource: "sg-1", At: noon}},
		OpenUntil: noon.Add(time.Hour), SucceededAt: noon,
		Probe:    decide.Probe{Key: "k", At: noon},
		Accounts: []decide.AccountPause{{Account: "1", OpenUntil: noon, Probe: decide.Probe{Key: "k", At: noon}}}}
	if err := s.SaveBreaker(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	b.Version = 1
	if diff := cmp.Diff(b, read("X.1")); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	for name, version := range map[string]int{"stored already": 0, "one ahead": 2} {
		stale := decide.Breaker{Control: "X.1", Version: version}
		if err := s.SaveBreaker(t.Context(), stale); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("%s: SaveBreaker = %v", name, err)
		}
	}
	read("X.1").Failures[0].Key = "scribbled"
	if diff := cmp.Diff(b, read("X.1")); diff != "" {
		t.Errorf("it changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(decide.Breaker{Control: "X.2"}, read("X.2")); diff != "" {
		t.Errorf("another control's (-want +got):\n%s", diff)
	}
	if err := s.SaveBreaker(t.Context(), decide.Breaker{Control: "X.1", Version: 1}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decide.Breaker{Control: "X.1", Version: 2}, read("X.1")); diff != "" {
		t.Errorf("closed (-want +got):\n%s", diff)
	}
}

func unready(t *testing.T, s *store) {
	read := func(id string) decide.Account {
		t.Helper()
		a, err := s.LoadAccount(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if diff := cmp.Diff(decide.Account{ID: "1"}, read("1")); diff != "" {
		t.Errorf("one that was never saved (-want +got):\n%s", diff)
	}
	a := decide.Account{ID: "1", ToldAt: noon, Missing: []decide.Missing{
		{Place: "eu-west-1/", Reason: "no", Tries: 2, TriedAt: noon, Until: noon.Add(time.Hour),
			Probe: decide.Probe{Key: "k", At: noon}},
	}}
	if err := s.SaveAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.Version = 1
	if diff := cmp.Diff(a, read("1")); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	for name, version := range map[string]int{"stored already": 0, "one ahead": 2} {
		if err := s.SaveAccount(t.Context(), decide.Account{ID: "1", Version: version}); !errors.Is(err,
			ledger.ErrConflict) {
			t.Errorf("%s: SaveAccount = %v", name, err)
		}
	}
	read("1").Missing[0].Place = "scribbled"
	if diff := cmp.Diff(a, read("1")); diff != "" {
		t.Errorf("it changed (-want +got):\n%s", diff)
	}
}

func slots(t *testing.T, s *store) {
	at := noon.Truncate(time.Millisecond)
	for i, want := range []struct {
		account, region string
		now, slot       time.Time
	}{
		{"1", "eu-west-1", noon, at},
		{"1", "eu-west-1", noon, at.Add(ledger.SlotSpacing)},
		{"1", "eu-west-1", noon.Add(time.Second), at.Add(2 * ledger.SlotSpacing)},
		{"1", "eu-west-2", noon, at}, // another Region has its own, and so has another account
		{"2", "eu-west-1", noon, at},
		{"1", "eu-west-1", noon.Add(time.Hour), at.Add(time.Hour)}, // nobody waits any longer
		{"1", "eu-west-1", noon, at.Add(time.Hour + ledger.SlotSpacing)},
	} {
		got, err := s.Reserve(t.Context(), want.account, want.region, want.now)
		if err != nil || !got.Equal(want.slot) {
			t.Errorf("slot %d is %s, %v; want %s", i, got, err, want.slot)
		}
	}
	if ledger.SlotSpacing < time.Second {
		t.Errorf("slots are %s apart, and Systems Manager takes one start per second", ledger.SlotSpacing)
	}
}

// However many ask at once, each gets a slot of its own, and none goes to waste.
func slotsOfMany(t *testing.T, s *store) {
	const askers = 20
	got, errs := make([]time.Time, askers), make([]error, askers)
	var group sync.WaitGroup
	for i := range askers {
		group.Go(func() { got[i], errs[i] = s.Reserve(t.Context(), "1", "eu-west-1", noon) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, time.Time.Compare)
	for i, slot := range got {
		if want := noon.Truncate(time.Millisecond).Add(time.Duration(i) * ledger.SlotSpacing); !slot.Equal(want) {
			t.Errorf("slot %d is %s, want %s", i, slot, want)
		}
	}
}

func index(t *testing.T, s *store) {
	open := func() (names []string) {
		t.Helper()
		keys, err := s.index.Due(t.Context(), s.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			rec, err := s.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, rec.Target.Resource)
		}
		return names
	}
	want := func(names ...string) {
		t.Helper()
		if diff := cmp.Diff(names, open()); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
	}
	want()
	records := map[string]decide.Record{}
	put := func(name string, edit func(*decide.Record)) {
		rec, ok := records[name]
		if !ok {
			rec = ended(name)
		}
		edit(&rec)
		records[name] = save(t, s, rec)
	}
	put("ended", func(*decide.Record) {})
	for i, state := range []decide.State{decide.Running, decide.Claimed, decide.Queued} { // the youngest first
		put(fmt.Sprint("open-", 2-i), func(r *decide.Record) {
			r.Attempts[0].State, r.Attempts[0].QueuedAt = state, noon.Add(time.Duration(-i)*time.Hour)
		})
	}
	put("unconfirmed", func(r *decide.Record) {
		r.Unconfirmed, r.Attempts[0].QueuedAt = []decide.Ref{{ID: "f"}}, noon.Add(-90*time.Minute)
	})
	if err := s.SaveBreaker(t.Context(), decide.Breaker{Control: "X.1", OpenUntil: noon}); err != nil {
		t.Fatal(err)
	}
	want("open-0", "unconfirmed", "open-1", "open-2")
	put("open-1", func(r *decide.Record) { r.Attempts[0].State = decide.Succeeded })
	put("unconfirmed", func(r *decide.Record) { r.Unconfirmed = nil })
	want("open-0", "open-2")
	put("ended", func(r *decide.Record) {
		r.Attempts = append(r.Attempts,
			decide.Attempt{Number: 2, State: decide.Queued, QueuedAt: noon.Add(-30 * time.Minute)})
	})
	want("open-0", "ended", "open-2")

	// Only due records are found, in the order in which they became due.
	put("open-0", func(r *decide.Record) { r.CheckedAt = s.now.Add(-time.Hour + time.Second) })
	want("ended", "open-2")
	s.now = s.now.Add(time.Second)
	want("ended", "open-2", "open-0")

	// Many records are loaded at once; one that is gone is left out.
	records["gone"] = decide.Record{Target: targetOf("gone")}
	var keys []string
	for _, rec := range records {
		keys = append(keys, rec.Target.Key())
	}
	all, err := s.index.LoadAll(t.Context(), keys)
	if err != nil || len(all.Records) != len(records)-1 {
		t.Errorf("LoadAll = %d records of %d, %v", len(all.Records), len(records)-1, err)
	}
	for _, rec := range all.Records {
		if diff := cmp.Diff(records[rec.Target.Resource], rec); diff != "" {
			t.Errorf("LoadAll (-want +got):\n%s", diff)
		}
	}
}
