package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
)

// reported has a control's checks be made of data that is up to four hours old.
func reported(r *decide.Request) { r.EvidenceLag = 4 * time.Hour }

func since(at time.Time) func(*decide.Request) { return func(r *decide.Request) { r.Since = at } }

func withLag(a *decide.Attempt) { a.EvidenceLag = 4 * time.Hour }

// The repair ended three hours ago, and a check failed since.
func TestAChecksThatCannotKnowOfTheRepair(t *testing.T) {
	t.Parallel()
	end := noon.Add(-3 * time.Hour)
	done := attempt(1, decide.Succeeded, claimed(end.Add(-time.Minute)), ended(end), withLag)
	for name, tc := range map[string]struct {
		rec     decide.Record
		request decide.Request
		log     string
		updates []string
	}{
		"of another Region": {record(done), ask("f2", "e2", reported),
			"repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
		"the last moment": {record(attempt(1, decide.Succeeded, ended(noon.Add(-4*time.Hour)), withLag)),
			ask("f2", "e2", reported, asOf(noon)), "repaired, and the check may not know of it",
			[]string{"f2 RESOLVED"}},
		"a moment later": {record(attempt(1, decide.Succeeded, ended(noon.Add(-4*time.Hour)), withLag)),
			ask("f2", "e2", reported, asOf(noon.Add(time.Nanosecond))), "start", nil},
		"its message again": {
			record(attempt(1, decide.Succeeded, ended(end), withLag,
				func(a *decide.Attempt) { a.Findings = []decide.Ref{ref("f2", "e2")} })), ask("f2", "e2", reported),
			"answered already", nil},
		"of a control without": {record(attempt(1, decide.Succeeded, ended(end))), ask("f2", "e2"), "start", nil},
		"within the default": {record(attempt(1, decide.Succeeded, ended(noon.Add(-4*time.Minute)))),
			ask("f2", "e2"), "repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
		"a person asks":       {record(done), ask("f2", "e2", reported, byHand), "start", nil},
		"it has passed since": {record(done), ask("f1", "e9", reported, since(end.Add(time.Hour))), "start", nil},
		"it has not": {record(done), ask("f1", "e9", reported, since(end.Add(-time.Hour))),
			"repaired, and the check may not know of it", []string{"f1 RESOLVED"}},
		"a new finding": {record(done), ask("f2", "e2", reported, since(end.Add(time.Hour))),
			"repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
		"more than was repaired": {record(done), ask("f2", "e2", reported, forPorts("22", "3389")), "start", nil},
		"a failure since": {record(done, attempt(2, decide.Failed, ended(end.Add(time.Minute)))),
			ask("f2", "e2", reported), "start", nil},
		"another port since": {record(done,
			attempt(2, decide.Failed, ended(end.Add(time.Minute)),
				func(a *decide.Attempt) { a.Parameters = ports("3389") })), ask("f2", "e2", reported),
			"repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
		"an undo that never ran": {record(done,
			attempt(2, decide.Failed, ended(end.Add(time.Minute)), undo("exec-1"), class(failure.NotReady),
				func(a *decide.Attempt) { a.ExecutionID = "" })), ask("f2", "e2", reported),
			"repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
		"an undo that failed": {record(done, attempt(2, decide.Failed, ended(end.Add(time.Minute)), undo("exec-1"))),
			ask("f2", "e2", reported), "start", nil},
		"used up, but repaired": {record(attempt(1, decide.Failed), attempt(2, decide.Failed),
			attempt(3, decide.Succeeded, ended(end), withLag)), ask("f2", "e2", reported),
			"repaired, and the check may not know of it", []string{"f2 RESOLVED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := unchanged(t, tc.rec, func(rec decide.Record) decide.Decision {
				return decide.OnFindings(rec, []decide.Request{tc.request}, nil, open, noon, decide.Defaults)
			})
			checkDecision(t, d)
			if diff := cmp.Diff([]string{tc.log}, d.Log); diff != "" || d.Start != (tc.log == "start") {
				t.Errorf("start %t, log (-want +got):\n%s", d.Start, diff)
			}
			if diff := cmp.Diff(tc.updates, told(d.Announce)); diff != "" && !d.Start {
				t.Error(diff)
			}
			if len(tc.updates) > 0 &&
				(!d.Save || !cmp.Equal(d.Record.Unconfirmed, []decide.Ref{tc.request.Ref}) ||
					!strings.Contains(d.Announce[0].Note, "may be older than the remediation")) {
				t.Errorf("save %t, unconfirmed %v, told %q", d.Save, d.Record.Unconfirmed, d.Announce[0].Note)
			}
		})
	}
}

// The record is saved before the finding is updated. If the function dies in between, the message comes back.
func TestAResolvedFindingThatWasNotToldIsToldAgain(t *testing.T) {
	t.Parallel()
	again := ask("f2", "e2", reported)
	end := noon.Add(-time.Hour)
	saved := record(attempt(1, decide.Succeeded, claimed(end.Add(-time.Minute)), ended(end), withLag,
		func(a *decide.Attempt) { a.Findings = []decide.Ref{again.Ref} }))
	saved.Unconfirmed = []decide.Ref{again.Ref}
	contradicted := saved.Clone()
	contradicted.Unconfirmed = nil
	for name, tc := range map[string]struct {
		rec      decide.Record
		workflow string
		want     []string
	}{
		"it is NEW":                        {saved, finding.New, []string{"f2 RESOLVED"}},
		"it is RESOLVED":                   {saved, finding.Resolved, nil},
		"a person has suppressed it":       {saved, finding.Suppressed, nil},
		"a check contradicted since":       {contradicted, finding.New, nil},
		"nobody looked how the finding is": {saved, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]decide.Seen{"f2": {Workflow: tc.workflow, Compliance: finding.Failed,
				RecordState: finding.Active, ObservedAt: again.AsOf}}
			if tc.workflow == "" {
				seen = nil
			}
			d := decide.OnFindings(tc.rec, []decide.Request{again}, seen, open, noon, decide.Defaults)
			if diff := cmp.Diff(tc.want, told(d.Announce)); diff != "" || d.Save || d.Start {
				t.Errorf("save %t, start %t, told (-want +got):\n%s", d.Save, d.Start, diff)
			}
		})
	}
}

func TestOnChecksOfOldData(t *testing.T) {
	t.Parallel()
	end := noon.Add(-8 * time.Hour)
	done := attempt(1, decide.Succeeded, ended(end), withLag)
	failed := func(workflow string, at time.Time) decide.Seen {
		return decide.Seen{Workflow: workflow, Compliance: finding.Failed, RecordState: finding.Active, ObservedAt: at,
			Since: end.Add(-time.Hour)}
	}
	passedBetween := failed(finding.Resolved, end.Add(2*time.Hour))
	passedBetween.Since = end.Add(time.Hour)
	warning := failed(finding.Resolved, end.Add(5*time.Hour))
	warning.Compliance = finding.Warning
	for name, tc := range map[string]struct {
		seen    decide.Seen
		now     time.Time
		left    int
		checked decide.Checked
	}{
		"within the lag": {failed(finding.Resolved, end.Add(4*time.Hour)), noon, 1, decide.Checked{}},
		"after it": {failed(finding.Resolved, end.Add(4*time.Hour+1)), noon, 0,
			decide.Checked{Reopened: []decide.Ref{ref("f1", "e1")}}},
		"within it, but it passed between": {passedBetween, noon, 0,
			decide.Checked{Reopened: []decide.Ref{ref("f1", "e1")}}},
		"a check that could not tell": {warning, noon, 1, decide.Checked{}},
		"RESOLVED does not show yet": {failed(finding.Notified, end.Add(-time.Hour)), end.Add(29 * time.Minute),
			1, decide.Checked{}},
		"nor with a later check": {failed(finding.New, end.Add(5*time.Minute)), end.Add(29 * time.Minute), 1,
			decide.Checked{}},
		"somebody else has changed it": {failed(finding.Notified, end.Add(-time.Hour)), end.Add(30 * time.Minute),
			0, decide.Checked{}},
		"no check that counts in time": {failed(finding.Resolved, end.Add(time.Hour)), end.Add(40 * time.Hour), 0,
			decide.Checked{Unconfirmed: []decide.Ref{ref("f1", "e1")}}},
		"not in 36 hours, but in 40": {failed(finding.Resolved, end.Add(time.Hour)), end.Add(39 * time.Hour), 1,
			decide.Checked{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := record(done)
			rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
			d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
				return decide.OnChecks(rec, map[string]decide.Seen{"f1": tc.seen}, tc.now, decide.Defaults)
			})
			checkDecision(t, d)
			if diff := cmp.Diff(tc.checked, d.Checked); diff != "" || len(d.Record.Unconfirmed) != tc.left {
				t.Errorf("%d left, checked (-want +got):\n%s", len(d.Record.Unconfirmed), diff)
			}
		})
	}
}

