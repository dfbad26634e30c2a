package decide_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

func TestOnStarted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rec  decide.Record
		save bool
		want decide.State
		exec string
	}{
		"claimed":         {record(attempt(1, decide.Claimed)), true, decide.Running, "exec-1"},
		"running":         {record(attempt(1, decide.Running)), false, decide.Running, "exec-1"},
		"ended meanwhile": {record(attempt(1, decide.Succeeded)), false, decide.Succeeded, "exec-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := unchanged(t, tc.rec,
				func(rec decide.Record) decide.Decision { return decide.OnStarted(rec, 1, "exec-1") })
			checkDecision(t, d)
			if a := last(t, d); d.Save != tc.save || a.State != tc.want || a.ExecutionID != tc.exec {
				t.Errorf("save %t, attempt %s %q", d.Save, a.State, a.ExecutionID)
			}
			if len(d.Updates)+len(d.Announce)+len(d.Notifications) > 0 {
				t.Error("a finding or a person was notified")
			}
		})
	}
	if d := decide.OnStarted(record(), 1, "exec-1"); d.Save {
		t.Error("a record without attempts is saved")
	}
}

func TestOnStartRefused(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Claimed,
		func(a *decide.Attempt) { a.Findings = []decide.Ref{ref("f1", "e1"), ref("f2", "e2")} }))
	d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
		return decide.OnStartRefused(rec, 1, decide.Permission, "account 222222222222 has no runbook; deploy it.", noon,
			settings)
	})
	checkDecision(t, d)
	a := last(t, d)
	if !d.Save || a.State != decide.Failed || !a.EndedAt.Equal(noon) || a.ExecutionID != "" {
		t.Errorf("save %t, attempt %+v", d.Save, a)
	}
	if diff := cmp.Diff([]string{"f1 NOTIFIED", "f2 NOTIFIED"}, told(d.Updates)); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"deploy it.", "No execution was started", "custom action"} {
		if note := d.Updates[0].Note; !strings.Contains(note, part) {
			t.Errorf("the note does not say %q: %s", part, note)
		}
	}
	if len(d.Notifications) != 1 {
		t.Errorf("%d notifications", len(d.Notifications))
	}
}

// A start is refused while the record moves on: the lease passed, another function resumed the
// attempt, and what it ended as must stay.
func TestOnStartRefusedTooLate(t *testing.T) {
	t.Parallel()
	for name, rec := range map[string]decide.Record{
		"no attempt": record(), "running": record(attempt(1, decide.Running)),
		"succeeded": record(attempt(1, decide.Succeeded)), "failed": record(attempt(1, decide.Failed)),
	} {
		d := decide.OnStartRefused(rec, 1, decide.Permission, "no", noon, settings)
		if d.Save || len(d.Updates)+len(d.Notifications) > 0 {
			t.Errorf("%s: save %t, %v", name, d.Save, d.Updates)
		}
	}
}

