package decide_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

const (
	ann = "arn:aws:iam::111111111111:user/ann"
	bob = "AROAEXAMPLEID12345678:bob" // sends messages in Ann's name
)

// request is Ann's, a moment before noon, to undo the repair of exec-1.
func wish(edits ...func(*decide.UndoRequest)) decide.UndoRequest {
	r := decide.UndoRequest{ID: "r1", ExecutionID: "exec-1", By: ann, Sender: bob, At: noon.Add(-2 * time.Second)}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func ofExecution(id string) func(*decide.UndoRequest) {
	return func(r *decide.UndoRequest) { r.ExecutionID = id }
}

// repaired is a repair that succeeded and changed something.
func repaired(number int, edits ...func(*decide.Attempt)) decide.Attempt {
	a := attempt(number, decide.Succeeded, edits...)
	if a.Change == "" {
		a.Change = "Closed TCP 22."
	}
	return a
}

func unneeded(a *decide.Attempt) { a.Change = "Nothing to change: TCP 22 is not open." }

// undo makes an attempt one that undoes a repair.
func undo(executionID string) func(*decide.Attempt) {
	return func(a *decide.Attempt) {
		a.Undo, a.Request, a.Trigger, a.By, a.Sender = executionID, "r-"+executionID, finding.CommandLine, ann, bob
		a.Parameters = target.Parameters{"ExecutionId": {Values: []string{executionID}}}
	}
}

func asks(request string) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.Request = request }
}

func onUndo(t *testing.T, g decide.Gate, rec decide.Record, r decide.UndoRequest) decide.Decision {
	t.Helper()
	d := unchanged(t, rec, func(rec decide.Record) decide.Decision { return decide.OnUndo(rec, r, g, noon, settings) })
	if !d.NeedsSlot {
		checkDecision(t, d)
	}
	return d
}

func TestOnUndo(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1"), ref("f2", "e2")}
	if d := onUndo(t, decide.Gate{}, rec, wish()); !d.NeedsSlot {
		t.Fatal("it starts without a slot")
	}
	d := onUndo(t, open, rec, wish())
	want := decide.Attempt{
		Number: 2, State: decide.Claimed, Undo: "exec-1", Request: "r1", Control: "X.22", Trigger: finding.CommandLine,
		By: ann, Sender: bob,
		Parameters: target.Parameters{"ExecutionId": {Values: []string{"exec-1"}}},
		Findings:   []decide.Ref{ref("f1", "e1"), ref("f2", "e2")}, QueuedAt: noon, ClaimedAt: noon,
	}
	if diff := cmp.Diff(want, last(t, d)); diff != "" || !d.Start || !d.Save || !d.StartAt.Equal(noon) {
		t.Errorf("start %t, save %t, attempt (-want +got):\n%s", d.Start, d.Save, diff)
	}
	if told := append(d.Updates, d.Announce...); len(told)+len(d.Notifications) > 0 {
		t.Errorf("a notification is sent before the outcome is known: %+v", told)
	}
	if got := last(t, d).Runbook(group); got != "UndoClosePorts" {
		t.Errorf("it runs %s", got)
	}
	if again := rec.Attempts[0].Runbook(group); again != "ClosePorts" {
		t.Errorf("a repair runs %s", again)
	}
}

func TestOnUndoRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rec  decide.Record
		gate decide.Gate
		wish decide.UndoRequest
		want string
	}{
		"no repair at all": {record(), open, wish(), "not a successful repair"},
		"an unknown execution": {record(repaired(1)), open, wish(ofExecution("exec-9")),
			"Execution exec-9 is not a successful repair"},
		"a repair that failed": {record(attempt(1, decide.Failed)), open, wish(), "not a successful repair"},
		"an undo": {record(repaired(1), attempt(2, decide.Succeeded, undo("exec-1"))), open,
			wish(ofExecution("exec-2")), "not a successful repair"},
		"a repair in flight": {record(repaired(1), attempt(2, decide.Running)), open, wish(),
			"Attempt 2 of this resource is running. Try again"},
		"a repair that waits": {record(repaired(1), attempt(2, decide.Queued)), open, wish(),
			"Attempt 2 of this resource is queued"},
		"somebody else's undo": {record(repaired(1), attempt(2, decide.Running, undo("exec-1"))), open, wish(),
			"Attempt 2 of this resource is running"},
		"undone already": {record(repaired(1), attempt(2, decide.Succeeded, undo("exec-1"))), open,
			wish(), "undone already"},
		"an older repair": {record(repaired(1), repaired(2)), open, wish(),
			"Only the latest repair can be undone, which is execution exec-2"},
		"older, and the newer undone": {record(repaired(1), repaired(2),
			attempt(3, decide.Succeeded, undo("exec-2"))), open, wish(), "Only the latest"},
		"a repair that changed nothing": {record(attempt(1, decide.Succeeded, unneeded)), open, wish(),
			"changed nothing"},
		"paused": {record(repaired(1)), decide.Gate{Paused: true, Slot: noon}, wish(),
			"paused by its administrator"},
		"irreversible": {record(repaired(1)), open,
			wish(func(r *decide.UndoRequest) { r.Irreversible = "a password cannot be restored." }),
			"cannot be undone: a password"},
		"long ago": {record(repaired(1)), open,
			wish(func(r *decide.UndoRequest) { r.At = noon.Add(-time.Hour) }),
			"at 2026-03-01 11:00 UTC, which is too long ago"},
		"tomorrow": {record(repaired(1)), open,
			wish(func(r *decide.UndoRequest) { r.At = noon.Add(24 * time.Hour) }),
			"at 2026-03-02 12:00 UTC, which is in the future"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := onUndo(t, tc.gate, tc.rec, tc.wish)
			if !d.Save || d.Start || d.NeedsSlot || len(d.Updates)+len(d.Announce)+len(d.Notifications) > 0 {
				t.Errorf("more than a refusal: %+v", d)
			}
			if diff := cmp.Diff(tc.rec.Attempts, d.Record.Attempts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("attempts (-before +after):\n%s", diff)
			}
			got := d.Record.Refused
			if got.Request != "r1" || got.ExecutionID != tc.wish.ExecutionID || got.By != ann || got.Sender != bob ||
				!got.At.Equal(noon) || !strings.Contains(got.Reason, tc.want) {
				t.Errorf("refused: %+v, want %q", got, tc.want)
			}
		})
	}
}

// Later attempts that changed nothing do not block an undo of the repair.
func TestOnUndoAfterOthers(t *testing.T) {
	t.Parallel()
	for name, rec := range map[string]decide.Record{
		"a repair that failed":          record(repaired(1), attempt(2, decide.Failed)),
		"a repair that changed nothing": record(repaired(1), attempt(2, decide.Succeeded, unneeded)),
		"an undo that failed":           record(repaired(1), attempt(2, decide.Failed, undo("exec-1"))),
		"a repair and its undo before": record(repaired(8), attempt(9, decide.Succeeded, undo("exec-8")),
			repaired(1, func(a *decide.Attempt) { a.Number = 10 })),
	} {
		if d := onUndo(t, open, rec, wish()); !d.Start || last(t, d).Undo != "exec-1" {
			t.Errorf("%s: start %t, refused %q", name, d.Start, d.Record.Refused.Reason)
		}
	}
}

// A message that comes twice is answered once, and goes on with what it has begun.
func TestOnUndoTwice(t *testing.T) {
	t.Parallel()
	refused := record(repaired(1))
	refused.Refused = decide.UndoRefusal{Request: "r1", Reason: "No."}
	begun := func(state decide.State, edits ...func(*decide.Attempt)) decide.Record {
		return record(repaired(1),
			attempt(2, state, append([]func(*decide.Attempt){undo("exec-1"), asks("r1")}, edits...)...))
	}
	for name, tc := range map[string]struct {
		rec   decide.Record
		start bool
	}{
		"refused":                {refused, false},
		"just claimed":           {begun(decide.Claimed, claimed(noon.Add(-time.Second))), false},
		"claimed and left":       {begun(decide.Claimed), true},
		"running":                {begun(decide.Running), false},
		"it failed":              {begun(decide.Failed), false},
		"it succeeded":           {begun(decide.Succeeded), false},
		"queued for another try": {begun(decide.Queued, queued(decide.Busy, noon)), true},
	} {
		d := onUndo(t, open, tc.rec, wish())
		if d.Start != tc.start || len(d.Record.Attempts) != len(tc.rec.Attempts) || !tc.start && d.Save {
			t.Errorf("%s: start %t, save %t, %d attempts", name, d.Start, d.Save, len(d.Record.Attempts))
		}
	}
}

