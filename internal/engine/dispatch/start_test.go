package dispatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/ledger"
)

const one = "sg-11111111"

var (
	m1 = imported("m1", sg("f1", "EC2.13", one))
	m2 = imported("m2", sg("f2", "EC2.14", one))

	errThrottled = fmt.Errorf("start: %w",
		&smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"})
)

func TestStartRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startErr = fmt.Errorf("wrapped: %w", &executions.Refused{Reason: "There is no runbook; deploy it."})
	if failed := w.handle(t, m1, m2); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{
		"save claimed", "update f1+f2 NOTIFIED", "start sg-11111111 1 22+3389",
		"update f1+f2 NOTIFIED", "notify Hubmend: repair failed: EC2.13 sg-11111111 in 222222222222", "save failed",
	}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if note := w.notes["f2"]; !strings.Contains(note, "There is no runbook; deploy it.") {
		t.Errorf("note = %q", note)
	}
}

// A failed start is tried again after a while, by one message. It counts as an attempt only if
// it may have succeeded all the same.
func TestStartDeferred(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		mayRun bool
		tries  int
	}{
		"throttled":          {errThrottled, false, 12},
		"the answer is lost": {errDown, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.startErr = tc.err
			other := imported("m3", sg("f3", "EC2.13", "sg-22222222"))
			if diff := cmp.Diff([]string{"m1", "m3"}, w.handle(t, m1, m2, other)); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			a := w.attempt(t, one)
			if a.State != decide.Queued || a.Cause != decide.Busy || a.Refusals != 1 || a.MayRun != tc.mayRun ||
				a.ClaimedAt.IsZero() == tc.mayRun {
				t.Errorf("attempt = %+v", a)
			}
			wait := a.NotBefore.Sub(noon)
			if least, most := decide.Defaults.StartBackoff*3/4, decide.Defaults.StartBackoff*5/4; wait < least ||
				wait > most {
				t.Errorf("it waits %s", wait)
			}
			again := time.Duration(tc.tries-1) * 50 * time.Millisecond // after the first try
			wait += -again                                             // it is counted from the last
			want := slices.Concat([]string{"save claimed", "save claimed", "update f1+f2+f3 NOTIFIED"},
				tried("start sg-11111111 1 22+3389", tc.tries),
				[]string{"save queued", "sleep " + (ledger.SlotSpacing - again).String()},
				tried("start sg-22222222 1 22", tc.tries),
				[]string{"save queued", delayed("m1", wait-ledger.SlotSpacing)})
			if diff := cmp.Diff(want, w.take()[:len(want)]); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}

			// A copy that comes early ends. Then the same attempt is started, for all its findings.
			w.now, w.startErr, w.seen["f1"], w.seen["f2"] = noon.Add(wait/2), nil, asks(), asks()
			w.take()
			if failed, done := w.handle(t, received(m1, "2")), w.take(); failed != nil || done != nil {
				t.Errorf("early: %q come back, done %q", failed, done)
			}
			w.now = a.NotBefore
			if failed := w.handle(t, received(m1, "3")); failed != nil {
				t.Errorf("%q come back", failed)
			}
			want = []string{"save claimed", "update f1+f2 NOTIFIED", "start sg-11111111 1 22+3389", "save running"}
			if diff := cmp.Diff(want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if again := w.attempt(t, one); again.Number != 1 ||
				again.ClientToken(targetOf(one)) != a.ClientToken(targetOf(one)) {
				t.Errorf("attempt = %+v", again)
			}
		})
	}
}

// While another function may be starting it, a message waits for the lease.
func TestClaimedByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.failSave = 2 // of the start, as if the function died
	w.handle(t, m1, m2)
	w.take()
	w.now = noon.Add(30 * time.Second)
	if diff := cmp.Diff([]string{"m1"}, w.handle(t, received(m1, "2"))); diff != "" {
		t.Errorf("messages that come back:\n%s", diff)
	}
	// however often: the lease is over then
	if diff := cmp.Diff([]string{"delay handle-m1 30s"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	w.now = noon.Add(time.Minute)
	if failed := w.handle(t, received(m2, "2"), received(m1, "3")); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{"save claimed", "update f1+f2 NOTIFIED", "start sg-11111111 1 22+3389", "save running"}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// A start that came a moment too early is tried again in its own slot, without a notification.
func TestStartAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startErr, w.throttled = errThrottled, 2
	if failed := w.handle(t, m1); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := slices.Concat([]string{"save claimed", "update f1 NOTIFIED"}, tried("start sg-11111111 1 22", 3),
		[]string{"save running"})
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// tried is a start that is made so many times.
func tried(start string, times int) []string {
	done := []string{start}
	for range times - 1 {
		done = append(done, "sleep 50ms", start)
	}
	return done
}

// A day is enough: people are notified that it cannot be started.
func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startErr = errThrottled
	w.handle(t, m1)
	w.now = noon.Add(decide.Defaults.Window)
	w.seen["f1"] = asks()
	w.take()
	if failed := w.handle(t, received(m1, "9")); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := slices.Concat([]string{"save claimed", "update f1 NOTIFIED"}, tried("start sg-11111111 1 22", 12), []string{
		"update f1 NOTIFIED", "notify Hubmend: repair failed: EC2.13 sg-11111111 in 222222222222", "save failed",
	})
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if note := w.notes["f1"]; !strings.Contains(note, "could not be started for 24 h") ||
		!strings.Contains(note, "Rate exceeded") {
		t.Errorf("note = %q", note)
	}
}

// A record that is gone when the start is to be recorded is no reason to die.
func TestRecordIsGoneAfterTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startErr = errThrottled
	w.forget = 3
	w.handle(t, m1, imported("m2", sg("f2", "EC2.13", "sg-22222222")))
	if !w.logged("start deferred", "sg-22222222") {
		t.Errorf("log:\n%s", w.log.String())
	}
}
