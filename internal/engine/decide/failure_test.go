package decide_test

import (
	"fmt"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// failsIn lets n targets of an account fail, a minute apart from a time on.
func failsIn(b decide.Breaker, account string, n int, from time.Time) (decide.Breaker, []decide.Notification) {
	var told []decide.Notification
	for i := range n {
		at := from.Add(time.Duration(i) * time.Minute)
		d := b.OnEnded(decide.Ended{Attempt: decide.Attempt{State: decide.Failed}, Counts: true},
			decide.TargetFailure{Key: fmt.Sprint(account, i), Account: account, At: at}, at, settings)
		b, told = d.Breaker, append(told, d.Notifications...)
	}
	return b, told
}

// Nine failures of one account and one of another speak against the one account, not against the runbook.
func TestOneAccountPausesOnlyItself(t *testing.T) {
	t.Parallel()
	b, told := failsIn(decide.Breaker{Control: "X.22"}, "1", 9, noon)
	b, _ = failsIn(b, "2", 1, noon.Add(9*time.Minute))
	if !b.OpenUntil.IsZero() || len(b.Accounts) != 1 || b.Accounts[0].Account != "1" ||
		b.Accounts[0].OpenUntil.IsZero() {
		t.Errorf("the breaker is %+v", b)
	}
	if len(told) != 1 || told[0].Account != "1" || len(told[0].Breaker.Failures) != 5 {
		t.Errorf("told %+v", told)
	}
	if b, _ = failsIn(b, "3", 1, noon.Add(11*time.Minute)); b.OpenUntil.IsZero() {
		t.Error("three accounts speak against the runbook, and it is not paused")
	}
	gate := decide.Gate{Slot: noon,
		Breakers: map[string]decide.Breaker{"X.22": {Control: "X.22", Accounts: []decide.AccountPause{
			{Account: "333333333333", OpenUntil: noon.Add(time.Hour)},
		}}}}
	if d := through(t, gate, nil, record(), ask("f1", "e1")); !d.Start {
		t.Error("the pause of another account holds it")
	}
}

// When a pause is over one repair is let through, and the others wait for its outcome.
func TestProbe(t *testing.T) {
	t.Parallel()
	gate := brokenUntil("X.22", noon.Add(-time.Minute))
	gate.Slot = noon
	d := through(t, gate, nil, record(), ask("f1", "e1"))
	if !d.NeedsProbe {
		t.Fatalf("decision = %+v", d)
	}
	p := gate.Probe(d.Record, noon, settings)
	if !p.TookBreaker || p.Breaker.Probe.Key != d.Record.Target.Key() {
		t.Fatalf("probes = %+v", p)
	}
	if d := through(t, gate.With(p.Breaker, p.Account), nil, record(), ask("f1", "e1")); !d.Start {
		t.Errorf("the one that tries does not start: %+v", d)
	}
	other := p.Breaker
	other.Probe.Key = "other"
	if d := through(t, gate.With(other, p.Account), nil, record(), ask("f1", "e1")); d.Start || d.NeedsProbe ||
		last(t, d).Cause != decide.Broken {
		t.Errorf("another one tries, and it does not wait: %+v", d)
	}
	other.Probe.At = noon.Add(-settings.ProbeLease)
	if d := through(t, gate.With(other, p.Account), nil, record(), ask("f1", "e1")); !d.NeedsProbe {
		t.Errorf("nothing is heard of the one that tries: %+v", d)
	}
	e := decide.Ended{Attempt: decide.Attempt{State: decide.Failed}}
	if d := p.Breaker.OnEnded(e, decide.TargetFailure{Key: p.Breaker.Probe.Key, At: noon}, noon, settings); !d.Save ||
		d.Breaker.Probe.Key != "" || d.Breaker.OpenUntil.IsZero() {
		t.Errorf("an outcome that says nothing: %+v", d)
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Claimed))
	d := decide.Account{ID: "1"}.OnNotReady(rec, failure.Account, "There is no role.", noon, settings)
	if !d.Save || len(d.Notifications) != 1 || d.Notifications[0].Kind != decide.AccountNotReady ||
		d.Until.Before(noon.Add(settings.ReadyBackoff*3/4)) {
		t.Fatalf("the first time: %+v", d)
	}
	waits := decide.OnNotReady(rec, 1, "There is no role.", d.Until, noon, settings)
	a := last(t, waits)
	if a.State != decide.Queued || a.Cause != decide.Unready || !a.ClaimedAt.IsZero() || len(waits.Updates) != 1 ||
		len(waits.Notifications) > 0 {
		t.Errorf("it waits: %+v", waits)
	}
	again := d.Account.OnNotReady(rec, failure.Account, "There is no role.", d.Until, settings)
	if len(again.Notifications) > 0 || again.Until.Sub(d.Until) < settings.ReadyBackoff*3/2 ||
		len(again.Account.Missing) != 1 {
		t.Errorf("the second time: %+v", again)
	}
	claimed := waits.Record
	claimed.Attempts[0].State, claimed.Attempts[0].Cause = decide.Claimed, ""
	if d := decide.OnNotReady(claimed, 1, "There is no role.", d.Until, noon.Add(time.Hour),
		settings); len(d.Updates) > 0 || last(t, d).State != decide.Queued {
		t.Errorf("its finding is updated again: %+v", d)
	}
	over := decide.OnNotReady(claimed, 1, "There is no role.", d.Until, noon.Add(settings.ReadyWithin), settings)
	if a := last(t, over); a.State != decide.Failed || a.Class != failure.NotReady || len(over.Notifications) > 0 ||
		over.Ended.Counts {
		t.Errorf("after a day: %+v", over)
	}
	if started := again.Account.OnStarted(rec.Target, *rec.Last()); !started.Save || len(started.Account.Missing) > 0 {
		t.Errorf("after a start: %+v", started)
	}
}

// Something that is missing in an account stops only the attempts that need it.
func TestMissingStopsOnlyWhatNeedsIt(t *testing.T) {
	t.Parallel()
	one := record(attempt(1, decide.Claimed))
	elsewhere, another, neighbour := one.Clone(), one.Clone(), one.Clone()
	elsewhere.Target.Region, another.Target.Runbook, neighbour.Target.Resource = "ap-south-1", "Another", "neighbour"
	for scope, stopped := range map[failure.Scope][3]bool{
		failure.Account: {true, true, true}, failure.Region: {false, true, true},
		failure.RegionRunbook: {false, false, true}, failure.OneResource: {},
	} {
		a := decide.Account{}.OnNotReady(one, scope, "no", noon, settings).Account
		for i, rec := range []decide.Record{elsewhere, another, neighbour} {
			if got := a.Lacks(rec.Target, *rec.Last()); got != stopped[i] {
				t.Errorf("%s: %s is stopped: %t", scope, rec.Target, got)
			}
		}
	}
}

// A deleted resource is no failure: no notification is sent, and nothing counts.
func TestGone(t *testing.T) {
	t.Parallel()
	d := decide.OnOutcome(record(attempt(1, decide.Running)),
		decide.Outcome{ExecutionID: "exec-1", Class: failure.Gone, Reason: "not found."}, nil, noon, settings)
	if len(d.Notifications)+len(d.Metrics) > 0 || d.Ended.Counts || len(d.Updates) != 1 ||
		d.Updates[0].Workflow != "NOTIFIED" || last(t, d).CountsForGuard() {
		t.Errorf("decision = %+v", d)
	}
}
