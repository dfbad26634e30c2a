package decide_test

import (
	"testing"
	"time"

	"hubmend/internal/engine/decide"
)

// A record that is due too late is pending for too long, and forever if it is never due. So no record needs a decision
// before it is due, in any state and at any time.
func TestDueIsNeverTooLate(t *testing.T) {
	t.Parallel()
	always := settings
	always.ConfirmEvery = 0
	causes := []decide.Cause{"", decide.Paced, decide.Busy, decide.Retry, decide.Paused, decide.Broken}
	var records []decide.Record
	for _, state := range []decide.State{decide.Queued, decide.Claimed, decide.Running, decide.Succeeded,
		decide.Failed} {
		for _, cause := range causes {
			for _, at := range []time.Duration{-30 * time.Hour, -time.Hour, -time.Minute, 0, 10 * time.Minute} {
				a := attempt(2, state, claimed(noon.Add(at)))
				a.Cause, a.NotBefore, a.EndedAt = cause, noon.Add(at), noon.Add(at+time.Second)
				open := record(attempt(1, decide.Succeeded, claimed(noon.Add(-48*time.Hour))), a)
				unconfirmed := open.Clone()
				unconfirmed.Unconfirmed = []decide.Ref{ref("f1", "e1")}
				checked := unconfirmed.Clone()
				checked.CheckedAt = noon.Add(at / 2)
				records = append(records, open, unconfirmed, checked)
			}
		}
	}
	for _, s := range []decide.Settings{settings, always} {
		for _, rec := range records {
			for step := range 200 {
				now := noon.Add(time.Duration(step-100) * 7 * time.Minute)
				for _, paused := range []bool{false, true} {
					if plan := decide.OnSweep(rec, paused, "", now, s); plan != (decide.Plan{}) &&
						rec.Due(s).After(now) {
						t.Fatalf("%+v asks for %+v at %s, and is due at %s", rec, plan, now, rec.Due(s))
					}
				}
			}
		}
	}
}

// A record that fares well keeps its time, because each change costs two writes of the index.
func TestDueStaysWhileARepairGoesWell(t *testing.T) {
	t.Parallel()
	d := decide.OnFindings(record(), []decide.Request{ask("f1", "e1")}, nil, decide.Gate{Slot: noon}, noon, settings)
	due := d.Record.Due(settings)
	if want := noon; !due.Equal(want) {
		t.Errorf("it is due at %s, want %s", due, want)
	}
	rec := decide.OnStarted(d.Record, 1, "exec-1").Record
	if got := rec.Due(settings); !got.Equal(due) {
		t.Errorf("when it runs it is due at %s, want %s", got, due)
	}
	rec = decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, nil, noon.Add(time.Minute),
		settings).Record
	if got := rec.Due(settings); !got.Equal(due) {
		t.Errorf("when it is repaired it is due at %s, want %s", got, due)
	}
}