// A refusal concerns nothing but the undo: a repair that waits is not this message's to start.
func TestOnUndoLeavesRepairsAlone(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]decide.Attempt{
		"queued":           attempt(2, decide.Queued),
		"claimed and left": attempt(2, decide.Claimed),
	} {
		d := onUndo(t, open, record(repaired(1), a), wish())
		if diff := cmp.Diff(a, last(t, d)); d.Start || diff != "" {
			t.Errorf("%s: start %t (-before +after):\n%s", name, d.Start, diff)
		}
	}
}

func TestUndoWaitsForItsSlot(t *testing.T) {
	t.Parallel()
	d := onUndo(t, decide.Gate{Slot: noon.Add(time.Minute)}, record(repaired(1)), wish())
	if a := last(t, d); d.Start || a.State != decide.Queued || a.Cause != decide.Paced ||
		d.Resume != time.Minute-settings.SlotLead {
		t.Errorf("start %t, %s %s, resume %s", d.Start, a.State, a.Cause, d.Resume)
	}
}

// Findings say FAILED or PASSED. Neither prevents an undo.
func TestUndoIsNotAboutWhatFindingsSay(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1), attempt(2, decide.Queued, undo("exec-1"), queued(decide.Busy, noon)))
	seen := map[string]decide.Seen{"f1": {Compliance: "PASSED", Workflow: "RESOLVED", RecordState: "ACTIVE"}}
	if d := decide.OnWake(rec, seen, open, noon, settings); !d.Start {
		t.Errorf("it is not started: %q", d.Log)
	}
}

// An undo does not outlast the pause that it meets, unless somebody may have started it.
func TestUndoMeetsThePause(t *testing.T) {
	t.Parallel()
	paused := decide.Gate{Paused: true}
	waiting := record(repaired(1), attempt(2, decide.Queued, undo("exec-1"), queued(decide.Busy, noon.Add(-time.Hour))))
	if plan := decide.OnSweep(waiting, true, "", noon, settings); !plan.Wake {
		t.Error("the sweep leaves it waiting")
	}
	d := decide.OnWake(waiting, nil, paused, noon, settings)
	checkDecision(t, d)
	if a := last(t, d); a.State != decide.Failed || a.Class != decide.Refused || d.Ended == nil || d.Ended.Counts ||
		d.Record.Held() {
		t.Errorf("attempt %+v, ended %+v", a, d.Ended)
	}
	waiting.Attempts[1].MayRun = true
	if plan := decide.OnSweep(waiting, true, "", noon, settings); plan.Wake {
		t.Error("the sweep wakes what may run already")
	}
	if d := decide.OnWake(waiting, nil, paused, noon, settings); d.Start || last(t, d).State != decide.Queued {
		t.Errorf("what may run is %s, start %t", last(t, d).State, d.Start)
	}
}

// A confirmation of an hour ago is too old: the undo does not start now, even if it could not start before.
func TestUndoGetsTooOld(t *testing.T) {
	t.Parallel()
	waiting := record(repaired(1),
		attempt(2, decide.Queued, undo("exec-1"), queued(decide.Busy, noon.Add(-time.Minute))))
	waiting.Attempts[1].QueuedAt = noon.Add(-time.Hour)
	d := decide.OnWake(waiting, nil, open, noon, settings)
	checkDecision(t, d)
	if a := last(t, d); d.Start || a.State != decide.Failed || a.Class != decide.TimedOut ||
		!strings.Contains(d.Updates[0].Note, "was not undone") {
		t.Errorf("start %t, attempt %+v, updates %+v", d.Start, a, d.Updates)
	}
	waiting.Attempts[1].MayRun = true // to start it again is the only way to know
	if d := decide.OnWake(waiting, nil, open, noon, settings); !d.Start {
		t.Error("what may run is not asked for")
	}
}

