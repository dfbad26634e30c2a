package settle_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
)

// undoing is an attempt that undoes a repair.
func undoing(edits ...func(*decide.Attempt)) decide.Attempt {
	return running(append([]func(*decide.Attempt){func(a *decide.Attempt) {
		a.Undo, a.By = "exec-0", "arn:aws:iam::111111111111:user/ann"
	}}, edits...)...)
}

func undoEnded() events.SQSMessage {
	return ended("m", nil, object{"Definition": "hubmend-UndoClosePorts"})
}

func TestUndoIsSettled(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]events.SQSMessage{"by its event": undoEnded(),
		"by a follow-up": followUpFor("m", "exec-1")} {
		w := newWorld(t, undoing())
		w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: "Restored TCP 22."}
		if failed := w.handle(t, m); failed != nil {
			t.Errorf("%s: %q come back", name, failed)
		}
		if diff := cmp.Diff([]string{reading, looking, "update f1+f2 NOTIFIED", "archive 1", "save succeeded"},
			w.done); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", name, diff)
		}
		if !strings.Contains(w.notes[0], "Undone by arn:aws:iam::111111111111:user/ann: Restored TCP 22.") {
			t.Errorf("%s: %q", name, w.notes)
		}
		if rec, err := w.memory.Load(t.Context(), group.Key()); err != nil || !rec.Held() {
			t.Errorf("%s: nothing is held, %v", name, err)
		}
	}
}

func TestUndoThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, undoing())
	w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Refused, Reason: "It was changed since."}
	w.handle(t, undoEnded())
	want := []string{reading, looking, "update f1+f2 ",
		"notify Hubmend: repair not undone: X.22 sg-1 in 222222222222", "archive 1", "save failed"}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// A repair never ends by the event of an undo, nor the other way round, even while it is unknown
// which execution is the attempt's.
func TestEventOfAnotherDocument(t *testing.T) {
	t.Parallel()
	unknown := func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Claimed, "" }
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		message events.SQSMessage
	}{
		"a repair, the undo's":  {running(unknown), undoEnded()},
		"an undo, the repair's": {undoing(unknown), ended("m", nil, nil)},
	} {
		w := newWorld(t, tc.attempt)
		if failed := w.handle(t, tc.message); failed != nil || w.done != nil || w.state(t) != decide.Claimed {
			t.Errorf("%s: %q come back, done %q, attempt %s", name, failed, w.done, w.state(t))
		}
	}
}
