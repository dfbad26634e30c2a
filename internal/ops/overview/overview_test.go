package overview_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/parked"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

var options = overview.Options{Now: noon, Since: ago(7 * 24 * time.Hour),
	Settings: decide.Settings{MaxAttempts: 2, Window: 24 * time.Hour}}

func targetOf(name string) target.Target {
	return target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts",
		Resource: "arn:aws:ec2:eu-west-1:222222222222:security-group/" + name}
}

// attempt is one of X.1 that was asked for and claimed so long ago, with what else is said.
func attempt(before time.Duration, more func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{Number: 7, Control: "X.1", QueuedAt: ago(before + time.Second), ClaimedAt: ago(before)}
	more(&a)
	return a
}

func ends(state decide.State, after time.Duration, words string) func(*decide.Attempt) {
	return func(a *decide.Attempt) {
		a.State, a.EndedAt, a.ExecutionID = state, a.ClaimedAt.Add(after), "exec"
		if a.Change = words; state == decide.Failed {
			a.Change, a.Reason = "", words
		}
	}
}

func summed(o overview.Options, entries ...ledger.Entry) overview.Overview {
	b := overview.New(o)
	for _, e := range entries {
		b.Add(e)
	}
	return b.Overview()
}

func record(r decide.Record) ledger.Entry {
	if r.Target == (target.Target{}) {
		r.Target = targetOf("sg-1")
	}
	return ledger.Entry{Record: &r}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	failing := func(before time.Duration) decide.Attempt {
		return attempt(before, ends(decide.Failed, time.Minute, "It broke."))
	}
	queued := func(cause decide.Cause, until time.Time) decide.Attempt {
		return attempt(time.Minute,
			func(a *decide.Attempt) { a.State, a.Cause, a.NotBefore = decide.Queued, cause, until })
	}
	refused := func(a decide.Attempt) decide.Attempt { a.Refusals = 1; return a }
	repaired := attempt(time.Hour, ends(decide.Succeeded, time.Minute, "Closed it."))
	undo := attempt(time.Minute, func(a *decide.Attempt) { a.State, a.Undo = decide.Running, "exec" })
	soon := noon.Add(time.Minute)
	for name, tc := range map[string]struct {
		record decide.Record
		state  overview.State // empty: it is not shown
		since  time.Time
		until  time.Time
		why    string
	}{
		"nothing ever happened": {record: decide.Record{}},
		"being started": {
			record: decide.Record{
				Attempts: []decide.Attempt{attempt(time.Second, func(a *decide.Attempt) { a.State = decide.Claimed })}},
			state: overview.InFlight, since: ago(time.Second), why: "hubmend-ClosePorts is starting",
		},
		"running": {
			record: decide.Record{
				Attempts: []decide.Attempt{attempt(time.Hour,
					func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Running, "exec" })}},
			state: overview.InFlight, since: ago(time.Hour), why: "hubmend-ClosePorts is running",
		},
		"an undo runs": {
			record: decide.Record{Attempts: []decide.Attempt{repaired, undo}},
			state:  overview.InFlight, since: ago(time.Minute), why: "hubmend-UndoClosePorts is running",
		},
		"queued for its turn": {record: decide.Record{Attempts: []decide.Attempt{queued(decide.Paced, soon)}},
			state: overview.Queued, since: ago(61 * time.Second), until: soon,
			why: "Waiting for its turn: Systems Manager starts one execution per second."},
		"queued for another try": {record: decide.Record{Attempts: []decide.Attempt{queued(decide.Retry, soon)}},
			state: overview.Queued, since: ago(61 * time.Second), until: soon,
			why: "The previous attempt failed for a temporary reason. Hubmend retries."},
		"queued for the switch": {record: decide.Record{Attempts: []decide.Attempt{queued(decide.Paused, noon)}},
			state: overview.Queued, since: ago(61 * time.Second),
			why: "Hubmend is paused: the parameter /hubmend/switch is not active."},
		"queued for the breaker": {record: decide.Record{Attempts: []decide.Attempt{queued(decide.Broken, soon)}},
			state: overview.Queued, since: ago(61 * time.Second), until: soon,
			why: "Automatic remediation of X.1 is paused, because it failed for several resources."},
		"queued for the service": {record: decide.Record{
			Attempts: []decide.Attempt{refused(queued(decide.Busy, soon))}},
			state: overview.Queued, since: ago(61 * time.Second), until: soon,
			why: "Systems Manager accepts no more executions at the moment. Hubmend retries."},
		"queued for the policy": {record: decide.Record{Attempts: []decide.Attempt{queued(decide.OverBudget, soon)}},
			state: overview.OverBudget, since: ago(61 * time.Second), until: soon,
			why: "A budget of the policy is used up."},
		"queued until the policy can be read": {record: decide.Record{
			Attempts: []decide.Attempt{queued(decide.Busy, soon)}},
			state: overview.Undecided, since: ago(61 * time.Second), until: soon, why: parked.UndecidedWhy},
		"queued for nothing else": {record: decide.Record{Attempts: []decide.Attempt{queued("", noon)}},
			state: overview.Queued, since: ago(61 * time.Second), until: noon, why: "About to start."},
		"failed": {record: decide.Record{Attempts: []decide.Attempt{failing(time.Hour)}},
			state: overview.Failed, since: ago(59 * time.Minute), why: "It broke."},
		"failed long ago": {record: decide.Record{Attempts: []decide.Attempt{failing(8 * 24 * time.Hour)}}},
		"suspended": {
			record: decide.Record{SuspendedAt: ago(time.Minute),
				Attempts: []decide.Attempt{failing(3 * time.Hour), failing(2 * time.Hour)}},
			state: overview.Suspended, since: ago(time.Minute), until: noon.Add(21 * time.Hour),
			why: "2 attempts within 24 h did not keep it compliant. Latest: It broke.",
		},
		"suspended, because something changes it back": {
			record: decide.Record{SuspendedAt: ago(time.Minute), Attempts: []decide.Attempt{repaired, repaired},
				Unconfirmed: []decide.Ref{{ID: "f"}}},
			state: overview.Suspended, since: ago(time.Minute), until: noon.Add(23 * time.Hour),
			why: "2 attempts within 24 h did not keep it compliant.",
		},
		"was suspended until the window passed": {
			record: decide.Record{SuspendedAt: ago(20 * time.Hour),
				Attempts: []decide.Attempt{failing(25 * time.Hour), failing(22 * time.Hour)}},
			state: overview.Failed, since: ago(22*time.Hour - time.Minute), why: "It broke.",
		},
		"held": {
			record: decide.Record{HeldAt: ago(time.Minute), HeldBy: "ann", Attempts: []decide.Attempt{repaired},
				SuspendedAt: ago(time.Hour)},
			state: overview.Held, since: ago(time.Minute), why: "The repair was undone by ann.",
		},
		"unconfirmed": {
			record: decide.Record{Attempts: []decide.Attempt{repaired},
				Unconfirmed: []decide.Ref{{ID: "f"}, {ID: "g"}}},
			state: overview.Unconfirmed, since: ago(59 * time.Minute), why: "Closed it.",
		},
		"confirmed": {record: decide.Record{Attempts: []decide.Attempt{repaired}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := summed(options, record(tc.record))
			if tc.state == "" {
				if len(o.Targets)+len(o.Unconfirmed) > 0 {
					t.Errorf("it is shown: %+v", o)
				}
				return
			}
			got, others := o.Targets, o.Unconfirmed
			if tc.state == overview.Unconfirmed {
				got, others = others, got
			}
			if len(others) > 0 {
				t.Errorf("it is shown twice: %+v", o)
			}
			one, last := targetOf("sg-1"), tc.record.Attempts[len(tc.record.Attempts)-1]
			want := overview.Target{
				State: tc.state, Since: tc.since, Until: tc.until, Why: tc.why, Key: one.Key(), Account: one.Account,
				Region:   one.Region,
				Resource: one.Resource, Control: "X.1", Runbook: "ClosePorts", Attempt: 7, Execution: last.ExecutionID,
			}
			if last.Undo != "" {
				want.Runbook, want.Undo = "UndoClosePorts", true
			}
			if tc.state == overview.Unconfirmed {
				want.Findings, want.IDs = len(tc.record.Unconfirmed), []string{"f", "g"}
			}
			if diff := cmp.Diff([]overview.Target{want}, got); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
		})
	}
}

