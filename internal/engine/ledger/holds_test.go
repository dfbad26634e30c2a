package ledger_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func holds(t *testing.T, s *store) {
	hold := func(key string, until, want time.Time) {
		t.Helper()
		if got, err := s.Hold(t.Context(), key, until); err != nil || !got.Equal(want) {
			t.Errorf("Hold %s until %s = %s, %v, want %s", key, until, got, err, want)
		}
	}
	until := noon.Add(10 * time.Minute)
	hold("a", until, time.Time{})
	hold("b", until, time.Time{})
	s.now = noon.Add(9 * time.Minute)
	hold("a", s.now.Add(10*time.Minute), until)
	s.now = until
	hold("a", s.now.Add(10*time.Minute), time.Time{})

	kept := noon.Add(24 * time.Hour)
	for _, key := range []string{"a", "new"} {
		if err := s.KeepHeld(t.Context(), key, kept); err != nil {
			t.Fatal(err)
		}
		hold(key, until, kept)
	}
	s.now = kept
	hold("a", kept.Add(time.Hour), time.Time{})
}

func holdsOfMany(t *testing.T, s *store) {
	var got atomic.Int32
	var group sync.WaitGroup
	for range s.functions {
		group.Go(func() {
			until, err := s.Hold(t.Context(), "many", noon.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if until.IsZero() {
				got.Add(1)
			}
		})
	}
	group.Wait()
	if got.Load() != 1 {
		t.Errorf("%d functions hold it", got.Load())
	}
}
