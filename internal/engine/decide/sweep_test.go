package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

func TestOnSweep(t *testing.T) {
	t.Parallel()
	wait := func(cause decide.Cause, until time.Duration) decide.Record {
		return record(attempt(1, decide.Queued, queued(cause, noon.Add(until))))
	}
	for name, tc := range map[string]struct {
		rec    decide.Record
		paused bool
		want   decide.Plan
	}{
		"nothing": {record(), false, decide.Plan{}},
		"ended":   {record(attempt(1, decide.Failed)), false, decide.Plan{}},
		"runs for a while": {
			record(attempt(1, decide.Running, claimed(noon.Add(-settings.RunTime+time.Second)))), false, decide.Plan{}},
		"runs for long": {record(attempt(1, decide.Running, claimed(noon.Add(-settings.RunTime)))),
			false, decide.Plan{Look: "exec-1"}},
		"runs for long, paused": {record(attempt(1, decide.Running, claimed(noon.Add(-settings.RunTime)))),
			true, decide.Plan{Look: "exec-1"}},
		"just claimed": {
			record(attempt(1, decide.Claimed, claimed(noon.Add(-settings.ClaimLease+time.Second)))), false,
			decide.Plan{}},
		"claimed and left": {record(attempt(1, decide.Claimed, claimed(noon.Add(-settings.ClaimLease)))),
			false, decide.Plan{Wake: true}},
		"claimed and left, paused":        {record(attempt(1, decide.Claimed)), true, decide.Plan{}},
		"its message is about to come":    {wait(decide.Paced, -settings.ClaimLease+time.Second), false, decide.Plan{}},
		"its message never came":          {wait(decide.Paced, -settings.ClaimLease), false, decide.Plan{Wake: true}},
		"busy, and its message is lost":   {wait(decide.Busy, -settings.ClaimLease), false, decide.Plan{Wake: true}},
		"queued, and its message is lost": {wait("", -settings.ClaimLease), false, decide.Plan{Wake: true}},
		"a retry is due":                  {wait(decide.Retry, 0), false, decide.Plan{Wake: true}},
		"a retry is not due":              {wait(decide.Retry, time.Second), false, decide.Plan{}},
		"a retry is due, paused":          {wait(decide.Retry, 0), true, decide.Plan{}},
		"active again":                    {wait(decide.Paused, -time.Hour), false, decide.Plan{Wake: true}},
		"still paused":                    {wait(decide.Paused, -time.Hour), true, decide.Plan{}},
		"the breaker's time has passed":   {wait(decide.Broken, 0), false, decide.Plan{Wake: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := decide.OnSweep(tc.rec, tc.paused, "", noon, settings); got != tc.want {
				t.Errorf("plan = %+v, want %+v", got, tc.want)
			}
		})
	}
}

// Each unconfirmed target is checked once in ConfirmEvery, whenever the sweeps begin.
func TestChecksTakeTurns(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Succeeded))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
	seen := map[string]decide.Seen{"f1": {Workflow: finding.Resolved, Compliance: finding.Failed,
		RecordState: finding.Active}}
	checks := 0
	for i := range 24 {
		now := noon.Add(time.Duration(i) * decide.SweepEvery)
		if decide.OnSweep(rec, false, "", now, settings).Check {
			rec = decide.OnChecks(rec, seen, now, settings).Record
			checks++
		}
	}
	if checks != 2 {
		t.Errorf("%d checks in two hours", checks)
	}
	always := settings
	always.ConfirmEvery = 0
	if !decide.OnSweep(rec, false, "", noon.Add(2*time.Hour), always).Check {
		t.Error("no check although each sweep is to make one")
	}
}