// The changes of failed attempts are not in the Before of the repair after them.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	refused := attempt(2, decide.Failed, func(a *decide.Attempt) { a.Class = decide.Refused })
	neverRan := attempt(2, decide.Failed, func(a *decide.Attempt) { a.ExecutionID = "" })
	for name, tc := range map[string]struct {
		rec  decide.Record
		want int
	}{
		"one failed before":         {record(attempt(1, decide.Failed), repaired(2)), 1},
		"and a success in between":  {record(attempt(8, decide.Failed), repaired(9), repaired(2)), 0},
		"it failed afterwards":      {record(repaired(2), attempt(3, decide.Failed)), 0},
		"the runbook refused":       {record(refused, repaired(2)), 0},
		"it never ran":              {record(neverRan, repaired(2)), 0},
		"an undo failed":            {record(repaired(8), attempt(9, decide.Failed, undo("exec-8")), repaired(2)), 0},
		"the repair is not in here": {record(attempt(1, decide.Failed)), 0},
	} {
		if got := tc.rec.Unfinished("exec-2"); len(got) != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUndoEnds(t *testing.T) {
	t.Parallel()
	running := record(repaired(1), attempt(2, decide.Running, undo("exec-1"), func(a *decide.Attempt) {
		a.Findings = []decide.Ref{ref("f1", "e1"), ref("f2", "e2")}
	}))
	running.Unconfirmed = []decide.Ref{ref("f1", "e1")}
	suppressed := map[string]decide.Seen{"f1": {Workflow: "RESOLVED", Compliance: "PASSED", RecordState: "ACTIVE"},
		"f2": {Workflow: "SUPPRESSED", Compliance: "FAILED", RecordState: "ACTIVE"}}
	for name, tc := range map[string]struct {
		outcome decide.Outcome
		seen    map[string]decide.Seen
		held    bool
		told    []string
		note    []string
		mails   int
	}{
		"restored": {
			decide.Outcome{Succeeded: true, Change: "Restored TCP 22 from 0.0.0.0/0."}, nil, true,
			[]string{"f1 NOTIFIED", "f2 NOTIFIED"},
			[]string{"Undone by " + ann + ", sent by " + bob +
				": Restored TCP 22 from 0.0.0.0/0. Automatic repair by hubmend-ClosePorts is off until",
				"custom action", "hubmend remediate", "exec-2 of hubmend-UndoClosePorts"}, 0,
		},
		"restored, and one is suppressed": {decide.Outcome{Succeeded: true, Change: "Restored."}, suppressed, true,
			[]string{"f1 NOTIFIED"}, nil, 0},
		"changed since": {
			decide.Outcome{Class: decide.Refused, Reason: "The group was changed since."}, nil, false,
			[]string{"f1 ", "f2 "},
			[]string{"not undone, as " + ann + ", sent by " + bob + " had requested: The group was changed since."}, 1,
		},
		"throttled, which a repair would try again": {decide.Outcome{Class: decide.Throttling,
			Reason: "Rate exceeded."}, nil, false, []string{"f1 ", "f2 "},
			[]string{"A part may be restored: Rate exceeded."}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.outcome.ExecutionID = "exec-2"
			d := unchanged(t, running, func(rec decide.Record) decide.Decision {
				return decide.OnOutcome(rec, tc.outcome, tc.seen, noon, settings)
			})
			checkDecision(t, d)
			if d.Record.Held() != tc.held || tc.held != (d.Record.HeldBy == ann && d.Record.HeldSender == bob) ||
				tc.held == (len(d.Record.Unconfirmed) > 0) {
				t.Errorf("held %t by %q, unconfirmed %v", d.Record.Held(), d.Record.HeldBy, d.Record.Unconfirmed)
			}
			if d.Ended == nil || d.Ended.Counts || len(d.Metrics) > 0 || len(d.Record.Attempts) != 2 {
				t.Errorf("ended %+v, metrics %v, %d attempts", d.Ended, d.Metrics, len(d.Record.Attempts))
			}
			if diff := cmp.Diff(tc.told, told(d.Updates)); diff != "" || len(d.Notifications) != tc.mails {
				t.Errorf("%d notifications, told:\n%s", len(d.Notifications), diff)
			}
			for _, part := range tc.note {
				if !strings.Contains(d.Updates[0].Note, part) {
					t.Errorf("the note does not say %q: %s", part, d.Updates[0].Note)
				}
			}
		})
	}
}

