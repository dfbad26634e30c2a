package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// take so many slots, as others would.
func (w *world) takeSlots(t *testing.T, region string, n int) {
	t.Helper()
	for range n {
		if _, err := w.memory.Reserve(t.Context(), "222222222222", region, w.now); err != nil {
			t.Fatal(err)
		}
	}
}

// near is how many slots a function waits for alone.
const near = 7

func TestNear(t *testing.T) {
	t.Parallel()
	if wait := decide.Defaults.ShortWait; near*ledger.SlotSpacing > wait || (near+1)*ledger.SlotSpacing <= wait {
		t.Errorf("%d slots take %s; a function waits %s", near, near*ledger.SlotSpacing, wait)
	}
}

// A start that is near is waited for inside the function, and one that is far by the message.
func TestSlots(t *testing.T) {
	t.Parallel()
	started := []string{"start sg-11111111 1 22", "save running"}
	// The message comes back a bit early, and the finding is updated when the runbook starts.
	waits := func(slots time.Duration) []string {
		return []string{"save queued", delayed("m1", slots*ledger.SlotSpacing-decide.Defaults.SlotLead)}
	}
	for taken, want := range map[int][]string{
		0:        append([]string{"save claimed", "update f1 NOTIFIED"}, started...),
		1:        append([]string{"save claimed", "update f1 NOTIFIED", slept(1)}, started...),
		near:     append([]string{"save claimed", "update f1 NOTIFIED", slept(near)}, started...),
		near + 1: waits(near + 1),
		60:       waits(60),
	} {
		w := newWorld()
		w.takeSlots(t, "eu-west-1", taken)
		w.handle(t, received(m1, "3")) // however often: the slot is at that time
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Errorf("%d slots are taken (-want +got):\n%s", taken, diff)
		}
	}
}

// The message that comes back for its slot waits for it and starts then: the slot is its own.
func TestSlotIsKept(t *testing.T) {
	t.Parallel()
	for early, sleeps := range map[time.Duration][]string{
		decide.Defaults.SlotLead: {"sleep " + decide.Defaults.SlotLead.String()},
		0:                        nil,
		-time.Second:             nil,
	} {
		w := newWorld()
		w.takeSlots(t, "eu-west-1", 60)
		if diff := cmp.Diff([]string{"m1"}, w.handle(t, m1)); diff != "" {
			t.Errorf("messages that come back:\n%s", diff)
		}
		slot := w.attempt(t, one).NotBefore
		if want := noon.Add(60 * ledger.SlotSpacing); !slot.Equal(want) {
			t.Errorf("the slot is at %s, want %s", slot, want)
		}
		w.takeSlots(t, "eu-west-1", 60) // by others, behind it
		w.take()
		w.places, w.now = nil, slot.Add(-early)
		w.seen["f1"] = asks()
		if failed := w.handle(t, received(m1, "2")); failed != nil {
			t.Errorf("%q come back", failed)
		}
		want := append([]string{"save claimed", "update f1 NOTIFIED"},
			append(sleeps, "start sg-11111111 1 22", "save running")...)
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Errorf("%s early: done (-want +got):\n%s", early, diff)
		}
		if w.places != nil {
			t.Errorf("another slot was reserved in %q", w.places)
		}
	}
}

// A slot is of the account and Region where the execution runs: Systems Manager counts there.
func TestSlotsAreOfARegion(t *testing.T) {
	t.Parallel()
	user := sg("f1", "IAM.3", "", object{
		"Resources": []object{{"Type": "AwsIamUser", "Id": "arn:aws:iam::222222222222:user/alice"}},
	})
	for want, m := range map[string]events.SQSMessage{"222222222222/eu-west-1": m1,
		"222222222222/eu-central-1": imported("m1", user)} {
		w := newWorld()
		w.handle(t, m)
		if diff := cmp.Diff([]string{want}, w.places); diff != "" || w.started != 1 {
			t.Errorf("%d starts, slots (-want +got):\n%s", w.started, diff)
		}
	}
}

