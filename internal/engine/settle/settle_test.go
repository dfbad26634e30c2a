package settle_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

const (
	reading = "read 222222222222 eu-west-1 exec-1"
	looking = "look f1+f2"
	mail    = "notify Hubmend: repair failed: X.22 sg-1 in 222222222222"
)

var (
	denied = fmt.Errorf("read execution: %w",
		&smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"})
	throttled = fmt.Errorf("read execution: %w",
		&smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow down"})
	notEnded = fmt.Errorf("execution: %w", executions.ErrNotEnded)
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	claimed := func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Claimed, "" }
	over := func(s decide.State) func(*decide.Attempt) {
		return func(a *decide.Attempt) { a.State, a.EndedAt = s, noon }
	}
	fresh, stale := success, success
	fresh.StartedAt, stale.StartedAt = noon.Add(-time.Minute), noon.Add(-time.Hour)
	failure := []string{reading, looking, "update f1+f2 NOTIFIED", mail, "archive 1", "save failed"}
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		outcome decide.Outcome
		err     error
		done    []string
		back    []string
		state   decide.State
		note    []string
	}{
		"success": {
			running(), success, nil,
			[]string{reading, looking, "update f1+f2 RESOLVED", "archive 1", "save succeeded"}, nil, decide.Succeeded,
			[]string{"Repaired and verified", "Closed TCP 22.", "exec-1"},
		},
		"failure": {
			running(), decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "It is still open."},
			nil,
			failure, nil, decide.Failed, []string{"It is still open.", "custom action"},
		},
		"not readable": {running(), decide.Outcome{}, denied, failure, nil, decide.Failed,
			[]string{"ended as Success", "cannot be read", "not authorized"}},
		"of the claimed": {
			running(claimed), fresh, nil,
			[]string{reading, looking, "update f1+f2 RESOLVED", "archive 1", "save succeeded"}, nil, decide.Succeeded,
			[]string{"exec-1"},
		},
		"of an attempt before the claimed": {running(claimed), stale, nil, []string{reading, looking}, nil,
			decide.Claimed, nil},
		"unreadable, while claimed": {running(claimed), decide.Outcome{}, denied, []string{reading, looking},
			nil, decide.Claimed, nil},
		"not ended": {running(), decide.Outcome{}, notEnded, []string{reading}, []string{"m"},
			decide.Running, nil},
		"throttled": {running(), decide.Outcome{}, throttled, []string{reading}, []string{"m"},
			decide.Running, nil},
		"deadline exceeded": {running(), decide.Outcome{}, context.DeadlineExceeded, []string{reading},
			[]string{"m"}, decide.Running, nil},
		// Events that change nothing cause no read: Systems Manager allows few calls per second.
		"of another": {running(func(a *decide.Attempt) { a.ExecutionID = "exec-2" }), success, nil, nil, nil,
			decide.Running, nil},
		"late":          {running(over(decide.Failed)), success, nil, nil, nil, decide.Failed, nil},
		"a second time": {running(over(decide.Succeeded)), success, nil, nil, nil, decide.Succeeded, nil},
		"unreadable, late": {running(over(decide.Succeeded)), decide.Outcome{}, denied, nil, nil, decide.Succeeded,
			nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.attempt)
			w.outcomes["exec-1"], w.errs["exec-1"] = tc.outcome, tc.err
			if diff := cmp.Diff(tc.back, w.handle(t, ended("m", nil, nil))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if diff := cmp.Diff(tc.done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if got := w.state(t); got != tc.state {
				t.Errorf("the attempt is %s, want %s", got, tc.state)
			}
			for _, part := range tc.note {
				if !strings.Contains(strings.Join(w.notes, "\n"), part) {
					t.Errorf("no note says %q: %q", part, w.notes)
				}
			}
		})
	}
}

// A transient failure is retried, and nobody is bothered.
func TestFailureOfAWhile(t *testing.T) {
	t.Parallel()
	for _, class := range []decide.Class{decide.Throttling, decide.Internal} {
		w := newWorld(t, running(func(a *decide.Attempt) { a.Trigger = finding.Automatic }))
		w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: class, Reason: "Rate exceeded."}
		if failed := w.handle(t, ended("m", nil, nil)); failed != nil {
			t.Errorf("%s: %q come back", class, failed)
		}
		if diff := cmp.Diff([]string{reading, looking, "update f1+f2 NOTIFIED", "archive 1", "save queued"},
			w.done); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", class, diff)
		}
		next := w.last(t)
		if next.Number != 2 || next.State != decide.Queued || next.Cause != decide.Retry || len(next.Findings) != 2 ||
			!next.NotBefore.After(noon) {
			t.Errorf("%s: the next attempt is %+v", class, next)
		}
		if note := w.notes[0]; !strings.Contains(note, "Rate exceeded.") ||
			!strings.Contains(note, "tries again after") {
			t.Errorf("%s: note = %q", class, note)
		}
	}
}