// The longest words leave room for what follows from them.
func TestUndoNotesSayWhatFollows(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1),
		attempt(2, decide.Running, undo("exec-1"),
			func(a *decide.Attempt) { a.By, a.Sender = strings.Repeat("b", 300), bob }))
	d := decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-2", Succeeded: true, Change: strings.Repeat("c", 900)},
		nil, noon, settings)
	if note := d.Updates[0].Note; !strings.Contains(note, "`hubmend remediate` is used.") ||
		!strings.Contains(note, ", sent by "+bob+":") {
		t.Errorf("%d characters: %s", len(note), note)
	}
}

// held is a record of which Ann has taken the repair back half a minute before noon.
func held() decide.Record {
	rec := record(repaired(1, ended(noon.Add(-time.Hour))), attempt(2, decide.Succeeded, undo("exec-1")))
	rec.HeldAt, rec.HeldBy, rec.HeldSender = rec.Attempts[1].EndedAt, ann, bob
	return rec
}

func TestFindingsOfWhatIsHeld(t *testing.T) {
	t.Parallel()
	asked := func(at time.Time) func(*decide.Request) {
		return func(r *decide.Request) { r.Trigger, r.AsOf = finding.CustomAction, at }
	}
	for name, tc := range map[string]struct {
		requests []decide.Request
		log      []string
		start    bool
		told     []string
	}{
		"a new check": {[]decide.Request{ask("f2", "e2", asOf(noon))}, []string{"held"}, false,
			[]string{"f2 NOTIFIED"}},
		"an old check": {[]decide.Request{ask("f2", "e2", asOf(noon.Add(-2*time.Hour)))},
			[]string{"held"}, false, []string{"f2 NOTIFIED"}},
		"the message of the repair again": {[]decide.Request{ask("f1", "e1")}, []string{"answered already"}, false,
			nil},
		"a person, now": {[]decide.Request{ask("f1", "e9", asked(noon))}, []string{"start"}, true,
			[]string{"f1 NOTIFIED"}},
		"a person, before the undo ended": {[]decide.Request{ask("f1", "e9", asked(noon.Add(-time.Minute)))},
			[]string{"held"}, false, []string{"f1 NOTIFIED"}},
		"a check, and a person": {[]decide.Request{ask("f2", "e2", asOf(noon)),
			ask("f1", "e9", asked(noon))}, []string{"share", "start"}, true, []string{"f1 NOTIFIED", "f2 NOTIFIED"}},
		"a person on the command line, now": {
			[]decide.Request{ask("f1", "e9", asked(noon),
				func(r *decide.Request) { r.Trigger, r.By = finding.CommandLine, ann })}, []string{"start"}, true,
			[]string{"f1 NOTIFIED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := onFindings(t, held(), tc.requests...)
			if diff := cmp.Diff(tc.log, d.Log); diff != "" || d.Start != tc.start {
				t.Errorf("start %t, log:\n%s", d.Start, diff)
			}
			if d.Record.Held() == tc.start {
				t.Errorf("held: %t", d.Record.Held())
			}
			if diff := cmp.Diff(tc.told, told(append(d.Updates, d.Announce...))); diff != "" {
				t.Error(diff)
			}
			if len(d.Notifications) > 0 {
				t.Errorf("people are notified again: %q", d.Notifications[0].Subject())
			}
		})
	}
}

// A later check of an old request makes the request no newer.
func TestALaterCheckDoesNotEndTheHold(t *testing.T) {
	t.Parallel()
	seen := map[string]decide.Seen{"f1": {Workflow: "NOTIFIED", Compliance: "FAILED", RecordState: "ACTIVE",
		ObservedAt: noon}}
	byHandBefore := ask("f1", "e9",
		func(r *decide.Request) { r.Trigger, r.AsOf = finding.CustomAction, noon.Add(-time.Minute) })
	if d := through(t, open, seen, held(), byHandBefore); d.Start || !d.Record.Held() {
		t.Errorf("start %t, held %t", d.Start, d.Record.Held())
	}
}

