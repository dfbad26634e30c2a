package dispatch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
)

func TestFailuresReportTheirMessage(t *testing.T) {
	t.Parallel()
	const one, two = "sg-11111111", "sg-22222222"
	started := []string{"start sg-22222222 1 22", "save running"}
	for name, tc := range map[string]struct {
		breaks func(*world)
		done   []string
	}{
		"the record is not read": {func(w *world) { w.fail["Load "+targetOf(one).Key()] = true },
			append([]string{"save claimed", "update f2 NOTIFIED"}, started...)},
		"the breaker is not read": {func(w *world) { w.fail["LoadBreaker EC2.13"] = true },
			append([]string{"save claimed", "update f2 NOTIFIED"}, started...)},
		"the claim is not saved": {func(w *world) { w.failSave = 1 },
			append([]string{"save claimed", "update f2 NOTIFIED", slept(1)}, started...)},
		"the finding is not told": {func(w *world) { w.failNote = "f1" },
			append([]string{"save claimed", "save claimed", delayed("m1", decide.Defaults.ClaimLease),
				"update f2 NOTIFIED", slept(1)}, started...)},
		"the start is not recorded": {func(w *world) { w.failSave = 3 },
			append([]string{"save claimed", "save claimed", "update f1+f2 NOTIFIED", "start sg-11111111 1 22",
				slept(1)}, started...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			tc.breaks(w)
			failed := w.handle(t, imported("m1", sg("f1", "EC2.13", one)), imported("m2", sg("f2", "EC2.14", two)))
			if diff := cmp.Diff([]string{"m1"}, failed); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			want := tc.done
			for i, step := range want { // of the control of the second
				if step == "start sg-22222222 1 22" {
					want[i] = "start sg-22222222 1 3389"
				}
			}
			if diff := cmp.Diff(want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if !w.logged(`"ERROR"`, "down") {
				t.Error("no error was logged")
			}
		})
	}
}

// If a call for the whole batch fails, all messages fail, except those that are done already.
func TestFailuresOfTheWholeBatch(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"Paused", "Read"} {
		w := newWorld()
		w.fail[what] = true
		failed := w.handle(t, at("10:00:00", imported("m1", sg("f1", "EC2.13", a))),
			imported("m2", sg("f2", "EC2.13", b)), custom("m3", sg("f3", "IAM.9", a)), followUpFor("m4", "sg-never"))
		if diff := cmp.Diff([]string{"m1", "m2"}, failed); diff != "" {
			t.Errorf("%s: messages that come back:\n%s", what, diff)
		}
		if diff := cmp.Diff([]string{"update f3"}, w.take()); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", what, diff)
		}
	}
}

func TestNoSlotIsReserved(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fail["Reserve"] = true
	if diff := cmp.Diff([]string{"m1"}, w.handle(t, imported("m1", sg("f1", "EC2.13", a)))); diff != "" ||
		w.take() != nil {
		t.Errorf("messages that come back:\n%s", diff)
	}
}

func TestCrashBetweenStartAndSaveStartsTheSameAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.failSave = 2
	m := imported("m1", sg("f1", "EC2.13", "sg-11111111"))
	w.handle(t, m)
	first := w.attempt(t, "sg-11111111")
	w.take()
	w.now = noon.Add(2 * time.Minute)
	if failed := w.handle(t, received(m, "2")); failed != nil {
		t.Errorf("%q come back", failed)
	}
	a := w.attempt(t, "sg-11111111")
	if a.Number != 1 || a.State != decide.Running ||
		a.ClientToken(targetOf("sg-11111111")) != first.ClientToken(targetOf("sg-11111111")) {
		t.Errorf("attempt = %+v", a)
	}
}