// Runbooks are started in the order of their slots, whatever the order of their messages.
func TestStartsAreInTheOrderOfTheirSlots(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.takeSlots(t, "eu-west-1", 3)
	elsewhere := sg("f2", "IAM.3", "",
		object{"Resources": []object{{"Type": "AwsIamUser", "Id": "arn:aws:iam::222222222222:user/alice"}}})
	w.handle(t, m1, imported("m2", elsewhere))
	var order []string
	for _, step := range w.take() {
		if what, _, _ := strings.Cut(step, " 1"); strings.HasPrefix(step, "start") || strings.HasPrefix(step, "sleep") {
			order = append(order, what)
		}
	}
	if diff := cmp.Diff([]string{"start alice", slept(3), "start sg-11111111"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// While the switch is off nothing starts, everything is kept, and each finding gets a note. A finding
// that comes again gets the note again, because it may have been lost.
func TestPaused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true
	if failed := w.handle(t, m1, m2, custom("m3", sg("f3", "EC2.13", a)),
		imported("m4", sg("f4", "EC2.13", b))); failed != nil {
		t.Errorf("%q come back; the ledger has them", failed)
	}
	if diff := cmp.Diff([]string{"save queued", "save queued", "save queued", "update f1+f2+f3+f4 NOTIFIED"},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if w.places != nil || !strings.Contains(w.notes["f3"], "paused by its administrator") {
		t.Errorf("slots %q, note %q", w.places, w.notes["f3"])
	}
	w.handle(t, m1, custom("m5", sg("f3", "EC2.13", a)), followUpFor("m6", one)) // again
	for _, step := range w.take() {
		if strings.HasPrefix(step, "start") || strings.Contains(step, "f2") {
			t.Errorf("done: %s", step)
		}
	}
	w.handle(t, imported("m7", sg("f7", "EC2.13", one))) // another finding gets the note too
	if diff := cmp.Diff([]string{"save queued", "update f7 NOTIFIED"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}

	w.failNote = "f8"
	lost := imported("m8", sg("f8", "EC2.13", one))
	if diff := cmp.Diff([]string{"m8"}, w.handle(t, lost)); diff != "" {
		t.Errorf("messages that come back:\n%s", diff)
	}
	w.failNote = ""
	w.take()
	w.handle(t, lost)
	if diff := cmp.Diff([]string{"update f8 NOTIFIED"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}

	w.paused = false
	w.handle(t, followUpFor("m9", one))
	if diff := cmp.Diff([]string{"save claimed", "update f1+f2+f7+f8 NOTIFIED", "start sg-11111111 1 22+3389",
		"save running"}, w.take()); diff != "" {
		t.Errorf("after the pause (-want +got):\n%s", diff)
	}
}

// A running attempt is not stopped, and its findings are joined.
func TestPausedWhileOneRuns(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, m1)
	w.take()
	w.paused = true
	w.handle(t, imported("m2", sg("f2", "EC2.13", one)))
	if diff := cmp.Diff([]string{"update f2 NOTIFIED", "save running"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// open opens the breaker of a control for an hour.
func (w *world) open(t *testing.T, control string) time.Time {
	t.Helper()
	until := w.now.Add(time.Hour)
	if err := w.memory.SaveBreaker(t.Context(), decide.Breaker{Control: control, OpenUntil: until}); err != nil {
		t.Fatal(err)
	}
	return until
}

// An open breaker holds automatic repair of its control back, and nothing else.
func TestBreaker(t *testing.T) {
	t.Parallel()
	w := newWorld()
	until := w.open(t, "EC2.13")
	failed := w.handle(t, m1, custom("m2", sg("f2", "EC2.13", a)), imported("m3", sg("f3", "EC2.14", b)))
	if failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{
		"save queued", "save claimed", "save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "update f3 NOTIFIED",
		"start sg-aaaaaaaa 1 22", "save running", slept(1), "start sg-bbbbbbbb 1 3389", "save running",
	}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if note := w.notes["f1"]; !strings.Contains(note,
		"Automatic repair of EC2.13 is paused until 2026-03-01 13:00 UTC") {
		t.Errorf("note = %q", note)
	}
	if a := w.attempt(t, one); a.Cause != decide.Broken || !a.NotBefore.Equal(until) {
		t.Errorf("attempt = %+v", a)
	}

	// A person who asks for what is held back need not wait.
	w.now = noon.Add(10 * time.Second)
	w.handle(t, custom("m4", sg("f1", "EC2.13", one)))
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// The breaker of a queued attempt counts, also when the request is about another control.
func TestBreakerOfTheQueuedAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true
	w.handle(t, m1)
	w.take()
	w.paused = false
	w.open(t, "EC2.13")
	w.handle(t, m2)
	if a := w.attempt(t, one); a.State != decide.Queued || a.Cause != decide.Broken || len(a.Findings) != 2 {
		t.Errorf("attempt = %+v, done %q", a, w.take())
	}
}

// A resource is read again before a repair that was requested long ago. The age comes from the event,
// because a dead letter that is redriven is a young message.
func TestOldMessages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at      string // the event; EventBridge knows only the second in which it was
		seen    decide.Seen
		read    []string
		started int
	}{
		"fresh":           {"11:55:00", asks(passed), nil, 1},
		"old":             {"11:54:59", asks(), []string{"f1"}, 1},
		"old, and passed": {"11:00:00", asks(passed), []string{"f1"}, 0},
		"old, and suppressed": {"11:00:00", asks(func(s *decide.Seen) { s.Workflow = "SUPPRESSED" }), []string{"f1"},
			0},
		"old, and archived": {"11:00:00", asks(func(s *decide.Seen) { s.RecordState = "ARCHIVED" }), []string{"f1"},
			0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.seen["f1"] = tc.seen
			if failed := w.handle(t, at(tc.at, m1)); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if w.started != tc.started {
				t.Errorf("%d starts, done %q", w.started, w.take())
			}
			if diff := cmp.Diff(tc.read, w.read); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

// However many targets: Security Hub accepts three reads per second.
func TestOldMessagesAreLookedAtTogether(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.paused = true
	w.handle(t, m1, m2)
	w.paused = false
	old := at("11:00:00", imported("m3", sg("f3", "EC2.13", a)))
	w.handle(t, old, followUpFor("m4", one), imported("m5", sg("f5", "EC2.13", b)))
	if diff := cmp.Diff([]string{"f3+f1+f2"}, w.read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// A function that is late keeps the distance of slots, in each account and Region.
func TestLateStartsKeepTheirDistance(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.lateBy = time.Minute // between the decisions and the starts
	elsewhere := sg("f3", "IAM.3", "",
		object{"Resources": []object{{"Type": "AwsIamUser", "Id": "arn:aws:iam::222222222222:user/alice"}}})
	w.handle(t, imported("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "EC2.13", b)), imported("m3", elsewhere))
	var starts []string
	for _, step := range w.take() {
		if strings.HasPrefix(step, "start") || strings.HasPrefix(step, "sleep") {
			step, _, _ = strings.Cut(step, " 1 ")
			starts = append(starts, step)
		}
	}
	if diff := cmp.Diff([]string{"start sg-aaaaaaaa", "start alice", slept(1), "start sg-bbbbbbbb"},
		starts); diff != "" {
		t.Errorf("starts (-want +got):\n%s", diff)
	}
}
