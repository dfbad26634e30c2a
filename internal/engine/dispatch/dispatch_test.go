package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
)

const (
	a = "sg-aaaaaaaa"
	b = "sg-bbbbbbbb"
)

func TestOrderOfEffects(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if failed := w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111"))); failed != nil {
		t.Errorf("%q come back", failed)
	}
	// The finding is updated between the claim and the start: a runbook that ends quickly
	// must not be overwritten, and a claim that is lost must not be announced.
	want := []string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if a := w.attempt(t, "sg-11111111"); a.State != decide.Running || a.ExecutionID != "exec-1" ||
		a.Findings[0].Event != "event-m1" {
		t.Errorf("attempt = %+v", a)
	}
}

// All targets are claimed first. Then one call updates all findings, and the runbooks start one after the other.
func TestBatch(t *testing.T) {
	t.Parallel()
	cis := object{"GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
		"Compliance": object{"Status": "FAILED"}}
	for name, tc := range map[string]struct {
		messages []events.SQSMessage
		done     []string
	}{
		"two findings of one group cause one execution": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "EC2.14", a))},
			[]string{"save claimed", "update f1+f2 NOTIFIED", "start sg-aaaaaaaa 1 22+3389", "save running"},
		},
		"two shapes of one check cause one execution": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "", a, cis))},
			[]string{"save claimed", "update f1+f2 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"two resources cause two": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", b)), imported("m2", sg("f2", "EC2.13", a))},
			[]string{"save claimed", "save claimed", "update f1+f2 NOTIFIED", "start sg-bbbbbbbb 1 22", "save running",
				slept(1), "start sg-aaaaaaaa 1 22", "save running"},
		},
		"the same message twice": {
			[]events.SQSMessage{imported("m1", sg("f1", "EC2.13", a)), imported("m1", sg("f1", "EC2.13", a))},
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"a custom action on several findings": {
			[]events.SQSMessage{custom("m1", sg("f1", "EC2.13", a), sg("f2", "EC2.14", a), sg("f3", "EC2.13", b))},
			[]string{"save claimed", "save claimed", "update f1+f2+f3 NOTIFIED", "start sg-aaaaaaaa 1 22+3389",
				"save running", slept(1), "start sg-bbbbbbbb 1 22", "save running"},
		},
		"two triggers get different updates": {
			[]events.SQSMessage{custom("m1", sg("f1", "EC2.13", a)), imported("m2", sg("f2", "EC2.13", b))},
			[]string{"save claimed", "save claimed", "update f1 NOTIFIED", "update f2 NOTIFIED",
				"start sg-aaaaaaaa 1 22", "save running", slept(1), "start sg-bbbbbbbb 1 22", "save running"},
		},
		"a bad message does not stop others": {
			[]events.SQSMessage{raw("m0", "not an event"), imported("m1", sg("f1", "EC2.13", a)),
				raw("m2", `{"source":"aws.securityhub"}`)},
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-aaaaaaaa 1 22", "save running"},
		},
		"a bad finding does not stop the others of its event": {
			[]events.SQSMessage{custom("m1", sg("f0", "EC2.13", a, object{"AwsAccountId": "x"}),
				sg("f1", "EC2.13", "{{x}}"), sg("f2", "EC2.13", a))},
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
		messages = append(messages,
			custom(fmt.Sprint("m", i), sg(fmt.Sprint("f", i), "EC2.13", fmt.Sprintf("sg-%08d", i/2))))
	}
	for len(messages) > 0 { // those that wait for their slots come back
		if w.now.Sub(noon) > time.Minute {
			t.Fatalf("a minute later there were %d executions", w.started)
		}
		failed := w.handle(t, messages...)
		messages = slices.DeleteFunc(messages,
			func(m events.SQSMessage) bool { return !slices.Contains(failed, m.MessageId) })
		w.now = w.now.Add(time.Second)
	}
	if w.started != 10 || len(w.notes) != 20 {
		t.Errorf("%d executions, %d findings were updated", w.started, len(w.notes))
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conflicts = 1
	if failed := w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111"))); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ count, want string }{
		"first time":       {"1", "15s"},
		"fourth time":      {"4", "1m0s"},
		"no count":         {"", "15s"},
		"a count of none":  {"0", "15s"},
		"a count of words": {"often", "15s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, fails := range []bool{false, true} {
				w := newWorld()
				w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")))
				w.take()
				w.fail["Delay"] = fails
				waiting := received(imported("m2", sg("f2", "EC2.14", "sg-11111111")), tc.count)
				failed := w.handle(t, imported("m3", sg("f3", "EC2.13", "sg-11111111")), waiting)
				if diff := cmp.Diff([]string{"m2"}, failed); diff != "" {
					t.Errorf("messages that come back:\n%s", diff)
				}
				if diff := cmp.Diff([]string{"update f3 NOTIFIED", "save running", "delay handle-m2 " + tc.want},
					w.take()); diff != "" {
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
	w.now = noon.Add(15 * time.Second)
	if failed := w.handle(t, waiting); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "update f2 NOTIFIED", "start sg-11111111 2 3389", "save running"},
		w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	const group = "sg-11111111"
	late := object{"LastObservedAt": noon.Add(time.Hour).Format(time.RFC3339)}
	m1 := imported("m1", sg("f1", "EC2.13", group))
	for name, tc := range map[string]struct {
		message events.SQSMessage
		want    []string
	}{
		"a duplicate": {m1, nil}, // since then a check may have contradicted the answer
		"another finding": {imported("m2", sg("f2", "EC2.13", group)),
			[]string{"save succeeded", "update f2 RESOLVED"}},
		"a click before the end": {custom("m3", sg("f1", "EC2.13", group)),
			[]string{"save succeeded", "update f1 RESOLVED"}},
		"a click after the end": {at("12:00:01", custom("m4", sg("f1", "EC2.13", group))),
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 2 22", "save running"}},
		"a check made after the end": {imported("m5", sg("f1", "EC2.13", group, late)),
			[]string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 2 22", "save running"}},
		"a duplicate, of another run": {imported("m1", sg("f1", "EC2.13", group, late)), nil}, // the event counts
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.handle(t, m1)
			w.end(t, group, true)
			w.take()
			w.now = noon.Add(2 * time.Second)
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(tc.want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}