func TestOnChecks(t *testing.T) {
	t.Parallel()
	ended := noon.Add(-30 * time.Second)
	before, after := ended.Add(-time.Hour), ended.Add(10*time.Second)
	seen := func(workflow, compliance string, at time.Time) decide.Seen {
		return decide.Seen{Workflow: workflow, Compliance: compliance, RecordState: finding.Active, ObservedAt: at}
	}
	type outcome struct {
		Left     []string
		Updates  []string
		Notified int
		Metrics  []decide.Metric
		Checked  string // the outcome of f1
	}
	for name, tc := range map[string]struct {
		seen  map[string]decide.Seen
		later time.Duration
		want  outcome
	}{
		"no check yet": {map[string]decide.Seen{"f1": seen(finding.Resolved, finding.Failed, before)},
			0, outcome{Left: []string{"f1"}}},
		"confirmed": {map[string]decide.Seen{"f1": seen(finding.Resolved, "PASSED", after)}, 0,
			outcome{Checked: "confirmed"}},
		"passed before the repair": {map[string]decide.Seen{"f1": seen(finding.Resolved, "PASSED", before)}, 0,
			outcome{Left: []string{"f1"}}},
		"contradicted": {map[string]decide.Seen{"f1": seen(finding.Resolved, finding.Failed, after)},
			0, outcome{nil, []string{"f1 NEW"}, 1, []decide.Metric{decide.MetricUnproven}, "reopened"}},
		"contradicted and open already": {map[string]decide.Seen{"f1": seen(finding.New, finding.Failed, after)}, 0,
			outcome{}},
		"suppressed by a person": {map[string]decide.Seen{"f1": seen(finding.Suppressed, finding.Failed, after)},
			0, outcome{}},
		"set NEW by a person": {map[string]decide.Seen{"f1": seen(finding.New, finding.Failed, before)}, 0,
			outcome{}},
		"archived": {
			map[string]decide.Seen{"f1": {Workflow: finding.Resolved, Compliance: finding.Failed,
				RecordState: "ARCHIVED", ObservedAt: after}}, 0, outcome{Checked: "confirmed"}},
		"gone": {nil, 0, outcome{Checked: "confirmed"}},
		"unconfirmed for too long": {map[string]decide.Seen{"f1": seen(finding.Resolved, finding.Failed, before)},
			settings.ConfirmWithin, outcome{nil, nil, 1, []decide.Metric{decide.MetricUnproven}, "unconfirmed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := record(attempt(1, decide.Succeeded))
			rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
			d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
				return decide.OnChecks(rec, tc.seen, noon.Add(tc.later), settings)
			})
			checkDecision(t, d)
			got := outcome{Updates: told(d.Updates), Notified: len(d.Notifications), Metrics: d.Metrics}
			for name, refs := range map[string][]decide.Ref{"confirmed": d.Checked.Confirmed,
				"reopened": d.Checked.Reopened, "unconfirmed": d.Checked.Unconfirmed} {
				if len(refs) > 0 {
					got.Checked += name
				}
			}
			for _, r := range d.Record.Unconfirmed {
				got.Left = append(got.Left, r.ID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
			if !d.Save || !d.Record.CheckedAt.Equal(noon.Add(tc.later)) {
				t.Errorf("save = %t, checked at %s", d.Save, d.Record.CheckedAt)
			}
		})
	}
}

// Several findings of a target may fare differently.
func TestOnChecksOfSeveral(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Succeeded))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1"), ref("f2", "e2"), ref("f3", "e3")}
	later := noon.Add(time.Hour)
	d := decide.OnChecks(rec, map[string]decide.Seen{
		"f1": {Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active, ObservedAt: later},
		"f2": {Workflow: finding.Resolved, Compliance: "PASSED", RecordState: finding.Active, ObservedAt: later},
		"f3": {Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active},
	}, later, settings)
	if diff := cmp.Diff([]decide.Ref{ref("f3", "e3")}, d.Record.Unconfirmed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"f1 NEW"}, told(d.Updates)); diff != "" {
		t.Error(diff)
	}
	if note := d.Updates[0].Note; !strings.Contains(note, "a later Security Hub check failed") ||
		!strings.Contains(note, "exec-1") {
		t.Errorf("note = %s", note)
	}
}

// A RESOLVED finding stays known, however often another finding of the target fails meanwhile: a check from before
// the repair contradicts nothing, and the repair can still be undone.
func TestTheLatestRepairIsKept(t *testing.T) {
	t.Parallel()
	rec := record(repaired(1), attempt(2, decide.Succeeded, unneeded))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
	now := noon
	for i := range 6 {
		now = now.Add(time.Hour)
		other := ask("f2", fmt.Sprint("e", i), byHand, sentAt(now), asOf(now))
		rec = decide.OnFindings(rec, []decide.Request{other}, nil, decide.Gate{Slot: now}, now, settings).Record
		number, execution := rec.Last().Number, fmt.Sprint("other-", i)
		rec = decide.OnStarted(rec, number, execution).Record
		rec = decide.OnOutcome(rec, decide.Outcome{ExecutionID: execution, Class: decide.Verification}, nil, now,
			settings).Record
	}
	if n := rec.Last().Number; n != 8 || rec.Undoable().ExecutionID != "exec-1" ||
		rec.LastSuccess().ExecutionID != "exec-2" {
		t.Errorf("after attempt %d the latest repair is %+v, to be undone %+v", n, rec.LastSuccess(), rec.Undoable())
	}
	before := decide.Seen{Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: noon.Add(-time.Hour)}
	if d := decide.OnChecks(rec, map[string]decide.Seen{"f1": before}, now, settings); len(d.Record.Unconfirmed) != 1 {
		t.Errorf("a check from before the repair makes it %+v", d.Checked)
	}
}