// The deadline of a finding runs from its own repair, also when a later one has done the same work.
func TestAnUnconfirmedFindingKeepsItsRepair(t *testing.T) {
	t.Parallel()
	first := attempt(1, decide.Succeeded, ended(noon.Add(-41*time.Hour)), withLag,
		func(a *decide.Attempt) { a.Parameters = ports("22", "3389") })
	second := attempt(2, decide.Succeeded, ended(noon.Add(-30*time.Hour)), withLag)
	rec := record(first, second)
	rec.Unconfirmed = slices.Clone(second.Findings)
	rec = decide.OnFindings(rec, []decide.Request{ask("f2", "e2")}, nil, open, noon, decide.Defaults).Record
	rec = decide.OnStarted(rec, 3, "exec-3").Record
	rec = decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-3", Succeeded: true, StartedAt: noon}, nil,
		noon.Add(time.Minute), decide.Defaults).Record
	failed := decide.Seen{Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: noon.Add(2 * time.Minute), Since: noon.Add(-time.Hour)}
	d := decide.OnChecks(rec, map[string]decide.Seen{"f1": failed}, noon.Add(time.Hour), decide.Defaults)
	if len(d.Checked.Reopened) > 0 {
		t.Errorf("%v are opened again by a check that cannot know of attempt 3", d.Checked.Reopened)
	}
}