func TestOnOutcome(t *testing.T) {
	t.Parallel()
	success := decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: "Closed TCP 22."}
	failure := decide.Outcome{ExecutionID: "exec-1", Reason: "TCP 22 is still open."}
	two := func(a *decide.Attempt) { a.Findings = []decide.Ref{ref("f1", "e1"), ref("f2", "e2")} }
	for name, tc := range map[string]struct {
		rec      decide.Record
		outcome  decide.Outcome
		state    decide.State // "" when nothing happens
		updates  []string
		note     []string
		notified int
	}{
		"success": {record(attempt(1, decide.Running, two)), success, decide.Succeeded,
			[]string{"f1 RESOLVED", "f2 RESOLVED"}, []string{"Closed TCP 22.", "exec-1", "hubmend-ClosePorts"}, 0},
		"failure": {record(attempt(1, decide.Running, two)), failure, decide.Failed,
			[]string{"f1 NOTIFIED", "f2 NOTIFIED"},
			[]string{"TCP 22 is still open.", "exec-1", "by hand", "custom action"}, 1},
		"before it was recorded": {record(attempt(1, decide.Claimed)), began(success, noon.Add(-4*time.Minute)),
			decide.Succeeded, []string{"f1 RESOLVED"}, []string{"exec-1"}, 0},
		"before it was recorded, by a slow clock": {record(attempt(1, decide.Claimed)),
			began(success, noon.Add(-5*time.Minute-time.Second)), decide.Succeeded, []string{"f1 RESOLVED"},
			[]string{"exec-1"}, 0},
		"of an execution that the record has lost": {record(attempt(7, decide.Claimed)),
			began(success, noon.Add(-6*time.Minute)), "", nil, nil, 0},
		"of one that the record has lost, deferred": {
			record(attempt(7, decide.Queued, claimed(noon.Add(-4*time.Minute)), mayRun)),
			began(success, noon.Add(-6*time.Minute)), "", nil, nil, 0},
		"unreadable, of an attempt without its execution": {record(attempt(7, decide.Claimed)), failure, "", nil, nil,
			0},
		"of another execution": {record(attempt(1, decide.Running)),
			decide.Outcome{ExecutionID: "exec-9", Succeeded: true}, "", nil, nil, 0},
		"a duplicate": {record(attempt(1, decide.Succeeded)), success, "", nil, nil,
			0},
		"success after failure": {record(attempt(1, decide.Failed)), success, "", nil, nil,
			0},
		"late, of the one before": {record(attempt(1, decide.Failed),
			attempt(2, decide.Running)), success, "", nil, nil, 0},
		"of a record without any": {record(), success, "", nil, nil, 0},
		"the second of two": {record(attempt(1, decide.Failed),
			attempt(2, decide.Running)), decide.Outcome{ExecutionID: "exec-2", Succeeded: true}, decide.Succeeded,
			[]string{"f1 RESOLVED"}, []string{"exec-2"}, 0},
		"success without a change": {record(attempt(1, decide.Running)),
			decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, decide.Succeeded, []string{"f1 RESOLVED"},
			[]string{"Repaired and verified", "exec-1"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := unchanged(t, tc.rec,
				func(rec decide.Record) decide.Decision {
					return decide.OnOutcome(rec, tc.outcome, nil, noon,
						settings)
				})
			checkDecision(t, d)
			if len(d.Log) != 1 {
				t.Errorf("log = %q", d.Log)
			}
			if tc.state == "" {
				if d.Save || len(d.Updates)+len(d.Announce)+len(d.Notifications) > 0 || d.Start {
					t.Errorf("something happens: %+v", d)
				}
				return
			}
			a := last(t, d)
			if !d.Save || a.State != tc.state || !a.EndedAt.Equal(noon) || a.ExecutionID != tc.outcome.ExecutionID ||
				a.Change != tc.outcome.Change || a.Reason != tc.outcome.Reason {
				t.Errorf("save %t, attempt %+v", d.Save, a)
			}
			if diff := cmp.Diff(tc.updates, told(d.Updates)); diff != "" {
				t.Errorf("updates (-want +got):\n%s", diff)
			}
			for _, part := range tc.note {
				if !strings.Contains(d.Updates[0].Note, part) {
					t.Errorf("the note does not say %q: %s", part, d.Updates[0].Note)
				}
			}
			if len(d.Notifications) != tc.notified {
				t.Errorf("%d notifications", len(d.Notifications))
			}
			for _, n := range d.Notifications {
				if n.Kind != decide.NotRepaired || n.Attempt.Reason != tc.outcome.Reason ||
					n.Attempt.ExecutionID != "exec-1" || n.Attempt.Control != "X.22" ||
					n.Record.Target != group || len(n.Findings) != 2 {
					t.Errorf("it tells of %+v", n)
				}
			}
		})
	}
}

// The outcome of the attempt before comes twice, the second time when the next attempt is
// claimed and has no execution yet. It must not make that one RESOLVED.
func TestDuplicateOutcomeOfTheAttemptBefore(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Succeeded), attempt(2, decide.Claimed))
	d := decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, nil, noon, settings)
	if d.Save || len(d.Updates) > 0 {
		t.Errorf("attempt 2 %s by exec-1, findings told %v", last(t, d).State, told(d.Updates))
	}
}