// The findings may have changed while the runbook ran.
func TestFindingsThatChanged(t *testing.T) {
	t.Parallel()
	asks := decide.Seen{Workflow: finding.Notified, Compliance: finding.Failed, RecordState: finding.Active}
	suppressed, passed := asks, asks
	suppressed.Workflow, passed.Compliance = finding.Suppressed, "PASSED"
	failure := decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "no"}
	for name, tc := range map[string]struct {
		outcome decide.Outcome
		seen    map[string]decide.Seen
		want    []string
	}{
		"a suppressed one is left alone": {success, map[string]decide.Seen{"f1": suppressed, "f2": asks},
			[]string{"update f2 RESOLVED", "archive 1", "save succeeded"}},
		"all are left alone": {success, map[string]decide.Seen{"f1": suppressed, "f2": suppressed},
			[]string{"archive 1", "save succeeded"}},
		"one that passes is resolved": {success, map[string]decide.Seen{"f1": passed},
			[]string{"update f1+f2 RESOLVED", "archive 1", "save succeeded"}},
		"one that passes is not told of failure": {failure, map[string]decide.Seen{"f1": passed, "f2": asks},
			[]string{"update f2 NOTIFIED", mail, "archive 1", "save failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			w.outcomes["exec-1"], w.seen = tc.outcome, tc.seen
			if failed := w.handle(t, ended("m", nil, nil)); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(append([]string{reading, looking}, tc.want...), w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

// another puts a second target with a running attempt into the ledger, and gives its message.
func (w *world) another(t *testing.T, message string) events.SQSMessage {
	t.Helper()
	two := target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: "sg-2"}
	a := running(func(a *decide.Attempt) { a.ExecutionID, a.Findings = "exec-2", []decide.Ref{{ID: "g1"}} })
	if _, err := w.memory.Save(t.Context(), decide.Record{Target: two, Attempts: []decide.Attempt{a}}); err != nil {
		t.Fatal(err)
	}
	w.outcomes["exec-2"] = decide.Outcome{ExecutionID: "exec-2", Succeeded: true}
	return ended(message, nil,
		object{"ExecutionId": "exec-2",
			"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + two.Key()})
}

// Security Hub accepts three reads per second, so one is enough for a batch.
func TestBatchLooksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	if failed := w.handle(t, ended("m1", nil, nil), events.SQSMessage{MessageId: "m2", Body: "x"},
		w.another(t, "m3")); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{
		reading, "read 222222222222 eu-west-1 exec-2", "look f1+f2+g1",
		"update f1+f2 RESOLVED", "archive 1", "save succeeded", "update g1 RESOLVED", "archive 1", "save succeeded",
	}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestOneFailureStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.fail["Update f1+f2"] = true
	if diff := cmp.Diff([]string{"m1"}, w.handle(t, ended("m1", nil, nil), w.another(t, "m2"))); diff != "" {
		t.Errorf("messages that come back:\n%s", diff)
	}
	want := []string{reading, "read 222222222222 eu-west-1 exec-2", "look f1+f2+g1", "update g1 RESOLVED", "archive 1",
		"save succeeded"}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// The event and a follow-up of the sweep may come together: one is enough.
func TestTwoMessagesOfOneExecution(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "no"}
	if failed := w.handle(t, ended("m1", nil, nil), followUpFor("m2", "exec-1"), ended("m3", nil, nil)); failed != nil {
		t.Errorf("%q come back", failed)
	}
	var told []string
	for _, step := range w.done {
		if !strings.HasPrefix(step, "read") && !strings.HasPrefix(step, "look") {
			told = append(told, step)
		}
	}
	if diff := cmp.Diff([]string{"update f1+f2 NOTIFIED", mail, "archive 1", "save failed"}, told); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestFailuresComeBack(t *testing.T) {
	t.Parallel()
	for what, done := range map[string][]string{
		"Load":         nil,
		"Read":         {reading, looking},
		"Update f1+f2": {reading, looking},
		"Notify":       {reading, looking, "update f1+f2 NOTIFIED"},
		"Archive":      {reading, looking, "update f1+f2 NOTIFIED", mail},
		"Save":         {reading, looking, "update f1+f2 NOTIFIED", mail, "archive 1"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "no"}
			w.fail[what] = true
			if diff := cmp.Diff([]string{"m2"},
				w.handle(t, events.SQSMessage{MessageId: "m1", Body: "x"}, ended("m2", nil, nil))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if diff := cmp.Diff(done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if got := w.state(t); got != decide.Running {
				t.Errorf("the attempt is %s", got)
			}
			// The second time everything is done, again from the beginning.
			clear(w.fail)
			if failed := w.handle(t, ended("m2", nil, nil)); failed != nil || w.state(t) != decide.Failed {
				t.Errorf("%q come back, the attempt is %s", failed, w.state(t))
			}
		})
	}
}

func TestFindingThatJoinsInTheLastMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.joins = decide.Ref{ID: "f3", Event: "e3"}
	if failed := w.handle(t, ended("m", nil, nil)); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{reading, looking, "update f1+f2 RESOLVED", "archive 1", "update f1+f2+f3 RESOLVED", "archive 1",
		"save succeeded"}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// Failures of many targets open the breaker of their control.
func TestBreakerHears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "no"}
	w.handle(t, ended("m", nil, nil))
	b, err := w.memory.LoadBreaker(t.Context(), "X.22")
	want := []decide.TargetFailure{{Key: group.Key(), Account: group.Account, Resource: "sg-1", At: noon}}
	if diff := cmp.Diff(want, b.Failures); err != nil || diff != "" {
		t.Errorf("failures, %v (-want +got):\n%s", err, diff)
	}
}
