package decide_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// both is how a failed finding is in CSPM and in the new Security Hub.
func both(workflow, status, comment string) decide.Seen {
	return decide.Seen{Workflow: workflow, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: noon.Add(-time.Minute), V2: finding.V2{UID: "v2", Status: status, Comment: comment}}
}

func TestWhatTheNewSecurityHubSendsAsksOnlyIfItIsSoNow(t *testing.T) {
	t.Parallel()
	own := func(workflow string) string { return finding.Comment("x", workflow, false) }
	passed := both(finding.New, finding.Notified, "")
	passed.Compliance = "PASSED"
	archived := both(finding.New, finding.New, "")
	archived.RecordState = "ARCHIVED"
	for name, tc := range map[string]struct {
		seen             decide.Seen
		automatic, click bool
	}{
		"new in both":             {seen: both(finding.New, finding.New, ""), automatic: true},
		"clicked":                 {both(finding.New, finding.Notified, ""), true, true},
		"clicked, with a comment": {both(finding.New, finding.Notified, "Please repair it."), true, true},
		"clicked after our Resolved": {seen: both(finding.Resolved, finding.Notified, own(finding.Resolved)),
			click: true},
		"clicked after it was reopened": {both(finding.New, finding.Notified, own(finding.New)), true, true},
		"our own":                       {seen: both(finding.Notified, finding.Notified, own(finding.Notified))},
		"our own, and CSPM is NEW again": {seen: both(finding.New, finding.Notified, own(finding.Notified)),
			automatic: true},
		"our own note":             {seen: both(finding.New, finding.Notified, own("")), automatic: true},
		"carried over from CSPM":   {seen: both(finding.Notified, finding.Notified, "")},
		"answered, and late in V2": {seen: both(finding.Notified, finding.New, "")},
		"resolved, and late in V2": {seen: both(finding.Resolved, finding.New, "")},
		"suppressed there":         {seen: both(finding.New, finding.Suppressed, "")},
		"suppressed in CSPM only":  {seen: both(finding.Suppressed, finding.Notified, "")},
		"passed":                   {seen: passed},
		"archived":                 {seen: archived},
		"not in V2":                {seen: both(finding.New, "", ""), automatic: true},
		"nowhere":                  {},
	} {
		if got := tc.seen.Asks(finding.Automatic); got != tc.automatic {
			t.Errorf("%s: asks for an automatic repair: %t", name, got)
		}
		if got := tc.seen.Asks(finding.InProgress); got != tc.click {
			t.Errorf("%s: asks by its status: %t", name, got)
		}
	}
}