// Dispatch starts attempt 1, which ends before dispatch can write down its execution; then
// attempt 2 is claimed. Dispatch must not write the execution of 1 into attempt 2,
// because the outcome of 2 would then be of "another execution" and be lost.
func TestOnStartedOfTheAttemptBefore(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Succeeded), attempt(2, decide.Claimed))
	if d := decide.OnStarted(rec, 1, "exec-1"); d.Save {
		t.Errorf("attempt %d runs as %s", last(t, d).Number, last(t, d).ExecutionID)
	}
}

// Systems Manager answers a start with an old execution, which a version without nonces could bring
// about. Its success is not that of the attempt, which is made again under another token.
func TestStartAnsweredWithAnOldExecution(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Running))
	d := decide.OnOutcome(rec,
		began(decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, noon.Add(-90*24*time.Hour)), nil, noon, settings)
	checkDecision(t, d)
	if diff := cmp.Diff([]string{"f1 NOTIFIED"}, told(d.Updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if a := last(t, d); a.Number != 2 || a.State != decide.Queued || a.Cause != decide.Retry || a.Nonce != "" {
		t.Errorf("attempt %+v", a)
	}
}

// began has an outcome say when its execution began.
func began(o decide.Outcome, at time.Time) decide.Outcome {
	o.StartedAt = at
	return o
}

func mayRun(a *decide.Attempt) { a.MayRun = true }

func TestClientToken(t *testing.T) {
	t.Parallel()
	other := group
	other.Resource += "2"
	a := attempt(1, decide.Claimed)
	token := a.ClientToken(group)
	if _, err := uuid.Parse(token); err != nil || len(token) != 36 {
		t.Errorf("token %q: %v", token, err)
	}
	later := attempt(1, decide.Running, claimed(noon.Add(time.Hour)), func(a *decide.Attempt) { a.Findings = nil })
	if got := later.ClientToken(group); got != token {
		t.Errorf("the token of the same attempt changed to %s", got)
	}
	for name, got := range map[string]string{
		"the next attempt":      attempt(2, decide.Claimed).ClientToken(group),
		"attempt 11":            attempt(11, decide.Claimed).ClientToken(group),
		"another target":        a.ClientToken(other),
		"another nonce":         attempt(1, decide.Claimed, nonce("n")).ClientToken(group),
		"a target of no fields": a.ClientToken(target.Target{}),
	} {
		if got == token {
			t.Errorf("%s has the same token", name)
		}
	}
}

func nonce(text string) func(*decide.Attempt) { return func(a *decide.Attempt) { a.Nonce = text } }

// The first claim of an attempt gives it its nonce, and it is stored before the start. A later
// claim must start the same execution.
func TestNonce(t *testing.T) {
	t.Parallel()
	free := decide.Gate{Slot: noon, Nonce: "new"}
	for name, tc := range map[string]struct {
		rec  decide.Record
		want string
	}{
		"the first claim":                      {record(), "new"},
		"after a deferral":                     {record(attempt(1, decide.Queued)), "new"},
		"deferred before, and never taken":     {record(attempt(1, decide.Queued, nonce("old"))), "old"},
		"may run":                              {record(attempt(1, decide.Queued, nonce("old"), mayRun)), "old"},
		"a dead claimer":                       {record(attempt(1, decide.Claimed, nonce("old"))), "old"},
		"a dead claimer of the version before": {record(attempt(1, decide.Claimed)), ""},
	} {
		d := decide.OnFindings(tc.rec, []decide.Request{ask("f1", "e1")}, nil, free, noon, settings)
		if a := last(t, d); !d.Start || !d.Save || a.Nonce != tc.want {
			t.Errorf("%s: start %t, save %t, nonce %q, want %q", name, d.Start, d.Save, a.Nonce, tc.want)
		}
	}
}
