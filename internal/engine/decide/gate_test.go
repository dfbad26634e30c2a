package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

func queued(cause decide.Cause, notBefore time.Time) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.Cause, a.NotBefore = cause, notBefore }
}

// passes is what a gate makes of a new finding, or of an attempt that waits.
type passes struct {
	start   time.Duration // until StartAt, from noon; -1 when it does not start
	cause   decide.Cause
	until   time.Duration // NotBefore, from noon
	told    []string
	slot    bool // it needs one
	probe   bool // it asks to be let through
	resume  time.Duration
	dropped bool // the attempt is gone
}

func passed(d decide.Decision) passes {
	p := passes{start: -1, slot: d.NeedsSlot, probe: d.NeedsProbe, resume: d.Resume,
		told: told(slices.Concat(d.Updates, d.Announce))}
	if d.Start {
		p.start = d.StartAt.Sub(noon)
	}
	if a := d.Record.Last(); a == nil {
		p.dropped = !d.NeedsSlot && !d.NeedsProbe
	} else if a.State == decide.Queued {
		p.cause, p.until = a.Cause, a.NotBefore.Sub(noon)
	}
	return p
}

func slot(in time.Duration) decide.Gate { return decide.Gate{Slot: noon.Add(in)} }

// brokenUntil is a gate in which automatic repair of a control is paused.
func brokenUntil(control string, until time.Time) decide.Gate {
	return decide.Gate{Breakers: map[string]decide.Breaker{control: {Control: control, OpenUntil: until}}}
}

