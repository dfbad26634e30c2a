package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
)

const repairID = "0b0a7756-0ea4-451a-a703-a558b933e274"

// undoOf is a message with Ann's request to undo the repair of a security group.
func undoOf(id, group string, edits ...func(*messages.Undo)) events.SQSMessage {
	u := messages.Undo{
		ID: "5fea7756-0ea4-451a-a703-a558b933e274", Key: targetOf(group).Key(), ExecutionID: repairID,
		By: "arn:aws:iam::111111111111:user/ann", At: noon.Add(-time.Second),
	}
	for _, edit := range edits {
		edit(&u)
	}
	return raw(id, u.Body())
}

// hasRepaired puts a repair of a control into the ledger that succeeded.
func (w *world) hasRepaired(t *testing.T, group, control string) {
	t.Helper()
	rec := decide.Record{Target: targetOf(group), Attempts: []decide.Attempt{{
		Number: 1, State: decide.Succeeded, Control: control, ExecutionID: repairID, Change: "Closed.",
		EndedAt: noon.Add(-time.Hour), ClaimedAt: noon.Add(-time.Hour),
		Findings: []decide.Ref{{ID: "arn:aws:securityhub:eu-west-1:222222222222:x/f1", Event: "e1"}},
	}}}
	if _, err := w.memory.Save(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

func (w *world) record(t *testing.T, group string) decide.Record {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), targetOf(group).Key())
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestUndoIsStarted(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.hasRepaired(t, one, "EC2.13")
	if failed := w.handle(t, undoOf("u1", one)); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"save claimed", "start sg-11111111 2 ", "save running"}, w.take()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	a := w.attempt(t, one)
	if a.Sender != sender {
		t.Errorf("sent by %q", a.Sender)
	}
	if a.Undo != repairID || a.ExecutionID != "exec-1" ||
		fmt.Sprint(a.Parameters.Input()) != "map[ExecutionId:["+repairID+"]]" {
		t.Errorf("attempt %+v", a)
	}
	if !w.logged("undo asked", targetOf(one).String(), repairID, "user/ann") {
		t.Errorf("log:\n%s", w.log.String())
	}
	if w.handle(t, undoOf("u2", one)); w.take() != nil || w.started != 1 {
		t.Error("the message does something when it comes again")
	}
}

func TestUndoIsRefused(t *testing.T) {
	t.Parallel()
	irreversible := ""
	for _, c := range catalog.Embedded().Controls {
		if !c.Reversible {
			irreversible = c.ID
		}
	}
	for name, tc := range map[string]struct {
		control string
		edit    func(*messages.Undo)
		paused  bool
		want    string
	}{
		"of another execution": {"EC2.13", func(u *messages.Undo) { u.ExecutionID = u.ID }, false,
			"is not a successful repair"},
		"while paused": {"EC2.13", func(*messages.Undo) {}, true, "paused"},
		"of what has no undo": {irreversible, func(*messages.Undo) {}, false,
			"This kind of repair cannot be undone: "},
		"of an unknown control": {"X.1", func(*messages.Undo) {}, false, "does not know X.1"},
		"that was asked for ago": {"EC2.13", func(u *messages.Undo) { u.At = noon.Add(-2 * time.Hour) }, false,
			"too long ago"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.paused = tc.paused
			w.hasRepaired(t, one, tc.control)
			if failed := w.handle(t, undoOf("u1", one, tc.edit)); failed != nil || w.started > 0 || w.buried != nil {
				t.Errorf("%q come back, %d starts, buried %q", failed, w.started, w.buried)
			}
			if got := w.record(t, one).Refused; !strings.Contains(got.Reason, tc.want) || got.Request == "" {
				t.Errorf("refused: %+v, want %q", got, tc.want)
			}
			if !w.logged("undo refused", tc.want) {
				t.Errorf("log:\n%s", w.log.String())
			}
		})
	}
}

// A message that cannot be an undo of anything is a dead letter, and stops nothing else.
func TestBadUndosAreBuried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"of no target":    {undoOf("u", "sg-never").Body, "the ledger has no target hubmend-"},
		"without a key":   {`{"source":"hubmend.undo","detail":{}}`, "its id is not a UUID"},
		"of another form": {`{"source":"hubmend.undo","detail":"x"}`, "read undo"},
		"with a reference": {undoOf("u", one, func(u *messages.Undo) { u.ExecutionID = "{{ x }}" }).Body,
			"its executionId"},
	} {
		w := newWorld()
		if failed := w.handle(t, raw("u1", tc.body), m1); failed != nil || w.started != 1 {
			t.Errorf("%s: %q come back, %d starts", name, failed, w.started)
		}
		if len(w.buried) != 1 || !strings.Contains(w.buried[0], tc.want) {
			t.Errorf("%s: buried %q, want %q", name, w.buried, tc.want)
		}
	}
}

func TestUndoComesBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*testing.T, *world)
		done   string // the last thing that is done
	}{
		"the record is not read": {func(_ *testing.T, w *world) { w.fail["Load "+targetOf(one).Key()] = true }, ""},
		"the claim is not saved": {func(_ *testing.T, w *world) { w.failSave = w.saves + 1 }, ""},
		"the start is not saved": {func(_ *testing.T, w *world) { w.failSave = w.saves + 2 }, "start sg-11111111 2 "},
		"its slot is to come": {func(t *testing.T, w *world) { w.takeSlots(t, "eu-west-1", 60) },
			delayed("u1", 60*ledger.SlotSpacing-decide.Defaults.SlotLead)},
		"it is throttled": {func(_ *testing.T, w *world) { w.startErr = errThrottled }, "delay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.hasRepaired(t, one, "EC2.13")
			tc.breaks(t, w)
			if diff := cmp.Diff([]string{"u1"}, w.handle(t, undoOf("u1", one))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			done := w.take()
			if last := strings.Join(done[max(0, len(done)-1):], ""); !strings.HasPrefix(last, tc.done) {
				t.Errorf("done %q", done)
			}
		})
	}
}

// Findings that arrive with the undo of their target wait for its end, whoever comes first.
func TestUndoAndFindings(t *testing.T) {
	t.Parallel()
	f := imported("m1", sg("f2", "EC2.13", one))
	for name, batch := range map[string][]events.SQSMessage{"undo first": {undoOf("u1", one), f},
		"finding first": {f, undoOf("u1", one)}} {
		w := newWorld()
		w.hasRepaired(t, one, "EC2.13")
		w.handle(t, batch...)
		if w.started != 1 {
			t.Errorf("%s: %d starts", name, w.started)
		}
		if rec := w.record(t, one); name == "undo first" && rec.Last().Undo == "" || name == "finding first" &&
			rec.Refused.Reason == "" {
			t.Errorf("%s: %+v", name, rec)
		}
	}
}

// The sweep has an undo go on that was left waiting, and one that meets the pause end.
func TestFollowUpOfAnUndo(t *testing.T) {
	t.Parallel()
	for paused, want := range map[bool][]string{
		false: {"save claimed", "start sg-11111111 2 ", "save running"},
		true: {"update f1", "notify Hubmend: repair not undone: EC2.13 sg-11111111 in 222222222222",
			"save failed"},
	} {
		w := newWorld()
		w.hasRepaired(t, one, "EC2.13")
		w.startErr = errThrottled
		w.handle(t, undoOf("u1", one))
		w.startErr, w.paused, w.now = nil, paused, noon.Add(10*time.Minute)
		w.take()
		w.handle(t, followUpFor("e1", one))
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Errorf("paused %t, done (-want +got):\n%s", paused, diff)
		}
	}
}
