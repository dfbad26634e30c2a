package sweep_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
)

// digest opens a window of a control an hour ago, and collects one thing for it.
func (w *world) digest(t *testing.T, control string) {
	t.Helper()
	d := decide.Digest{Cause: decide.CommonCause{Kind: decide.NotRepaired, Control: control}, Window: 1, Until: noon}
	_, err := w.SaveDigest(t.Context(), d)
	if err := errors.Join(err,
		w.Collect(t.Context(), d.Cause.Key(), 1, decide.Collected{ID: "a", Account: "1"})); err != nil {
		t.Fatal(err)
	}
}

func TestDigestsAreSent(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true // which stops no message
	w.digest(t, "X.1")
	w.digest(t, "X.2")
	w.now = noon.Add(-time.Second)
	if err := w.sweep(t); err != nil || len(w.done) > 0 {
		t.Errorf("too early: %q, %v", w.done, err)
	}
	w.now = noon
	want := []string{"notify Hubmend: 1 more repair failed in 1 account",
		"notify Hubmend: 1 more repair failed in 1 account"}
	if err := w.sweep(t); err != nil || !cmp.Equal(want, w.done) {
		t.Errorf("done %q, %v", w.done, err)
	}
	if err := w.sweep(t); err != nil || len(w.done) > 0 {
		t.Errorf("again: %q, %v", w.done, err)
	}
}

// A digest that cannot be sent keeps nothing else from being done, and the sweep counts as none.
func TestDigestsAreNotSent(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"DueDigests", "notify Hubmend: 1 more repair failed in 1 account"} {
		w := newWorld()
		w.digest(t, "X.1")
		w.put(t, "sg-1", claimed(time.Hour))
		w.fail[what] = true
		if err := w.sweep(t); !errors.Is(err, errDown) || w.done[0] != "wake sg-1" {
			t.Errorf("%s: done %q, %v", what, w.done, err)
		}
	}
}