func TestGate(t *testing.T) {
	t.Parallel()
	paused := decide.Gate{Paused: true}
	broken := brokenUntil("X.22", noon.Add(time.Hour))
	for name, tc := range map[string]struct {
		gate decide.Gate
		ask  decide.Request
		want passes
	}{
		"no slot yet": {decide.Gate{}, ask("f1", "e1"), passes{start: -1, slot: true}},
		"a slot now":  {slot(0), ask("f1", "e1"), passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"a slot soon": {slot(settings.ShortWait), ask("f1", "e1"),
			passes{start: settings.ShortWait, told: []string{"f1 NOTIFIED"}}},
		"a slot later": {slot(time.Minute), ask("f1", "e1"),
			passes{start: -1, cause: decide.Paced, until: time.Minute, resume: time.Minute - settings.SlotLead}},
		"paused": {paused, ask("f1", "e1"),
			passes{start: -1, cause: decide.Paused, told: []string{"f1 NOTIFIED"}}},
		"paused for a person too": {paused, ask("f1", "e1", byHand),
			passes{start: -1, cause: decide.Paused, told: []string{"f1 NOTIFIED"}}},
		"broken": {broken, ask("f1", "e1"),
			passes{start: -1, cause: decide.Broken, until: time.Hour, told: []string{"f1 NOTIFIED"}}},
		"broken, and a person asks": {broken, ask("f1", "e1", byHand), passes{start: -1, slot: true}},
		"the breaker of another is open": {brokenUntil("X.1", noon.Add(time.Hour)), ask("f1", "e1"),
			passes{start: -1, slot: true}},
		"a breaker whose time has passed": {brokenUntil("X.22", noon), ask("f1", "e1"), passes{start: -1, probe: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := through(t, tc.gate, nil, record(), tc.ask)
			if diff := cmp.Diff(tc.want, passed(d), cmp.AllowUnexported(passes{})); diff != "" {
				t.Errorf("gate (-want +got):\n%s", diff)
			}
		})
	}
}

// wake is OnWake with what must hold for every decision.
func wake(t *testing.T, gate decide.Gate, seen map[string]decide.Seen, rec decide.Record) decide.Decision {
	t.Helper()
	d := unchanged(t, rec,
		func(rec decide.Record) decide.Decision { return decide.OnWake(rec, seen, gate, noon, settings) })
	checkDecision(t, d)
	return d
}

func TestOnWake(t *testing.T) {
	t.Parallel()
	paused := decide.Gate{Paused: true}
	waiting := func(cause decide.Cause, until time.Duration, edits ...func(*decide.Attempt)) decide.Record {
		return record(attempt(1, decide.Queued, append(edits, queued(cause, noon.Add(until)))...))
	}
	mayRun := func(a *decide.Attempt) { a.MayRun, a.ClaimedAt = true, a.QueuedAt }
	gone := map[string]decide.Seen{"f1": {Workflow: finding.Suppressed, Compliance: finding.Failed,
		RecordState: finding.Active}}
	for name, tc := range map[string]struct {
		gate decide.Gate
		seen map[string]decide.Seen
		rec  decide.Record
		want passes
	}{
		"its slot has come": {decide.Gate{}, nil, waiting(decide.Paced, 0),
			passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"a little after its slot": {decide.Gate{}, nil, waiting(decide.Paced, -time.Second),
			passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"too late for its slot": {decide.Gate{}, nil, waiting(decide.Paced, -2*time.Second),
			passes{start: -1, slot: true}},
		"too late, and the next is far": {slot(time.Minute), nil, waiting(decide.Paced, -2*time.Second),
			passes{start: -1, cause: decide.Paced, until: time.Minute, resume: time.Minute - settings.SlotLead}},
		"shortly before its slot": {decide.Gate{}, nil, waiting(decide.Paced, settings.ShortWait),
			passes{start: settings.ShortWait, told: []string{"f1 NOTIFIED"}}},
		"long before its slot": {slot(0), nil, waiting(decide.Paced, 20*time.Second),
			passes{start: -1, cause: decide.Paced, until: 20 * time.Second,
				resume: 20*time.Second - settings.SlotLead}},
		"a retry whose time has come": {slot(0), nil, waiting(decide.Retry, 0),
			passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"a retry before its time": {slot(0), nil, waiting(decide.Retry, time.Second),
			passes{start: -1, cause: decide.Retry, until: time.Second, told: nil}},
		"active again": {slot(0), nil, waiting(decide.Paused, -time.Hour),
			passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"still paused": {paused, nil, waiting(decide.Paused, -time.Hour),
			passes{start: -1, cause: decide.Paused, until: -time.Hour}},
		"nobody needs it any more": {slot(0), gone, waiting(decide.Paused, -time.Hour),
			passes{start: -1, dropped: true}},
		"nobody needs it, but it may run": {
			slot(0), gone, waiting(decide.Busy, 0, mayRun), passes{start: 0},
		},
		"its claimer died": {slot(0), nil, record(attempt(1, decide.Claimed)),
			passes{start: 0, told: []string{"f1 NOTIFIED"}}},
		"its claimer is at work": {slot(0), nil, record(attempt(1, decide.Claimed, claimed(noon.Add(-time.Second)))),
			passes{start: -1}},
		"it runs":          {slot(0), nil, record(attempt(1, decide.Running)), passes{start: -1}},
		"it ended":         {slot(0), nil, record(attempt(1, decide.Failed)), passes{start: -1}},
		"nothing is there": {slot(0), nil, record(), passes{start: -1, dropped: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, passed(wake(t, tc.gate, tc.seen, tc.rec)),
				cmp.AllowUnexported(passes{})); diff != "" {
				t.Errorf("wake (-want +got):\n%s", diff)
			}
		})
	}
}

// A person who asks for what only holds automatic repair back gets it now.
func TestPersonTakesQueuedAttemptOver(t *testing.T) {
	t.Parallel()
	broken := brokenUntil("X.22", noon.Add(time.Hour))
	broken.Slot = noon
	rec := record(attempt(1, decide.Queued, queued(decide.Broken, noon.Add(time.Hour))))
	d := through(t, broken, nil, rec, ask("f2", "e2", byHand))
	if !d.Start || last(t, d).Trigger != finding.CustomAction {
		t.Errorf("decision = %+v", summary(t, d))
	}
	if diff := cmp.Diff([]string{"f1 NOTIFIED", "f2 NOTIFIED"}, told(d.Announce)); diff != "" {
		t.Error(diff)
	}
}

// A finding that joins an attempt that is pending for long gets a note. So does one that comes again,
// because its note may have been lost.
func TestFindingJoinsWaitingAttempt(t *testing.T) {
	t.Parallel()
	broken := brokenUntil("X.22", noon.Add(time.Hour))
	rec := record(attempt(1, decide.Queued, queued(decide.Broken, noon.Add(time.Hour))))
	d := through(t, broken, nil, rec, ask("f2", "e2"), ask("f1", "e1"))
	if diff := cmp.Diff([]string{"f2 NOTIFIED", "f1 NOTIFIED"}, told(d.Announce)); diff != "" {
		t.Error(diff)
	}
	if d.Start || len(d.Later) > 0 || !strings.Contains(d.Announce[0].Note, "until 2026-03-01 13:00 UTC") {
		t.Errorf("decision = %+v", d)
	}
}

// Findings that ask for nothing any longer start nothing, and the others go on without them.
func TestSeenFindings(t *testing.T) {
	t.Parallel()
	seen := func(workflow, compliance, state string) decide.Seen {
		return decide.Seen{Workflow: workflow, Compliance: compliance, RecordState: state}
	}
	for name, tc := range map[string]struct {
		seen  decide.Seen
		start bool
	}{
		"as it was":  {seen(finding.New, finding.Failed, finding.Active), true},
		"in hand":    {seen(finding.Notified, finding.Failed, finding.Active), true},
		"suppressed": {seen(finding.Suppressed, finding.Failed, finding.Active), false},
		"passed":     {seen(finding.Resolved, "PASSED", finding.Active), false},
		"archived":   {seen(finding.New, finding.Failed, "ARCHIVED"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := map[string]decide.Seen{"f1": tc.seen}
			if d := through(t, open, now, record(), ask("f1", "e1")); d.Start != tc.start || d.Save != tc.start ||
				len(d.Announce) > 0 != tc.start {
				t.Errorf("a new one: %+v", summary(t, d))
			}
			d := through(t, open, now, record(), ask("f1", "e1"), ask("f2", "e2"))
			if !d.Start || len(last(t, d).Findings) == 2 != tc.start {
				t.Errorf("with another: %+v", summary(t, d))
			}
		})
	}
}

// An old message about a finding whose later check failed again is not answered with what was
// true before that check.
func TestLaterCheckCounts(t *testing.T) {
	t.Parallel()
	now := map[string]decide.Seen{"f1": {Workflow: finding.New, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: noon}}
	d := through(t, open, now, record(attempt(1, decide.Succeeded)), ask("f1", "e0"))
	if !d.Start || len(d.Updates) > 0 {
		t.Errorf("decision = %+v", summary(t, d))
	}
}