// A finding that was set RESOLVED hours after its repair has no more time than the others. A failed check reopens it
// then, although the check cannot know of a later repair. The event of that starts nothing as long as this is so.
func TestAFindingThatWasAnsweredLateKeepsTheDeadlineOfItsRepair(t *testing.T) {
	t.Parallel()
	deadline := noon.Add(40 * time.Hour)
	late := ask("f2", "e2", reported, asOf(noon.Add(3*time.Hour)))
	rec := decide.OnFindings(record(attempt(1, decide.Succeeded, ended(noon), withLag)), []decide.Request{late}, nil,
		open, noon.Add(5*time.Hour), decide.Defaults).Record
	again := attempt(2, decide.Succeeded, ended(deadline.Add(-3*time.Hour)), withLag)
	again.Findings = []decide.Ref{ref("f3", "e3")}
	rec.Attempts = append(rec.Attempts, again)
	failed := decide.Seen{Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: deadline.Add(-time.Hour)}
	seen := map[string]decide.Seen{"f2": failed}

	early := decide.OnChecks(rec, seen, deadline.Add(-time.Nanosecond), decide.Defaults)
	if len(early.Checked.Reopened) > 0 || len(early.Record.Unconfirmed) != 1 {
		t.Errorf("before the deadline: %+v, unconfirmed %v", early.Checked, early.Record.Unconfirmed)
	}
	d := decide.OnChecks(rec, seen, deadline, decide.Defaults)
	if diff := cmp.Diff(decide.Checked{Reopened: []decide.Ref{late.Ref}}, d.Checked); diff != "" {
		t.Errorf("at the deadline (-want +got):\n%s", diff)
	}
	reopened := ask("f2", "e9", reported, asOf(failed.ObservedAt))
	answer := decide.OnFindings(d.Record, []decide.Request{reopened}, nil, open, deadline, decide.Defaults)
	if diff := cmp.Diff([]string{"f2 RESOLVED"}, told(answer.Announce)); diff != "" || answer.Start {
		t.Errorf("start %t, told (-want +got):\n%s", answer.Start, diff)
	}
}

// A retry is about the same findings, so it knows how old their data may be.
func TestARetryKeepsTheLag(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Running, withLag))
	d := decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-1", Class: decide.Throttling}, nil, noon,
		decide.Defaults)
	if a := last(t, d); a.State != decide.Queued || a.EvidenceLag != 4*time.Hour {
		t.Errorf("the retry is %+v", a)
	}
}
