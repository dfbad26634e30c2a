package settle_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

func TestGlobalTargetIsReadWhereItRan(t *testing.T) {
	t.Parallel()
	user := target.Target{Account: "222222222222", Region: target.Global, Runbook: "FixUser", Resource: "alice"}
	byEvent := ended("m", object{"region": "us-east-1"},
		object{"Definition": "hubmend-FixUser",
			"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + user.Key()})
	byFollowUp := followUpFor("m", "exec-1")
	byFollowUp.Body = strings.Replace(byFollowUp.Body, group.Key(), user.Key(), 1)
	for region, m := range map[string]events.SQSMessage{"us-east-1": byEvent, "eu-central-1": byFollowUp} {
		w := newWorld(t)
		if _, err := w.memory.Save(t.Context(),
			decide.Record{Target: user, Attempts: []decide.Attempt{running()}}); err != nil {
			t.Fatal(err)
		}
		if failed := w.handle(t, m); failed != nil {
			t.Errorf("%q come back", failed)
		}
		want := []string{"read 222222222222 " + region + " exec-1", looking, "update f1+f2 RESOLVED", "archive 1",
			"save succeeded"}
		if diff := cmp.Diff(want, w.done); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
	}
}

// A follow-up asks how an execution is whose event never came.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	old := func(a *decide.Attempt) { a.ClaimedAt = noon.Add(-decide.Defaults.Window) }
	for name, tc := range map[string]struct {
		attempt   decide.Attempt
		execution string
		err       error
		done      []string
		back      []string
		state     decide.State
	}{
		"ended": {running(), "exec-1", nil,
			[]string{reading, looking, "update f1+f2 RESOLVED", "archive 1", "save succeeded"}, nil, decide.Succeeded},
		"still running":      {running(), "exec-1", notEnded, []string{reading}, nil, decide.Running},
		"throttled":          {running(), "exec-1", throttled, []string{reading}, []string{"m"}, decide.Running},
		"of another attempt": {running(), "exec-2", nil, nil, nil, decide.Running},
		// the sweep asks again
		"not readable": {running(), "exec-1", denied, []string{reading}, nil, decide.Running},
		"not readable for a day": {
			running(old), "exec-1", denied,
			[]string{reading, looking, "update f1+f2 NOTIFIED", mail, "archive 1", "save failed"}, nil, decide.Failed,
		},
		"still running after a day": {running(old), "exec-1", notEnded, []string{reading}, nil, decide.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.attempt)
			w.errs["exec-1"] = tc.err
			if diff := cmp.Diff(tc.back, w.handle(t, followUpFor("m", tc.execution))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if diff := cmp.Diff(tc.done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if got := w.state(t); got != tc.state {
				t.Errorf("the attempt is %s, want %s", got, tc.state)
			}
		})
	}
}

func TestNoteOfWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running(func(a *decide.Attempt) { a.ClaimedAt = noon.Add(-48 * time.Hour) }))
	w.errs["exec-1"] = denied
	w.handle(t, followUpFor("m", "exec-1"))
	if len(w.notes) != 1 || !strings.Contains(w.notes[0], "cannot be read") ||
		!strings.Contains(w.notes[0], "not authorized") || strings.Contains(w.notes[0], "ended as") {
		t.Errorf("notes: %q", w.notes)
	}
}

// An outcome without an event is counted: if forwarding is broken, every outcome is late.
func TestUnreportedIsCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		counted int
	}{
		"the sweep found it":             {followUpFor("m1", "exec-1"), 1},
		"an event reported it":           {ended("m1", nil, nil), 0},
		"another execution than it runs": {followUpFor("m1", "exec-2"), 0},
	} {
		w := newWorld(t, running())
		w.handle(t, tc.message)
		if n := strings.Count(w.log.String(), `"metric":"Unreported"`); n != tc.counted {
			t.Errorf("%s: counted %d times, want %d", name, n, tc.counted)
		}
	}
}

// The answers of a batch go out one after the other, in the pace that Security Hub takes, and targets are
// settled beside each other.
func TestAnswersAreSpaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	other := target.Target{Account: group.Account, Region: group.Region, Runbook: group.Runbook, Resource: "sg-2"}
	second := running(func(a *decide.Attempt) { a.ExecutionID = "exec-2" })
	if _, err := w.memory.Save(t.Context(),
		decide.Record{Target: other, Attempts: []decide.Attempt{second}}); err != nil {
		t.Fatal(err)
	}
	w.outcomes["exec-2"] = decide.Outcome{ExecutionID: "exec-2", Succeeded: true}
	var slept []time.Duration
	h := w.handler()
	h.Sleep = func(_ context.Context, d time.Duration) { slept = append(slept, d) }
	batch := []events.SQSMessage{followUpFor("m1", "exec-1"), followUpFor("m2", "exec-1"),
		{MessageId: "m3", Body: messages.FollowUp{Key: other.Key(), ExecutionID: "exec-2"}.Body()}}
	if response, err := h.Handle(t.Context(), events.SQSEvent{Records: batch}); err != nil ||
		len(response.BatchItemFailures) > 0 {
		t.Errorf("Handle = %+v, %v", response, err)
	}
	if diff := cmp.Diff([]time.Duration{0, 450 * time.Millisecond}, slept); diff != "" {
		t.Errorf("sleeps (-want +got):\n%s", diff)
	}
}