func past(account, control string, before, took time.Duration, more func(*decide.Attempt)) ledger.Entry {
	one := targetOf("sg-1")
	one.Account = account
	a := decide.Attempt{Control: control, State: decide.Succeeded, QueuedAt: ago(before + took), EndedAt: ago(before)}
	more(&a)
	return ledger.Entry{Past: &ledger.Past{Target: one, Ended: decide.Ended{Attempt: a}}}
}

func TestControls(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	repaired := func(*decide.Attempt) {}
	compliant := func(a *decide.Attempt) { a.Change = "Nothing to change: it is off." }
	failed := func(class decide.Class) func(*decide.Attempt) {
		return func(a *decide.Attempt) { a.State, a.Class = decide.Failed, class }
	}
	undone := func(a *decide.Attempt) { a.ExecutionID = "exec" }
	undo := func(a *decide.Attempt) { a.Undo = "exec" }
	undoFailed := func(a *decide.Attempt) { a.Undo, a.State = "exec", decide.Failed }
	const one, other = "222222222222", "333333333333"
	all := []ledger.Entry{
		past(one, "X.2", time.Hour, 20*time.Second, repaired), past(other, "X.2", day, 10*time.Second, repaired),
		past(one, "X.2", 2*day, 90*time.Second, repaired),
		past(one, "X.2", time.Hour, time.Minute, failed(decide.Permission)),
		past(one, "X.2", time.Hour, time.Minute, failed(decide.Refused)),
		past(one, "X.2", 100*time.Minute, time.Hour, undone), past(one, "X.2", time.Hour, time.Hour, undo),
		past(one, "X.2", time.Hour, time.Hour, undoFailed), past(one, "X.2", time.Hour, time.Hour, compliant),
		past(one, "X.1", 7*day, 4*time.Second, repaired), past(one, "X.1", 6*day, 8*time.Second, repaired),
		past(one, "X.3", 7*day+time.Second, time.Second, repaired), // too long ago
		past(one, "X.4", time.Hour, time.Hour, failed(decide.Refused)),
	}
	number := func(f float64) *float64 { return &f }
	few := overview.Control{Control: "X.1", Tally: outcomes.Tally{Repaired: 2, SuccessRate: number(1),
		MedianSeconds: number(6), P95Seconds: number(8)}}
	many := overview.Control{Control: "X.2", Tally: outcomes.Tally{Repaired: 3, Compliant: 1, Failed: 1, Skipped: 1,
		Undone: 1, Undos: 1, UndosFailed: 1, SuccessRate: number(0.75), MedianSeconds: number(20),
		P95Seconds: number(90)}}
	left := overview.Control{Control: "X.4", Tally: outcomes.Tally{Skipped: 1}}
	for name, tc := range map[string]struct {
		edit func(*overview.Options)
		want []overview.Control
	}{
		"all":       {func(*overview.Options) {}, []overview.Control{few, many, left}},
		"a control": {func(o *overview.Options) { o.Control = "X.1" }, []overview.Control{few}},
		"another account": {func(o *overview.Options) { o.Account = other },
			[]overview.Control{{Control: "X.2", Tally: outcomes.Tally{Repaired: 1, SuccessRate: number(1),
				MedianSeconds: number(10), P95Seconds: number(10)}}}},
		"a day": {func(o *overview.Options) { o.Since = ago(2 * time.Hour) }, []overview.Control{
			{Control: "X.2", Tally: outcomes.Tally{Repaired: 1, Compliant: 1, Failed: 1, Skipped: 1, Undone: 1,
				Undos: 1, UndosFailed: 1, SuccessRate: number(0.5), MedianSeconds: number(20),
				P95Seconds: number(20)}}, left,
		}},
		"nothing": {func(o *overview.Options) { o.Control = "X.9" }, []overview.Control{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options
			tc.edit(&o)
			if diff := cmp.Diff(tc.want, summed(o, all...).Controls); diff != "" {
				t.Errorf("controls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBreakers(t *testing.T) {
	t.Parallel()
	breaker := func(control string, until time.Time) ledger.Entry {
		return ledger.Entry{Breaker: &decide.Breaker{Control: control, OpenUntil: until,
			Failures: make([]decide.TargetFailure, 5)}}
	}
	all := []ledger.Entry{breaker("X.2", noon.Add(time.Hour)), breaker("X.1", noon.Add(time.Second)),
		breaker("X.3", noon), breaker("X.4", time.Time{})}
	one, two := overview.Breaker{Control: "X.1", Until: noon.Add(time.Second),
		Failures: 5}, overview.Breaker{Control: "X.2", Until: noon.Add(time.Hour), Failures: 5}
	if diff := cmp.Diff([]overview.Breaker{one, two}, summed(options, all...).Breakers); diff != "" {
		t.Error(diff)
	}
	o := options
	o.Control, o.Account = "X.2", "333333333333" // it stops the account as well
	if diff := cmp.Diff([]overview.Breaker{two}, summed(o, all...).Breakers); diff != "" {
		t.Error(diff)
	}
}

// The ledger gives its entries in no order; people want those first that need them.
func TestOrder(t *testing.T) {
	t.Parallel()
	failed := func(name string, before time.Duration) ledger.Entry {
		return record(decide.Record{Target: targetOf(name),
			Attempts: []decide.Attempt{attempt(before, ends(decide.Failed, 0, ""))}})
	}
	entries := []ledger.Entry{
		record(decide.Record{Target: targetOf("runs"),
			Attempts: []decide.Attempt{attempt(time.Hour, func(a *decide.Attempt) { a.State = decide.Running })}}),
		failed("young", time.Minute), failed("old", time.Hour),
		record(decide.Record{Target: targetOf("held"), HeldAt: noon,
			Attempts: []decide.Attempt{attempt(time.Hour, ends(decide.Succeeded, 0, ""))}}),
	}
	want := summed(options, entries...)
	var got []string
	for _, one := range want.Targets {
		got = append(got, one.Resource[len(targetOf("").Resource):])
	}
	if diff := cmp.Diff([]string{"old", "young", "held", "runs"}, got); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(entries)
	if diff := cmp.Diff(want, summed(options, entries...)); diff != "" {
		t.Error(diff)
	}
	o := options
	o.Account = "333333333333"
	if got := summed(o, entries...); len(got.Targets) > 0 {
		t.Errorf("another account has %+v", got.Targets)
	}
	o.Account, o.Control = "222222222222", "X.1"
	if diff := cmp.Diff(want, summed(o, entries...)); diff != "" {
		t.Error(diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	one := targetOf("sg-1")
	rec := ledger.Entry{Record: &decide.Record{Target: one,
		Attempts: []decide.Attempt{{Findings: []decide.Ref{{ID: "arn:f-1"}},
			V2IDs: map[string]string{"arn:f-1": "9d1b"}}, {ExecutionID: "exec-2"}}}}
	rec.Record.Parked = []decide.Parked{{Request: decide.Request{Ref: decide.Ref{ID: "arn:f-3"}, V2ID: "77aa"}}}
	rec.Record.Proposal = decide.Proposal{Round: 2, State: decide.Open}
	gone := ledger.Entry{Past: &ledger.Past{Target: one,
		Ended: decide.Ended{Attempt: decide.Attempt{ExecutionID: "exec-1", Findings: []decide.Ref{{ID: "arn:f-2"}}}}}}
	breaker := ledger.Entry{Breaker: &decide.Breaker{Control: "sg-1"}}
	for name, want := range map[string][3]bool{
		one.Key(): {true, true}, one.Resource: {true, true}, "sg-1": {true, true}, "exec-1": {false, true},
		"exec-2":              {true, false},
		"security-group/sg-1": {true, true}, "arn:f-1": {true, false}, "arn:f-2": {false, true},
		"9d1b": {true, false}, "77aa": {true, false}, "arn:f-3": {true, false}, rec.Record.ProposalID(): {true, false},
		"": {}, "sg": {}, "group/sg-1": {}, "f-1": {}, "222222222222": {}, "exec": {},
	} {
		for i, e := range []ledger.Entry{rec, gone, breaker} {
			got, ok := overview.Names(e, name)
			if ok != want[i] || ok && got != one {
				t.Errorf("%q stands for entry %d: %v, %v", name, i, got, ok)
			}
		}
	}
}
