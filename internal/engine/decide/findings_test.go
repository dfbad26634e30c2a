package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// decision is what a test says about a decide.Decision; the zero value says that nothing happens.
type decision struct {
	log       []string
	updates   []string // finding and status
	announce  []string
	notified  int
	save      bool
	start     bool
	later     []decide.Later
	attempts  int      // how many the record has
	ports     []string // of the last attempt
	findings  []string // of the last attempt, as finding/event
	noteParts []string // each is in one of the notes
}

func summary(t *testing.T, d decide.Decision) decision {
	t.Helper()
	s := decision{
		log: d.Log, updates: told(d.Updates), announce: told(d.Announce), notified: len(d.Notifications),
		save: d.Save, start: d.Start, later: d.Later, attempts: len(d.Record.Attempts),
	}
	if s.attempts > 0 {
		a := last(t, d)
		s.ports = a.Parameters["Ports"].Values
		for _, r := range a.Findings {
			s.findings = append(s.findings, r.ID+"/"+r.Event)
		}
	}
	return s
}

func TestOnFindings(t *testing.T) {
	t.Parallel()
	longAgo := func(n int) []decide.Attempt {
		var all []decide.Attempt
		for i := range n {
			all = append(all, attempt(i+1, decide.Failed, claimed(noon.Add(-time.Duration(n-i)*time.Hour)),
				ended(noon.Add(-time.Duration(n-i)*time.Hour+time.Minute))))
		}
		return all
	}
	after := asOf(noon.Add(-time.Second)) // after an attempt that ended 30 s before noon
	for name, tc := range map[string]struct {
		rec      decide.Record
		requests []decide.Request
		want     decision
	}{
		"the first finding claims": {
			record(), []decide.Request{ask("f1", "e1")},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1"},
				noteParts: []string{"attempt 1, automatic", "hubmend-ClosePorts"}},
		},
		"two findings share one attempt": {
			record(), []decide.Request{ask("f1", "e1"), ask("f2", "e2", forPorts("3389"))},
			decision{log: []string{"start", "share"}, announce: []string{"f1 NOTIFIED", "f2 NOTIFIED"}, save: true,
				start: true, attempts: 1, ports: []string{"22", "3389"}, findings: []string{"f1/e1", "f2/e2"}},
		},
		"a duplicate in the same batch": {
			record(), []decide.Request{ask("f1", "e1"), ask("f1", "e1")},
			decision{log: []string{"start", "queued already"}, announce: []string{"f1 NOTIFIED"}, save: true,
				start: true, attempts: 1, ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
		"another value that is no list waits": {
			record(), []decide.Request{ask("f1", "e1"),
				ask("f2", "e2", func(r *decide.Request) {
					r.Parameters["GroupId"] = target.Parameter{
						Values: []string{"sg-2"}}
				}), ask("f3", "e3")},
			decision{log: []string{"start", "wait", "share"}, announce: []string{"f1 NOTIFIED", "f3 NOTIFIED"},
				save: true, start: true, later: []decide.Later{{Request: 1, After: settings.Wait}}, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1", "f3/e3"}},
		},
		"joins a running attempt that covers it": {
			record(attempt(1, decide.Running)), []decide.Request{ask("f2", "e2")},
			decision{log: []string{"join"}, updates: []string{"f2 NOTIFIED"}, save: true, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2"}},
		},
		"joins a claimed attempt that covers it": {
			record(attempt(1, decide.Claimed, claimed(noon.Add(-time.Second)))),
			[]decide.Request{ask("f2", "e2", byHand)},
			decision{log: []string{"join"}, updates: []string{"f2 NOTIFIED"}, save: true, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2"}},
		},
		"waits for a running attempt that does not cover it": {
			record(attempt(1, decide.Running)), []decide.Request{ask("f2", "e2", forPorts("3389"))},
			decision{log: []string{"wait"}, later: []decide.Later{{After: settings.Wait}}, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
		"several findings join a running attempt": {
			record(attempt(1, decide.Running)),
			[]decide.Request{ask("f2", "e2"), ask("f3", "e3", forPorts("3389")), ask("f4", "e4")},
			decision{log: []string{"join", "wait", "join"}, updates: []string{"f2 NOTIFIED", "f4 NOTIFIED"}, save: true,
				later: []decide.Later{{Request: 1, After: settings.Wait}}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1", "f2/e2", "f4/e4"}},
		},
		"a duplicate while it runs": {
			record(attempt(1, decide.Running)), []decide.Request{ask("f1", "e1")},
			decision{log: []string{"already in flight"}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1"}},
		},
		"a duplicate while it is claimed waits for the lease": {
			record(attempt(1, decide.Claimed, claimed(noon.Add(-20*time.Second)))), []decide.Request{ask("f1", "e1")},
			decision{log: []string{"wait"}, later: []decide.Later{{After: 40 * time.Second, Exact: true}}, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
		"a duplicate at the end of the lease": {
			record(attempt(1, decide.Claimed, claimed(noon.Add(-settings.ClaimLease+time.Nanosecond)))),
			[]decide.Request{ask("f1", "e1")},
			decision{log: []string{"wait"}, later: []decide.Later{{After: time.Second, Exact: true}}, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
		"the claimer's message resumes after the lease": {
			record(attempt(1, decide.Claimed, claimed(noon.Add(-settings.ClaimLease)))),
			[]decide.Request{ask("f1", "e1")},
			decision{log: []string{"queued already"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
		"another finding resumes after the lease": {
			record(attempt(1, decide.Claimed)), []decide.Request{ask("f2", "e2"), ask("f3", "e3"), ask("f1", "e1")},
			decision{log: []string{"share", "share", "queued already"},
				announce: []string{"f1 NOTIFIED", "f2 NOTIFIED", "f3 NOTIFIED"}, save: true, start: true, attempts: 1,
				ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2", "f3/e3"}},
		},
		"one that is not covered resumes and waits": {
			record(attempt(1, decide.Claimed)), []decide.Request{ask("f2", "e2", forPorts("22", "3389"))},
			decision{log: []string{"wait"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true,
				later: []decide.Later{{After: settings.Wait}}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1"}},
		},
		"a duplicate after success was answered": { // an answer now could overwrite a later check's
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f1", "e1")},
			decision{log: []string{"answered already"}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1"}},
		},
		"a duplicate custom action after success was answered": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f1", "e1", byHand)},
			decision{log: []string{"answered already"}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1"}},
		},
		"a duplicate after failure was answered": {
			record(attempt(1, decide.Failed)), []decide.Request{ask("f1", "e1")},
			decision{log: []string{"answered already"}, attempts: 1, ports: []string{"22"},
				findings: []string{"f1/e1"}},
		},
		"a late finding after success is answered": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f2", "e2")},
			decision{log: []string{"answer from attempt succeeded"}, announce: []string{"f2 RESOLVED"}, save: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2"},
				noteParts: []string{"Repaired and verified", "exec-1"}},
		},
		"a late finding after failure is answered": {
			record(attempt(1, decide.Failed, class(decide.Verification))), []decide.Request{ask("f2", "e2")},
			decision{log: []string{"answer from attempt failed"}, updates: []string{"f2 NOTIFIED"}, save: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2"},
				noteParts: []string{"could not repair"}},
		},
		"a late finding after bad luck starts": {
			record(attempt(1, decide.Failed, class(decide.Throttling))), []decide.Request{ask("f2", "e2")},
			decision{log: []string{"start"}, announce: []string{"f2 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22"}, findings: []string{"f2/e2"}},
		},
		"an older event of a finding is answered again": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f1", "e0", sentAt(noon.Add(-time.Minute)))},
			decision{log: []string{"answer from attempt succeeded"}, announce: []string{"f1 RESOLVED"}, save: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e0"}},
		},
		"a person sets an answered finding to NEW": {
			record(attempt(1, decide.Failed)), []decide.Request{ask("f1", "e2", sentAt(noon.Add(-time.Second)))},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22"}, findings: []string{"f1/e2"}},
		},
		"observed in the moment of success is answered": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f2", "e2", asOf(noon.Add(-30*time.Second)))},
			decision{log: []string{"answer from attempt succeeded"}, announce: []string{"f2 RESOLVED"}, save: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e1", "f2/e2"}},
		},
		"a late finding that the attempt did not cover starts": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f2", "e2", forPorts("3389"))},
			decision{log: []string{"start"}, announce: []string{"f2 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"3389"}, findings: []string{"f2/e2"}, noteParts: []string{"attempt 2"}},
		},
		"observed after success starts again": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f1", "e2", after)},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22"}, findings: []string{"f1/e2"}},
		},
		"observed after failure starts again": {
			record(attempt(1, decide.Failed)), []decide.Request{ask("f1", "e2", after)},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22"}, findings: []string{"f1/e2"}},
		},
		"a custom action after success starts again": {
			record(attempt(1, decide.Succeeded)), []decide.Request{ask("f1", "e2", byHand)},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22"}, findings: []string{"f1/e2"}, noteParts: []string{"attempt 2, custom action"}},
		},
		"a custom action from before success is answered": { // the person could not know
			record(attempt(1, decide.Succeeded)),
			[]decide.Request{ask("f1", "e2", byHand, asOf(noon.Add(-30*time.Second)))},
			decision{log: []string{"answer from attempt succeeded"}, announce: []string{"f1 RESOLVED"}, save: true,
				attempts: 1, ports: []string{"22"}, findings: []string{"f1/e2"}},
		},
		"a custom action from before success for more starts": {
			record(attempt(1, decide.Succeeded)),
			[]decide.Request{ask("f2", "e2", byHand, asOf(noon.Add(-30*time.Second)), forPorts("22", "3389"))},
			decision{log: []string{"start"}, announce: []string{"f2 NOTIFIED"}, save: true, start: true, attempts: 2,
				ports: []string{"22", "3389"}, findings: []string{"f2/e2"}},
		},
		"two attempts in the window leave a third": {
			record(longAgo(2)...), []decide.Request{ask("f1", "e9")},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 3,
				ports: []string{"22"}, findings: []string{"f1/e9"}},
		},
		"three attempts in the window suspend": {
			record(longAgo(3)...), []decide.Request{ask("f1", "e9")},
			decision{log: []string{"suspended"}, updates: []string{"f1 NOTIFIED"}, notified: 1, save: true, attempts: 3,
				ports: []string{"22"}, findings: []string{"f1/e1"},
				noteParts: []string{"stopped repairing", "3 attempts within 24 h", "custom action"}},
		},
		"a custom action overrides the guard": {
			record(longAgo(3)...), []decide.Request{ask("f1", "e9", byHand)},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 4,
				ports: []string{"22"}, findings: []string{"f1/e9"}},
		},
		"an automatic finding shares what a person started": {
			record(longAgo(3)...), []decide.Request{ask("f1", "e9", byHand), ask("f2", "e8")},
			decision{log: []string{"start", "share"}, announce: []string{"f1 NOTIFIED", "f2 NOTIFIED"}, save: true,
				start: true, attempts: 4, ports: []string{"22"}, findings: []string{"f1/e9", "f2/e8"}},
		},
		"the window passes": {
			record(
				attempt(1, decide.Failed, claimed(noon.Add(-24*time.Hour)), ended(noon.Add(-23*time.Hour))),
				attempt(2, decide.Failed, claimed(noon.Add(-3*time.Hour)), ended(noon.Add(-3*time.Hour))),
				attempt(3, decide.Failed, claimed(noon.Add(-2*time.Hour)), ended(noon.Add(-2*time.Hour))),
			), []decide.Request{ask("f1", "e9")},
			decision{log: []string{"start"}, announce: []string{"f1 NOTIFIED"}, save: true, start: true, attempts: 4,
				ports: []string{"22"}, findings: []string{"f1/e9"}},
		},
		"success counts towards the guard": { // something changes it back each time
			record(
				attempt(1, decide.Succeeded, claimed(noon.Add(-3*time.Hour)), ended(noon.Add(-3*time.Hour))),
				attempt(2, decide.Succeeded, claimed(noon.Add(-2*time.Hour)), ended(noon.Add(-2*time.Hour))),
				attempt(3, decide.Succeeded, claimed(noon.Add(-time.Hour)), ended(noon.Add(-time.Hour))),
			), []decide.Request{ask("f1", "e9")},
			decision{log: []string{"suspended"}, updates: []string{"f1 NOTIFIED"}, notified: 1, save: true, attempts: 3,
				ports: []string{"22"}, findings: []string{"f1/e1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := onFindings(t, tc.rec, tc.requests...)
			got, want := summary(t, d), tc.want
			for _, part := range want.noteParts {
				if notes := fmt.Sprint(d.Updates, d.Announce); !strings.Contains(notes, part) {
					t.Errorf("no note says %q: %s", part, notes)
				}
			}
			want.noteParts = nil
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimIsWholeAttempt(t *testing.T) {
	t.Parallel()
	d := onFindings(t, record(attempt(7, decide.Succeeded)), ask("f1", "e2", byHand))
	asked := ask("f1", "e2", byHand)
	asked.AskedAt = noon
	want := decide.Attempt{
		Asks:   []decide.Request{asked},
		Number: 8, State: decide.Claimed, Control: "X.22", Trigger: finding.CustomAction, Parameters: ports("22"),
		Findings: []decide.Ref{ref("f1", "e2")}, QueuedAt: noon, ClaimedAt: noon,
	}
	if diff := cmp.Diff(want, last(t, d)); diff != "" {
		t.Errorf("attempt (-want +got):\n%s", diff)
	}
}

func TestResumeRenewsTheLease(t *testing.T) {
	t.Parallel()
	d := onFindings(t, record(attempt(1, decide.Claimed)), ask("f1", "e1"))
	if a := last(t, d); !a.ClaimedAt.Equal(noon) || a.Number != 1 {
		t.Errorf("attempt %d was claimed at %s", a.Number, a.ClaimedAt)
	}
}

func TestSuspensionTellsPeopleEverything(t *testing.T) {
	t.Parallel()
	var attempts []decide.Attempt
	for i := range 3 {
		attempts = append(attempts,
			attempt(i+1, decide.Failed, ended(noon.Add(-time.Hour)),
				func(a *decide.Attempt) { a.Reason = fmt.Sprintf("reason %d", i+1) }))
	}
	d := onFindings(t, record(attempts...), ask("f1", "e9"))
	n := d.Notifications[0]
	if n.Kind != decide.Exhausted || n.Attempt.Control != "X.22" || n.Attempt.Number != 3 || n.Record.Target != group ||
		len(n.Record.Attempts) != 3 {
		t.Errorf("it tells of %+v", n)
	}
	if diff := cmp.Diff([]decide.Ref{{ID: "f1", Event: "e9"}}, n.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestRecordKeepsFiveAttempts(t *testing.T) {
	t.Parallel()
	rec, tokens := record(), map[string]bool{}
	for i := range 25 {
		at := noon.Add(time.Duration(i) * time.Hour)
		r := ask("f1", fmt.Sprint("e", i), byHand, asOf(at.Add(-time.Minute)))
		d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
			return decide.OnFindings(rec, []decide.Request{r}, nil, decide.Gate{Slot: at}, at, settings)
		})
		checkDecision(t, d)
		a := last(t, d)
		if a.Number != i+1 || len(d.Record.Attempts) != min(i+1, 5) {
			t.Fatalf("attempt %d has the number %d among %d", i+1, a.Number, len(d.Record.Attempts))
		}
		tokens[a.ClientToken(group)] = true
		d = decide.OnStarted(d.Record, 1, fmt.Sprint("exec-", i))
		rec = decide.OnOutcome(d.Record,
			decide.Outcome{ExecutionID: fmt.Sprint("exec-", i), StartedAt: at, Succeeded: true}, nil, at,
			settings).Record
	}
	if len(tokens) != 25 {
		t.Errorf("25 attempts have %d client tokens", len(tokens))
	}
}

// The number of attempts is a setting; the record must not forget what the guard counts.
func TestGuardHoldsForLargeSettings(t *testing.T) {
	t.Parallel()
	generous := settings
	generous.MaxAttempts = 12
	rec := record()
	for i := range 40 {
		at := noon.Add(time.Duration(i) * time.Minute)
		d := decide.OnFindings(rec, []decide.Request{ask("f1", fmt.Sprint("e", i), asOf(at))}, nil,
			decide.Gate{Slot: at}, at, generous)
		if !d.Start {
			if i != 12 {
				t.Errorf("suspended after %d attempts", i)
			}
			return
		}
		rec = decide.OnOutcome(d.Record, decide.Outcome{ExecutionID: fmt.Sprint("exec-", i), StartedAt: at}, nil, at,
			settings).Record
	}
	t.Error("40 attempts were started")
}

// An automatic finding that comes first in the batch gets the note that automatic repair is suspended, while a
// person's request behind it starts the repair of the same resource.
func TestSuspendedFindingSharesWhatAPersonStarts(t *testing.T) {
	t.Parallel()
	var attempts []decide.Attempt
	for i := range 3 {
		attempts = append(attempts, attempt(i+1, decide.Failed, ended(noon.Add(-time.Hour))))
	}
	d := onFindings(t, record(attempts...), ask("f2", "e8"), ask("f1", "e9", byHand))
	if got := len(last(t, d).Findings); !d.Start || got != 2 {
		t.Errorf("started: %t, with %d findings", d.Start, got)
	}
}

// EventBridge and SQS deliver at least once: the second copy of a custom action that met its
// finding in flight must not start another repair when the first is over.
func TestDuplicateOfAnEventThatMetItsFindingInFlight(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Running))
	again := ask("f1", "e2", byHand, asOf(noon.Add(-time.Second)))
	d := onFindings(t, rec, again)
	if d.Start || len(d.Later) > 0 {
		t.Fatalf("decision = %+v", summary(t, d))
	}
	d = decide.OnOutcome(d.Record, decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, nil, noon, settings)
	if d = onFindings(t, d.Record, again); d.Start {
		t.Error("the duplicate started a second attempt")
	}
}

// One state of a target is one piece of news, however many findings report it.
func TestSuspensionNotifiesOnce(t *testing.T) {
	t.Parallel()
	var attempts []decide.Attempt
	for i := range 3 {
		attempts = append(attempts, attempt(i+1, decide.Failed, ended(noon.Add(-time.Hour))))
	}
	if d := onFindings(t, record(attempts...), ask("f1", "e8"), ask("f2", "e9")); len(d.Notifications) != 1 {
		t.Errorf("%d notifications", len(d.Notifications))
	}
}

func BenchmarkOnFindings(b *testing.B) {
	rec := record(attempt(1, decide.Succeeded), attempt(2, decide.Running))
	requests := []decide.Request{ask("f2", "e2"), ask("f3", "e3")}
	b.ReportAllocs()
	for b.Loop() {
		decide.OnFindings(rec, requests, nil, open, noon, settings)
	}
}

// An attempt that changed nothing does not count for the guard, and displaces no attempt that counts.
func TestWhatIsGonePushesNothingOut(t *testing.T) {
	t.Parallel()
	hoursAgo := func(n int) func(*decide.Attempt) { return claimed(noon.Add(-time.Duration(n) * time.Hour)) }
	rec := record(attempt(1, decide.Succeeded, hoursAgo(9)), attempt(2, decide.Succeeded, hoursAgo(8)),
		attempt(3, decide.Succeeded, hoursAgo(7)))
	for n := 4; n < 10; n++ {
		rec.Attempts = append(rec.Attempts, attempt(n, decide.Failed, hoursAgo(10-n), class(failure.Gone)))
	}
	d := onFindings(t, rec, ask("f1", "e9", byHand))
	if !d.Start {
		t.Fatalf("a person's is not started: %q", d.Log)
	}
	ended := decide.OnStartRefused(d.Record, 10, failure.Gone, "It is gone.", noon, settings)
	if d := onFindings(t, ended.Record, ask("f2", "e2", asOf(noon.Add(time.Minute)))); d.Start {
		t.Errorf("automatic repair starts a fourth: %q", d.Log)
	}
}
