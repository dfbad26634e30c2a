package settle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/reverted"
)

func message(id, body string) events.SQSMessage { return events.SQSMessage{MessageId: id, Body: body} }

// edit changes the record of the group.
func (w *world) edit(t *testing.T, change func(*decide.Record)) {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), group.Key())
	if err != nil {
		t.Fatal(err)
	}
	change(&rec)
	if _, err := w.memory.Save(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

// before is a repair that succeeded an hour ago.
func before(edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{Number: 1, State: decide.Succeeded, Control: "X.22", ExecutionID: "exec-0",
		Change:    "Closed TCP 22.",
		ClaimedAt: noon.Add(-2 * time.Hour), EndedAt: noon.Add(-time.Hour)}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

// A repair that finds something to change again shows that the one before was reverted.
func TestRevertIsLookedUp(t *testing.T) {
	t.Parallel()
	second := running(func(a *decide.Attempt) { a.Number = 2; a.QueuedAt = noon.Add(-10 * time.Minute) })
	errand := messages.Revert{Key: group.Key(), Number: 1}.Body()
	for name, tc := range map[string]struct {
		before  decide.Attempt
		outcome decide.Outcome
		errand  bool
	}{
		"repaired again": {before(), success, true},
		"failed": {before(),
			decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "no"}, true},
		"compliant": {before(),
			decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: "Nothing to change."}, false},
		"after an undo":   {before(func(a *decide.Attempt) { a.Undo = "exec-00" }), success, false},
		"after a failure": {before(func(a *decide.Attempt) { a.State = decide.Failed }), success, false},
		"known already":   {before(func(a *decide.Attempt) { a.RevertedBy.Event = "E" }), success, false},
		"nothing was changed": {before(func(a *decide.Attempt) { a.Change = "Nothing to change: it is closed." }),
			success, false},
	} {
		w := newWorld(t, tc.before, second)
		w.outcomes["exec-1"] = tc.outcome
		w.handle(t, ended("m", nil, nil))
		sent := false
		for _, step := range w.done {
			sent = sent || step == "send in 15m0s "+errand
		}
		if sent != tc.errand {
			t.Errorf("%s: looked up: %t, %q", name, sent, w.done)
		}
	}
}

func TestWhoRevertedIsRecorded(t *testing.T) {
	t.Parallel()
	ended := decide.Attempt{Number: 2, State: decide.Succeeded, Control: "X.22", ExecutionID: "exec-1",
		Change: "Closed TCP 22.", QueuedAt: noon.Add(-10 * time.Minute), EndedAt: noon.Add(-5 * time.Minute),
		Findings: []decide.Ref{{ID: "f1", Event: "e1"}}}
	errand := message("m", messages.Revert{Key: group.Key(), Number: 1}.Body())
	looked := []string{"who changed sg-1 from 11:00 to 11:50"}
	for name, tc := range map[string]struct {
		edit func(*world)
		want []string
	}{
		"found": {func(w *world) {
			w.by = reverted.By{Principal: "role deploy-prod", Tool: "Terraform", Event: "Authorize", At: noon,
				Likely: true}
		},
			append(looked, "look f1", "update f1 ", "save succeeded")},
		"not found":    {func(*world) {}, looked},
		"not readable": {func(w *world) { w.fail["RevertedBy"] = true }, looked},
		"looked up already": {
			func(w *world) { w.edit(t, func(r *decide.Record) { r.Attempts[0].RevertedBy.Event = "E" }) }, nil},
		"another one runs": {func(w *world) {
			w.edit(t, func(r *decide.Record) { r.Attempts = append(r.Attempts, running()) })
		}, nil},
	} {
		w := newWorld(t, before(), ended)
		tc.edit(w)
		if failed := w.handle(t, errand); failed != nil {
			t.Errorf("%s: %q come back", name, failed)
		}
		if diff := cmp.Diff(tc.want, w.done); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", name, diff)
		}
		if name == "found" &&
			(len(w.notes) != 1 || !strings.Contains(w.notes[0], "Reverted by role deploy-prod with Terraform") ||
				!strings.Contains(w.notes[0], "--patch terraform")) {
			t.Errorf("notes %q", w.notes)
		}
	}
	w := newWorld(t, before(), ended)
	w.handle(t, message("m", `{"source":"hubmend.revert","detail":{"key":"x","number":1}}`))
	if len(w.buried) != 1 {
		t.Errorf("buried %q", w.buried)
	}
}