func TestMissingInV2(t *testing.T) {
	t.Parallel()
	noted := func(s decide.Seen) decide.Seen {
		s.Note = "Repaired."
		return s
	}
	archived := noted(both(finding.Resolved, finding.New, ""))
	archived.RecordState = "ARCHIVED"
	for name, tc := range map[string]struct {
		seen decide.Seen
		want bool
	}{
		"it came after the answer": {noted(both(finding.Notified, finding.New, "")), true},
		"it came after the repair": {noted(both(finding.Resolved, finding.New, "")), true},
		"a late check made it New": {
			noted(both(finding.Resolved, finding.New, finding.Comment("x", finding.Resolved, false))), true},
		"it was written again already": {
			noted(both(finding.Resolved, finding.New, finding.Comment("x", finding.Resolved, true))), false},
		"another tool has commented":     {noted(both(finding.Resolved, finding.New, "mine")), false},
		"both are the same":              {noted(both(finding.Resolved, finding.Resolved, "")), false},
		"somebody works on it":           {noted(both(finding.Resolved, finding.Notified, "")), false},
		"suppressed":                     {noted(both(finding.Resolved, finding.Suppressed, "")), false},
		"not answered yet":               {noted(both(finding.New, finding.New, "")), false},
		"answered by somebody else":      {both(finding.Notified, finding.New, ""), false},
		"archived":                       {archived, false},
		"CSPM only, V2 is off or behind": {noted(both(finding.Notified, "", "")), false},
	} {
		got, is := tc.seen.MissingInV2(ref("f1", "e1"))
		if is != tc.want {
			t.Errorf("%s: MissingInV2 = %t", name, is)
		}
		want := decide.Update{Findings: []decide.Ref{ref("f1", "e1")}, Workflow: tc.seen.Workflow, Note: "Repaired.",
			OnlyV2: true}
		if diff := cmp.Diff(want, got); is && diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func fromV2(r *decide.Request) { r.FromV2, r.V2ID, r.At = true, "v2", r.AsOf }

func clicked(r *decide.Request) {
	fromV2(r)
	r.Trigger, r.At = finding.InProgress, noon
}

// The two events of one check are one request, whichever comes first, and the click of nobody knows who is held by
// everything that holds what is automatic.
func TestOnFindingsOfTheNewSecurityHub(t *testing.T) {
	t.Parallel()
	s := decide.Defaults
	lately, long := noon.Add(-s.UpdateLag/2), noon.Add(-s.UpdateLag)
	failed := func(at time.Time) decide.Record {
		return record(attempt(1, decide.Failed, class(decide.Permission), claimed(at.Add(-time.Minute)), ended(at)))
	}
	asked := func(before time.Time, edits ...func(*decide.Request)) decide.Request {
		return ask("f1", "v2", append([]func(*decide.Request){asOf(before.Add(-2 * time.Minute))}, edits...)...)
	}
	usedUp := record()
	for i := range s.MaxAttempts {
		usedUp.Attempts = append(usedUp.Attempts,
			attempt(i+1, decide.Failed, claimed(noon.Add(-time.Hour)), ended(noon.Add(-59*time.Minute))))
	}
	paused := attempt(1, decide.Queued)
	paused.Cause, paused.NotBefore = decide.Paused, noon.Add(time.Hour)
	held := record(attempt(1, decide.Succeeded, ended(long)))
	held.HeldAt = long
	for name, tc := range map[string]struct {
		rec     decide.Record
		request decide.Request
		seen    decide.Seen
		start   bool
		updates []string
		later   time.Duration
	}{
		"the first of both": {record(), ask("f1", "v2", fromV2), both(finding.New, finding.New, ""), true,
			nil, 0},
		"the second of both": {rec: record(attempt(1, decide.Running)), request: ask("f1", "v2", fromV2),
			seen: both(finding.Notified, finding.New, "")},
		"a finding that waits, for the note makes it come again": {rec: record(paused),
			request: ask("f1", "v2", fromV2),
			seen:    both(finding.Notified, finding.New, "")},
		"days after the answer": {rec: failed(long), request: asked(long, fromV2),
			seen: both(finding.Notified, finding.New, "")},
		"soon after the answer, which does not show yet": {rec: failed(lately), request: asked(lately, fromV2),
			seen: both(finding.New, finding.New, ""), later: s.UpdateLag / 2},
		"CSPM's event comes second, soon after the answer": {rec: failed(lately), request: asked(lately, sentAt(noon)),
			seen: both(finding.New, finding.New, ""), later: s.UpdateLag / 2},
		"CSPM's event comes second, and a person has set it to NEW": {rec: failed(long),
			request: asked(long, sentAt(noon)),
			seen:    both(finding.New, finding.New, ""), start: true},
		"CSPM's event comes second, long after the repair": {
			rec:     record(attempt(1, decide.Succeeded, ended(long))),
			request: asked(long, sentAt(noon)), seen: both(finding.Resolved, finding.Resolved, ""),
		},
		"a person's custom action, soon after the answer": {rec: failed(lately),
			request: ask("f1", "v2", byHand, sentAt(noon)),
			seen:    both(finding.Notified, finding.Notified, ""), start: true},
		"a click": {record(), ask("f1", "v2", clicked), both(finding.New, finding.Notified, ""), true, nil, 0},
		"a click that another repair has answered": {rec: record(attempt(1, decide.Succeeded, ended(long))),
			request: asked(long, clicked), seen: both(finding.Resolved, finding.Notified, "Please repair it.")},
		"a click after a repair that shows": {rec: record(attempt(1, decide.Succeeded, ended(long))),
			request: asked(long, clicked),
			seen:    both(finding.Resolved, finding.Notified, finding.Comment("x", finding.Resolved, false)),
			start:   true},
		"our own In Progress": {rec: record(), request: ask("f1", "v2", clicked),
			seen: both(finding.Notified, finding.Notified, "")},
		"a click when all attempts are used up": {rec: usedUp, request: ask("f1", "v2", clicked),
			seen: both(finding.New, finding.Notified, "Please."), updates: []string{"f1 NOTIFIED"}},
		"a click after an undo": {rec: held, request: ask("f1", "v2", clicked),
			seen: both(finding.New, finding.Notified, "Please."), updates: []string{"f1 NOTIFIED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.seen.ObservedAt = tc.request.AsOf
			d := decide.OnFindings(tc.rec, []decide.Request{tc.request}, map[string]decide.Seen{"f1": tc.seen},
				decide.Gate{Slot: noon, Nonce: "n"}, noon, s)
			if d.Start != tc.start || !d.Start && len(d.Announce) > 0 {
				t.Errorf("it starts: %t (%v)", d.Start, d.Log)
			}
			if diff := cmp.Diff(tc.updates, told(d.Updates)); diff != "" {
				t.Errorf("updates (-want +got):\n%s", diff)
			}
			var later time.Duration
			for _, l := range d.Later {
				later = l.After
			}
			if later != tc.later {
				t.Errorf("it comes back after %s, not %s", later, tc.later)
			}
			if a := d.Record.Last(); d.Start && tc.request.V2ID != "" && a.V2IDs["f1"] != "v2" {
				t.Errorf("the attempt has the ids %v", a.V2IDs)
			}
		})
	}
}

// A click on a finding that is RESOLVED, by a check that may not know of the repair, is answered where it was made: an
// update of CSPM would make it come again, without end where the answer cannot be written.
func TestClickOnResolved(t *testing.T) {
	t.Parallel()
	s := decide.Defaults
	rec := record(attempt(1, decide.Succeeded, ended(noon.Add(-2*time.Minute))))
	seen := both(finding.Resolved, finding.Notified, "Please repair it.")
	d := decide.OnFindings(rec, []decide.Request{ask("f1", "v2", clicked)}, map[string]decide.Seen{"f1": seen},
		decide.Gate{Slot: noon, Nonce: "n"}, noon, s)
	if d.Start || len(d.Announce) != 1 || !d.Announce[0].OnlyV2 || d.Announce[0].Workflow != finding.Resolved {
		t.Errorf("it starts: %t, announces %+v (%v)", d.Start, d.Announce, d.Log)
	}
}

// A finding that is suppressed only in the new Security Hub is left alone, as it would be in CSPM.
func TestSuppressedInV2(t *testing.T) {
	t.Parallel()
	seen := map[string]decide.Seen{"f1": both(finding.New, finding.Suppressed, "")}
	d := decide.OnFindings(record(), []decide.Request{ask("f1", "e1")}, seen, decide.Gate{Slot: noon, Nonce: "n"}, noon,
		settings)
	if d.Start || len(d.Updates)+len(d.Announce) > 0 {
		t.Errorf("it starts, or is answered: %+v", d)
	}
	o := decide.Outcome{ExecutionID: "exec-1", Succeeded: true, StartedAt: noon}
	d = decide.OnOutcome(record(attempt(1, decide.Running)), o, seen, noon, settings)
	if len(d.Updates) > 0 || len(d.Record.Unconfirmed) > 0 {
		t.Errorf("the finding gets the outcome: %+v", d.Updates)
	}
}
