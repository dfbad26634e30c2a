package ledger_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

var cause = decide.CommonCause{Kind: decide.NotRepaired, Control: "X.22", Class: decide.Permission}

func saveDigest(t *testing.T, s *store, d decide.Digest) decide.Digest {
	t.Helper()
	saved, err := s.SaveDigest(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func loadDigest(t *testing.T, s *store, c decide.CommonCause) decide.Digest {
	t.Helper()
	d, err := s.LoadDigest(t.Context(), c.Key())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func digests(t *testing.T, s *store) {
	if diff := cmp.Diff(decide.Digest{}, loadDigest(t, s, cause)); diff != "" {
		t.Errorf("one that was never saved (-want +got):\n%s", diff)
	}
	d := decide.Digest{Cause: decide.CommonCause{Kind: "k", Control: "c", Class: "class", Scope: "scope"}, Window: 3,
		Opener: "o", Until: noon, Ended: 2, TakenAt: noon.Add(time.Minute)}
	saved := saveDigest(t, s, d)
	d.Version = 1
	if diff := cmp.Diff(d, saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d, loadDigest(t, s, d.Cause)); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	for name, version := range map[string]int{"stored already": 0, "one ahead": 2} {
		stale := d
		stale.Version = version
		if _, err := s.SaveDigest(t.Context(), stale); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("%s: SaveDigest = %v", name, err)
		}
	}
	if again := saveDigest(t, s, saved); again.Version != 2 {
		t.Errorf("saved again: version %d", again.Version)
	}
}

func collected(t *testing.T, s *store) {
	keep := func(c decide.CommonCause, window int, one decide.Collected) {
		t.Helper()
		if err := s.Collect(t.Context(), c.Key(), window, one); err != nil {
			t.Fatal(err)
		}
	}
	read := func(window int) []decide.Collected {
		t.Helper()
		all, err := s.Collected(t.Context(), cause.Key(), window)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := read(1); len(all) > 0 {
		t.Errorf("of nothing: %v", all)
	}
	first := decide.Collected{ID: "a#1", Key: "k", Account: "222222222222", AccountName: "workload",
		Region: "eu-west-1", Resource: "sg-1", At: noon, Reason: "no"}
	keep(cause, 1, decide.Collected{ID: "b#1"})
	keep(cause, 1, decide.Collected{ID: "a#1", Reason: "old"})
	keep(cause, 1, first)
	keep(cause, 11, decide.Collected{ID: "another window"})
	keep(decide.CommonCause{Kind: decide.NotRepaired, Control: "X.2"}, 1, decide.Collected{ID: "another cause"})
	if diff := cmp.Diff([]decide.Collected{first, {ID: "b#1"}}, read(1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var all sync.WaitGroup
	for i := range s.functions {
		all.Go(func() { keep(cause, 2, decide.Collected{ID: fmt.Sprint(i)}) })
	}
	all.Wait()
	if n := len(read(2)); n != s.functions {
		t.Errorf("%d of %d that came together are kept", n, s.functions)
	}
	s.now = noon.Add(retention)
	if all := read(1); len(all) > 0 {
		t.Errorf("after its time: %v", all)
	}
}

func dueDigests(t *testing.T, s *store) {
	of := func(control string, until, takenAt time.Time) decide.Digest {
		d := decide.Digest{Cause: decide.CommonCause{Kind: "k", Control: control}, Until: until, TakenAt: takenAt}
		if !takenAt.IsZero() {
			d.Ended = 1
		}
		return d
	}
	saveDigest(t, s, of("later", noon.Add(time.Hour), time.Time{}))
	saveDigest(t, s, of("now", noon, time.Time{}))
	saveDigest(t, s, of("taken", noon.Add(time.Hour), noon.Add(-time.Hour)))
	saveDigest(t, s, of("idle", time.Time{}, time.Time{}))
	sent := saveDigest(t, s, of("sent", noon, time.Time{}))
	sent.Until = time.Time{}
	saveDigest(t, s, sent)
	save(t, s, fullRecord("a record")) // which is none
	keys, err := s.DueDigests(t.Context(), noon.Add(time.Second))
	if diff := cmp.Diff([]string{"k/taken/", "k/now/"}, keys); err != nil || diff != "" {
		t.Errorf("DueDigests = %v (-want +got):\n%s", err, diff)
	}
	records, err := s.index.Due(t.Context(), noon.Add(24*time.Hour))
	if diff := cmp.Diff([]string{targetOf("a record").Key()}, records); err != nil || diff != "" {
		t.Errorf("Due = %v (-want +got):\n%s", err, diff)
	}
}

// A digest stays until it is sent.
func digestExpires(t *testing.T, s *store) {
	open := decide.Digest{Cause: cause, Window: 1, Until: noon}
	idle := decide.Digest{Cause: decide.CommonCause{Kind: "idle"}, Window: 1}
	saveDigest(t, s, open)
	saveDigest(t, s, idle)
	s.now = noon.Add(retention)
	if d := loadDigest(t, s, open.Cause); d.Version != 1 {
		t.Errorf("the open one is gone")
	}
	if d := loadDigest(t, s, idle.Cause); d.Version != 0 {
		t.Errorf("the idle one stays: %+v", d)
	}
	if d := saveDigest(t, s, idle); d.Version != 1 {
		t.Errorf("saved anew: %+v", d)
	}
}
