package dispatch_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/decide"
	"hubmend/internal/dispatch"
	"hubmend/internal/effect"
	"hubmend/internal/ledger"
	"hubmend/internal/member"
)

func TestOrderOfEffects(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if failed := w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111"))); failed != nil {
		t.Errorf("%q come back", failed)
	}
	// The finding is told between the claim and the start: a runbook that ends quickly
	// must not be overwritten, and a claim that is lost must not be announced.
	want := []string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if a := w.attempt(t, "sg-11111111"); a.State != decide.Running || a.ExecutionID != "exec-1" || a.Findings[0].Event != "event-m1" {
		t.Errorf("attempt = %+v", a)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	const a, b = "sg-aaaaaaaa", "sg-bbbbbbbb"
	cis := object{"GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1", "Compliance": object{"Status": "FAILED"}}
	for name, tc := range map[string]struct {
		messages []events.SQSMessage
		done     []string
	}{
		"two findings of one group cause one execution": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "EC2.14", a))},
			[]string{"save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "start sg-aaaaaaaa 1 22+3389", "save running"},
		},
		"two shapes of one check cause one execution": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "", a, cis))},
			[]string{"save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"two resources cause two": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", b)), imported("m2", sg("f2", "EC2.13", a))},
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-bbbbbbbb 1 22", "save running", "save claimed", "update f2 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"the same message twice": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m1", sg("f1", "EC2.13", a))},
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"a custom action on several findings": {
			[]events.SQSMessage{custom("m1", sg("f1", "EC2.13", a), sg("f2", "EC2.14", a), sg("f3", "EC2.13", b))},
			[]string{"save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "start sg-aaaaaaaa 1 22+3389", "save running", "save claimed", "update f3 NOTIFIED", "start sg-bbbbbbbb 1 22", "save running"},
		},
		"a bad message does not stop others": {
			[]events.SQSMessage{{MessageId: "m0", Body: "not an event"}, imported("m1", sg("f1", "EC2.13", a)), {MessageId: "m2", Body: `{"source":"aws.securityhub"}`}},
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"a bad finding does not stop the others of its event": {
			[]events.SQSMessage{custom("m1", sg("f0", "EC2.13", a, object{"AwsAccountId": "x"}), sg("f1", "EC2.13", "{{x}}"), sg("f2", "EC2.13", a))},
			[]string{"save claimed", "update f2 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"an empty batch": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if failed := w.handle(t, tc.messages...); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(tc.done, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwentyFindingsSelected(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var messages []events.SQSMessage
	for i := range 20 { // EventBridge delivers one event for each
		messages = append(messages, custom(fmt.Sprint("m", i), sg(fmt.Sprint("f", i), "EC2.13", fmt.Sprintf("sg-%08d", i/2))))
	}
	if failed := w.handle(t, messages...); failed != nil || w.started != 10 {
		t.Errorf("%d executions, %q come back", w.started, failed)
	}
}

func TestRefusalsAreLogged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		want    []string
	}{
		"not an event":  {events.SQSMessage{MessageId: "m1", Body: "hello"}, []string{"message refused", `"m1"`, "not an event"}},
		"wrong product": {imported("m1", sg("f1", "EC2.13", "sg-1", object{"ProductArn": "arn:aws:securityhub:eu-west-1:222222222222:product/222222222222/default"})), []string{"finding refused", "event-m1", "ProductArn"}},
		"reference":     {imported("m1", sg("f1", "EC2.13", "{{x}}")), []string{"finding refused", "{{"}},
		"other control": {imported("m1", sg("f1", "Nothing.1", "sg-1")), []string{"no control repairs Nothing.1"}},
		"not new":       {imported("m1", sg("f1", "EC2.13", "sg-11111111", object{"Workflow": object{"Status": "NOTIFIED"}})), []string{"the finding is NOTIFIED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if done := w.take(); done != nil {
				t.Errorf("done: %q", done)
			}
			if !w.logged(tc.want...) {
				t.Errorf("no line of the log has %q:\n%s", tc.want, w.log.String())
			}
		})
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	m1, m2 := imported("m1", sg("f1", "EC2.13", "sg-11111111")), imported("m2", sg("f2", "EC2.14", "sg-11111111"))
	t.Run("final", func(t *testing.T) {
		t.Parallel()
		w := newWorld()
		w.startErr = fmt.Errorf("wrapped: %w", &member.Refused{Reason: "There is no runbook; deploy it."})
		if failed := w.handle(t, m1, m2); failed != nil {
			t.Errorf("%q come back", failed)
		}
		want := []string{
			"save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "start sg-11111111 1 22+3389",
			"update f1 NOTIFIED", "update f2 NOTIFIED", "notify Hubmend: repair failed: EC2.13 sg-11111111 in 222222222222", "save failed",
		}
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
		if note := w.notes["f2"]; !strings.Contains(note, "There is no runbook; deploy it.") {
			t.Errorf("note = %q", note)
		}
	})
	t.Run("passing", func(t *testing.T) {
		t.Parallel()
		w := newWorld()
		w.startErr = errDown
		other := imported("m3", sg("f3", "EC2.13", "sg-22222222"))
		if diff := cmp.Diff([]string{"m1", "m2", "m3"}, w.handle(t, m1, m2, other)); diff != "" {
			t.Errorf("messages that come back:\n%s", diff)
		}
		if a := w.attempt(t, "sg-11111111"); a.State != decide.Claimed {
			t.Errorf("the attempt is %s", a.State)
		}
		// Before the lease has passed the messages wait; then one of them starts the same attempt.
		w.take()
		w.now, w.startErr = noon.Add(30*time.Second), nil
		if diff := cmp.Diff([]string{"m1"}, w.handle(t, received(m1, "2"))); diff != "" {
			t.Errorf("messages that come back:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"delay handle-m1 1m0s"}, w.take()); diff != "" { // 30 s of lease, twice
			t.Errorf("done (-want +got):\n%s", diff)
		}
		w.now = noon.Add(time.Minute)
		if failed := w.handle(t, received(m2, "2"), received(m1, "3")); failed != nil {
			t.Errorf("%q come back", failed)
		}
		want := []string{"save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED", "start sg-11111111 1 22+3389", "save running"}
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
	})
}

func TestFailuresReportTheirMessage(t *testing.T) {
	t.Parallel()
	other := imported("m2", sg("f2", "EC2.13", "sg-22222222"))
	for name, tc := range map[string]struct {
		breaks func(*world)
		done   []string // of the first message, whose target comes first
	}{
		"the claim is not saved":   {func(w *world) { w.failSave = 1 }, nil},
		"the finding is not told":  {func(w *world) { w.failNote = "f1" }, []string{"save claimed"}},
		"the start is not written": {func(w *world) { w.failSave = 2 }, []string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			tc.breaks(w)
			if diff := cmp.Diff([]string{"m1"}, w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")), other)); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			want := append(tc.done, "save claimed", "update f2 NOTIFIED", "start sg-22222222 1 22", "save running")
			if diff := cmp.Diff(want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if !w.logged(`"ERROR"`, "down") {
				t.Error("no error was logged")
			}
		})
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
	if a.Number != 1 || a.State != decide.Running || a.ClientToken(targetOf("sg-11111111")) != first.ClientToken(targetOf("sg-11111111")) {
		t.Errorf("attempt = %+v", a)
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conflicts = 1
	if failed := w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111"))); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		attributes map[string]string
		want       string
	}{
		"first time":       {map[string]string{"ApproximateReceiveCount": "1"}, "15s"},
		"fourth time":      {map[string]string{"ApproximateReceiveCount": "4"}, "1m0s"},
		"no count":         {nil, "15s"},
		"a count of none":  {map[string]string{"ApproximateReceiveCount": "0"}, "15s"},
		"a count of words": {map[string]string{"ApproximateReceiveCount": "often"}, "15s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, fails := range []bool{false, true} {
				w := newWorld()
				w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")))
				w.take()
				w.failDelay = fails
				waiting := imported("m2", sg("f2", "EC2.14", "sg-11111111"))
				waiting.Attributes = tc.attributes
				failed := w.handle(t, imported("m3", sg("f3", "EC2.13", "sg-11111111")), waiting)
				if diff := cmp.Diff([]string{"m2"}, failed); diff != "" {
					t.Errorf("messages that come back:\n%s", diff)
				}
				if diff := cmp.Diff([]string{"update f3 NOTIFIED", "save running", "delay handle-m2 " + tc.want}, w.take()); diff != "" {
					t.Errorf("done (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// A finding that waited starts its own repair when the attempt before it is over.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")))
	waiting := imported("m2", sg("f2", "EC2.14", "sg-11111111"))
	w.handle(t, waiting)
	w.end(t, "sg-11111111", true)
	w.take()
	if failed := w.handle(t, waiting); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f2 NOTIFIED", "start sg-11111111 2 3389", "save running"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := imported("m1", sg("f1", "EC2.13", "sg-11111111"))
	w.handle(t, m)
	w.end(t, "sg-11111111", true)
	w.take()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		want    []string
	}{
		"duplicate": {m, []string{"update f1 RESOLVED"}},
		"late":      {imported("m2", sg("f2", "EC2.13", "sg-11111111")), []string{"update f2 RESOLVED"}},
	} {
		if failed := w.handle(t, tc.message); failed != nil {
			t.Errorf("%s: %q come back", name, failed)
		}
		if diff := cmp.Diff(tc.want, w.take()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	clicked := custom("m4", sg("f1", "EC2.13", "sg-11111111"))
	w.handle(t, clicked) // before the end of the attempt, as the event says
	if diff := cmp.Diff([]string{"update f1 RESOLVED"}, w.take()); diff != "" {
		t.Errorf("clicked before (-want +got):\n%s", diff)
	}
	clicked.Body = strings.Replace(clicked.Body, "T11:59:30Z", "T12:00:01Z", 1)
	clicked.Body = strings.Replace(clicked.Body, "event-m4", "event-m5", 1)
	w.handle(t, clicked)
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 2 22", "save running"}, w.take()); diff != "" {
		t.Errorf("clicked after (-want +got):\n%s", diff)
	}
	w.end(t, "sg-11111111", true)
	again := imported("m3", sg("f1", "EC2.13", "sg-11111111", object{"LastObservedAt": noon.Add(time.Hour).Format(time.RFC3339)}))
	w.handle(t, again)
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 3 22", "save running"}, w.take()); diff != "" {
		t.Errorf("observed later (-want +got):\n%s", diff)
	}
}

func TestLogHasNoWholeFinding(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111", object{"Description": "secret-description"})))
	if w.logged("secret-description") {
		t.Error("the finding is in the log")
	}
	if !w.logged("EC2.13", "222222222222", "eu-west-1", "sg-11111111", "request") {
		t.Errorf("no line says what was decided:\n%s", w.log.String())
	}
}

func TestLogOfASuccessfulStart(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")))
	if w.logged("<nil>") {
		t.Errorf("log:\n%s", w.log.String())
	}
}

func BenchmarkDispatchFinding(b *testing.B) {
	w := newWorld()
	h := w.handler()
	h.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	quiet := &quietWorld{}
	h.Effects, h.Starter, h.Queue = effect.Effects{Ledger: &ledger.Memory{}, Findings: quiet, Notifier: quiet}, quiet, quiet
	batch := func(i int) events.SQSEvent {
		return events.SQSEvent{Records: []events.SQSMessage{imported("m", sg("f", "EC2.13", fmt.Sprintf("sg-%08x", i)))}}
	}
	batches := make([]events.SQSEvent, 1000)
	for i := range batches {
		batches[i] = batch(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%len(batches) == 0 {
			h.Effects.Ledger = &ledger.Memory{} // every finding starts a repair
		}
		response, err := h.Handle(b.Context(), batches[i%len(batches)])
		if err != nil || len(response.BatchItemFailures) > 0 {
			b.Fatal(err, response)
		}
		i++
	}
	if quiet.started != i {
		b.Fatalf("%d findings started %d repairs", i, quiet.started)
	}
}

var _ dispatch.Starter = (*quietWorld)(nil)
