package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// failed is the end of an attempt that counts for the breaker.
func failed(number int, edits ...func(*decide.Ended)) *decide.Ended {
	e := &decide.Ended{Attempt: decide.Attempt{Number: number, State: decide.Failed, Control: "X.1", EndedAt: noon},
		Counts: true}
	for _, edit := range edits {
		edit(e)
	}
	return e
}

func ends(e *decide.Ended) decide.Decision {
	return decide.Decision{Ended: e, Record: decide.Record{Target: one}}
}

func TestEndIsKeptAndCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ended *decide.Ended
		done  []string
	}{
		"a failure": {failed(1), []string{"archive sg-1 1", "load breaker X.1", "save breaker 0"}},
		"one that does not count": {
			failed(2, func(e *decide.Ended) { e.Counts = false }), []string{"archive sg-1 2", "load breaker X.1"},
		},
		"a success, and nothing to close": {
			failed(3, func(e *decide.Ended) { e.Attempt.State = decide.Succeeded }),
			[]string{"archive sg-1 3", "load breaker X.1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			if _, err := w.effects().Run(t.Context(), ends(tc.ended)); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

// The failure that opens the breaker notifies people before it is written down, and is counted once.
func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	w := &world{}
	for i := range decide.Defaults.BreakerFailures {
		w.done = nil
		d := ends(failed(1))
		d.Record.Target.Resource, d.Record.Target.Account = fmt.Sprint("sg-", i), fmt.Sprint("22222222222", i)
		if _, err := w.effects().Run(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"archive sg-4 1", "load breaker X.1",
		"notify Hubmend: automatic repair of X.1 is paused until 2026-03-01 13:00 UTC", "save breaker 4"}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("level=INFO msg=metric control=X.1 metric=BreakerOpened BreakerOpened=1\n",
		w.log.String()); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if b := w.breaker(t, "X.1"); !b.OpenUntil.Equal(noon.Add(decide.Defaults.BreakerWindow)) {
		t.Errorf("the breaker is open until %s", b.OpenUntil)
	}
	closed := failed(2, func(e *decide.Ended) { e.Attempt.State = decide.Succeeded })
	if _, err := w.effects().Run(t.Context(), ends(closed)); err != nil {
		t.Fatal(err)
	}
	if b := w.breaker(t, "X.1"); !b.OpenUntil.IsZero() {
		t.Errorf("after a success the breaker is %+v", b)
	}
}

func TestBreakerConflicts(t *testing.T) {
	t.Parallel()
	w := &world{breakerConflicts: 2}
	if _, err := w.effects().Run(t.Context(), ends(failed(1))); err != nil {
		t.Fatal(err)
	}
	b := w.breaker(t, "X.1")
	if b.Version != 3 || len(b.Failures) != 2 || b.Failures[0].Key != "other 1" || b.Failures[1].Key != one.Key() {
		t.Errorf("the breaker is %+v", b)
	}

	w = &world{breakerConflicts: 1000}
	if _, err := w.effects().Run(t.Context(), ends(failed(1))); !errors.Is(err, ledger.ErrConflict) ||
		!strings.Contains(err.Error(), "sg-1") {
		t.Errorf("Run = %v", err)
	}
	if n := strings.Count(strings.Join(w.done, "\n"), "save breaker"); n != 10 {
		t.Errorf("%d saves were tried", n)
	}
}

// A breaker that is not saved was not opened, so nothing is counted.
func TestBreakerThatIsNotSaved(t *testing.T) {
	t.Parallel()
	w := &world{failAt: "save breaker 0"}
	e := w.effects()
	e.Settings.BreakerFailures = 1
	if _, err := e.Run(t.Context(), ends(failed(1))); !errors.Is(err, errBroken) {
		t.Errorf("Run = %v", err)
	}
	if w.log.Len() > 0 {
		t.Errorf("counted:\n%s", w.log.String())
	}
}
