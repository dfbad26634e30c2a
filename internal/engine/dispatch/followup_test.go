package dispatch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// The sweep has dispatch go on with what was left waiting.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	wake := followUpFor("e1", one)
	for name, tc := range map[string]struct {
		before func(*testing.T, *world)
		later  time.Duration
		want   []string
	}{
		"a claim whose function died": {
			func(t *testing.T, w *world) { w.failSave = 2; w.handle(t, m1) }, 2 * time.Minute,
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		},
		"a claim that is young": {func(t *testing.T, w *world) { w.failSave = 2; w.handle(t, m1) }, time.Second, nil},
		"one that runs":         {func(t *testing.T, w *world) { w.handle(t, m1) }, time.Hour, nil},
		"one that is over": {func(t *testing.T, w *world) { w.handle(t, m1); w.end(t, one, true) }, time.Hour,
			nil},
		"one that Systems Manager did not take": {
			func(t *testing.T, w *world) { w.startErr = errThrottled; w.handle(t, m1); w.startErr = nil }, time.Hour,
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		},
		"one that is not to be tried yet": {func(t *testing.T, w *world) { w.startErr = errThrottled; w.handle(t, m1) },
			time.Second, nil},
		"one that missed its slot": {
			func(t *testing.T, w *world) { w.takeSlots(t, "eu-west-1", 60); w.handle(t, m1) }, time.Hour,
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		},
		"one that nobody needs any more": {
			func(t *testing.T, w *world) {
				w.paused = true
				w.handle(t, m1)
				w.paused, w.seen["f1"] = false, asks(passed)
			}, time.Hour,
			[]string{"save nothing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.seen["f1"] = asks()
			tc.before(t, w)
			w.take()
			w.now = noon.Add(tc.later)
			if failed := w.handle(t, wake); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(tc.want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFollowUpAboutNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if failed := w.handle(t, followUpFor("e1", "sg-never"), m1); failed != nil || w.started != 1 || w.buried != nil {
		t.Errorf("%q come back, %d starts, buried %q", failed, w.started, w.buried)
	}
	if !w.logged("follow-up refused", targetOf("sg-never").Key(), "the target was not found") {
		t.Errorf("log:\n%s", w.log.String())
	}
}

func TestFollowUpComesBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*world)
		other  int // starts of the other message's target
	}{
		"the record is not read":  {func(w *world) { w.fail["Load "+targetOf(one).Key()] = true }, 1},
		"the claim is not saved":  {func(w *world) { w.failSave = w.saves + 1 }, 1},
		"the finding is not told": {func(w *world) { w.failNote = "f1" }, 1},
		"the start is not saved":  {func(w *world) { w.failSave = w.saves + 3 }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.paused = true
			w.handle(t, m1)
			w.paused = false
			tc.breaks(w)
			if diff := cmp.Diff([]string{"e1"},
				w.handle(t, followUpFor("e1", one), imported("m2", sg("f2", "EC2.13", a)))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if w.started != tc.other {
				t.Errorf("%d starts", w.started)
			}
		})
	}
}

// A follow-up and findings of its target are one piece of work.
func TestFollowUpAndFindings(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true
	w.handle(t, m1)
	w.paused = false
	w.take()
	if failed := w.handle(t, followUpFor("e1", one), m2); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f1+f2 NOTIFIED", "start sg-11111111 1 22+3389",
		"save running"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// When many wait for their slots, as after a pause, each follow-up comes back at the time of its
// own. The sweep would come so late that the slot is gone, and the next one too.
func TestFollowUpsWaitForTheirSlots(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true
	w.handle(t, m1)
	w.paused = false
	w.takeSlots(t, "eu-west-1", 60)
	w.take()
	if diff := cmp.Diff([]string{"e1"}, w.handle(t, followUpFor("e1", one))); diff != "" {
		t.Errorf("messages that come back:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"save queued", delayed("e1", 60*ledger.SlotSpacing-decide.Defaults.SlotLead)},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	w.now = noon.Add(60 * ledger.SlotSpacing)
	if failed := w.handle(t, received(followUpFor("e1", one), "2")); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}
