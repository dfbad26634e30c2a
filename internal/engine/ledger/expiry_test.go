package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// DynamoDB deletes what has expired when it comes to it. Until then the item counts as absent.
func expires(t *testing.T, s *store) {
	rec := save(t, s, ended("expires"))
	s.now = noon.Add(retention - time.Second)
	if got := load(t, s, rec.Target); got.Version != 1 {
		t.Errorf("it is gone a second early: version %d", got.Version)
	}
	if _, err := s.Save(t.Context(), ended("expires")); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a second early: Save of a new record = %v", err)
	}
	s.now = noon.Add(retention)
	if diff := cmp.Diff(decide.Record{}, load(t, s, rec.Target)); diff != "" {
		t.Errorf("it is still there:\n%s", diff)
	}
	again := save(t, s, ended("expires"))
	if got := load(t, s, rec.Target); again.Version != 1 || got.Version != 1 {
		t.Errorf("the new record has version %d, and is read with %d", again.Version, got.Version)
	}
}

func openStays(t *testing.T, s *store) {
	rec := save(t, s, ended("stays")) // which expires
	rec.Attempts[0].State = decide.Queued
	rec = save(t, s, rec)
	s.now = noon.Add(10 * retention)
	if diff := cmp.Diff(rec, load(t, s, rec.Target)); diff != "" {
		t.Errorf("an open record changed:\n%s", diff)
	}
	if _, err := s.Save(t.Context(), ended("stays")); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("Save of a new record = %v", err)
	}
	rec.Attempts[0].State = decide.Failed
	save(t, s, rec)
	s.now = noon.Add(11 * retention)
	if got := load(t, s, rec.Target); got.Version != 0 {
		t.Errorf("after its end it does not expire: version %d", got.Version)
	}
}

// A hold that is forgotten after some months would have everything repaired again.
func heldStays(t *testing.T, s *store) {
	rec := ended("held")
	rec.HeldAt, rec.HeldBy = noon, "ann"
	rec = save(t, s, rec)
	s.now = noon.Add(10 * retention)
	if diff := cmp.Diff(rec, load(t, s, rec.Target)); diff != "" {
		t.Errorf("a held record changed:\n%s", diff)
	}
	if keys, err := s.index.Due(t.Context(), s.now); err != nil || len(keys) > 0 {
		t.Errorf("the sweep looks at it: %q, %v", keys, err)
	}
	rec.HeldAt = time.Time{}
	save(t, s, rec)
	s.now = noon.Add(11 * retention)
	if got := load(t, s, rec.Target); got.Version != 0 {
		t.Errorf("when nothing is held it does not expire: version %d", got.Version)
	}
}

func breakerExpires(t *testing.T, s *store) {
	b := decide.Breaker{Control: "X.1", OpenUntil: noon.Add(time.Hour)}
	if err := s.SaveBreaker(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	s.now = noon.Add(retention)
	got, err := s.LoadBreaker(t.Context(), "X.1")
	if diff := cmp.Diff(decide.Breaker{Control: "X.1"}, got); err != nil || diff != "" {
		t.Errorf("LoadBreaker = %v (-want +got):\n%s", err, diff)
	}
	if err := s.SaveBreaker(t.Context(), b); err != nil {
		t.Errorf("SaveBreaker = %v", err)
	}
}