// While an undo is on its way, what findings ask waits for its end.
func TestFindingsWaitForAnUndo(t *testing.T) {
	t.Parallel()
	for _, state := range []decide.State{decide.Queued, decide.Claimed, decide.Running} {
		rec := record(repaired(1), attempt(2, state, undo("exec-1"), func(a *decide.Attempt) {
			if state == decide.Queued {
				queued(decide.Busy, noon.Add(time.Hour))(a)
			} else {
				a.ClaimedAt = noon
			}
		}))
		d := onFindings(t, rec, ask("f2", "e2", asOf(noon)), ask("f1", "e9", byHand))
		if diff := cmp.Diff([]decide.Later{{Request: 0, After: settings.Wait}, {Request: 1, After: settings.Wait}},
			d.Later); diff != "" || len(d.Updates)+len(d.Announce) > 0 {
			t.Errorf("%s: told %v, later:\n%s", state, d.Updates, diff)
		}
	}
}

// After an undo that failed, automatic repair goes on, with what the guard leaves it.
func TestFindingsAfterAFailedUndo(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1), attempt(2, decide.Failed, undo("exec-1")))
	if d := onFindings(t, rec, ask("f1", "e2", asOf(noon))); !d.Start || last(t, d).Undo != "" {
		t.Errorf("start %t of %+v", d.Start, last(t, d))
	}
}

// Undos count neither for the guard nor for the waits between retries, and push no repair out of
// the guard's sight.
func TestUndosCountForNothing(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1), repaired(2))
	for n := 3; n < 12; n++ {
		rec.Attempts = append(rec.Attempts, attempt(n, decide.Failed, undo("exec-2"), class(decide.Throttling)))
	}
	d := onFindings(t, rec, ask("f1", "e2", asOf(noon)))
	if !d.Start {
		t.Fatalf("the third repair is not started: %q", d.Log)
	}
	repairs, undos := 0, 0
	for _, a := range d.Record.Attempts {
		if a.Undo == "" {
			repairs++
		} else {
			undos++
		}
	}
	if repairs != 3 || undos != 5 {
		t.Errorf("%d repairs and %d undos are kept", repairs, undos)
	}
	third := d.Record
	third.Attempts[len(third.Attempts)-1].State = decide.Failed
	third.Attempts[len(third.Attempts)-1].EndedAt = noon
	if d := decide.OnFindings(third, []decide.Request{ask("f1", "e3", asOf(noon.Add(time.Hour)))}, nil, open,
		noon.Add(time.Hour), settings); d.Start {
		t.Error("a fourth repair is started: the guard has lost one")
	}
}

// A check that fails while an undo is on its way contradicts nothing.
func TestNoCheckWhileAnUndoRuns(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1), attempt(2, decide.Running, undo("exec-1")))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
	seen := map[string]decide.Seen{"f1": {Workflow: "RESOLVED", Compliance: "FAILED", RecordState: "ACTIVE",
		ObservedAt: noon}}
	if d := decide.OnChecks(rec, seen, noon, settings); d.Save || len(d.Updates)+len(d.Notifications) > 0 {
		t.Errorf("something happens: %+v", d)
	}
	for i := range 24 {
		if decide.OnSweep(rec, false, "", noon.Add(time.Duration(i)*decide.SweepEvery), settings).Check {
			t.Fatal("the sweep checks")
		}
	}
	rec.Attempts[1].State = decide.Failed
	if d := decide.OnChecks(rec, seen, noon, settings); !d.Save || len(d.Notifications) != 1 ||
		!strings.Contains(d.Updates[0].Note, "exec-1") {
		t.Errorf("after an undo that failed: %+v", d)
	}
}

func TestUndoIsGivenUp(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1),
		attempt(2, decide.Claimed, undo("exec-1"), func(a *decide.Attempt) { a.QueuedAt = noon.Add(-time.Hour) }))
	d := decide.OnStartDeferred(rec, 2, "throttled.", false, noon, settings)
	if a := last(t, d); a.State != decide.Failed || a.Class != decide.TimedOut || d.Record.Held() {
		t.Errorf("attempt %+v", a)
	}
}
