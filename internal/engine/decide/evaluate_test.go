package decide_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// in is a finding of a Region.
func in(region string) decide.Ref {
	return ref("arn:aws:securityhub:"+region+":222222222222:security-control/X.22/finding/1", "e")
}

func rules(names ...string) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.ConfigRules = names }
}

func about(refs ...decide.Ref) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.Findings = refs }
}

func evaluated(at time.Time) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.EvaluatedAt = at }
}

func TestRulesToEvaluate(t *testing.T) {
	t.Parallel()
	one := in("eu-west-1")
	repaired := attempt(2, decide.Succeeded, rules("r1", "r2"), about(one))
	many := attempt(2, decide.Succeeded, rules(strings.Split("abcdefghijklmnopqrstuvwxyz", "")...), about(one))
	confirmed := repaired
	confirmed.ConfirmedAt = noon
	for name, tc := range map[string]struct {
		attempts []decide.Attempt
		open     []decide.Ref // unconfirmed
		want     []string
	}{
		"repaired":           {[]decide.Attempt{repaired}, []decide.Ref{one}, []string{"eu-west-1 r1", "eu-west-1 r2"}},
		"nothing to confirm": {[]decide.Attempt{repaired}, nil, nil},
		"in two Regions": {
			[]decide.Attempt{attempt(2, decide.Succeeded, rules("r1"), about(one, in("us-east-1"), one))},
			[]decide.Ref{one, in("us-east-1")}, []string{"eu-west-1 r1", "us-east-1 r1"}},
		"confirmed": {[]decide.Attempt{confirmed}, []decide.Ref{one}, nil},
		"no rules":  {[]decide.Attempt{attempt(2, decide.Succeeded, about(one))}, []decide.Ref{one}, nil},
		"failed":    {[]decide.Attempt{attempt(2, decide.Failed, rules("r1"), about(one))}, []decide.Ref{one}, nil},
		"an undo": {[]decide.Attempt{attempt(2, decide.Succeeded, rules("r1"), about(one), undo("exec-1"))},
			[]decide.Ref{one}, nil},
		"another since": {[]decide.Attempt{repaired, attempt(3, decide.Running)}, []decide.Ref{one}, nil},
		"none":          {nil, []decide.Ref{one}, nil},
	} {
		rec := record(tc.attempts...)
		rec.Unconfirmed = tc.open
		var got []string
		for _, r := range rec.RulesToEvaluate(2) {
			if r.Account != group.Account {
				t.Errorf("%s: in account %s", name, r.Account)
			}
			got = append(got, r.Region+" "+r.Name)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	rec := record(many)
	rec.Unconfirmed = []decide.Ref{one}
	if n := len(rec.RulesToEvaluate(2)); n != 25 {
		t.Errorf("%d rules of 26", n)
	}
}

func TestEvaluationIsRecordedOnce(t *testing.T) {
	t.Parallel()
	d := decide.EvaluationRequested(record(attempt(2, decide.Succeeded)), 2, noon)
	if !d.Save || !last(t, d).EvaluatedAt.Equal(noon) {
		t.Errorf("it is not recorded: %+v", d)
	}
	for name, rec := range map[string]decide.Record{
		"again":         d.Record,
		"another since": record(attempt(2, decide.Succeeded), attempt(3, decide.Queued)),
	} {
		if decide.EvaluationRequested(rec, 2, noon.Add(time.Minute)).Save {
			t.Errorf("%s: it is recorded", name)
		}
	}
}

// After an evaluation was requested, each sweep looks for its result, for half an hour.
func TestChecksAfterAnEvaluation(t *testing.T) {
	t.Parallel()
	rec := record(attempt(1, decide.Succeeded, ended(noon), evaluated(noon)))
	rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
	failing := map[string]decide.Seen{"f1": {Workflow: finding.Resolved, Compliance: finding.Failed,
		RecordState: finding.Active, ObservedAt: noon.Add(12 * time.Minute)}}
	checks := 0
	for i := range 12 {
		now := noon.Add(time.Duration(i) * decide.SweepEvery)
		if due := rec.Due(settings); decide.OnSweep(rec, false, "", now, settings).Check {
			if due.After(now) {
				t.Errorf("the sweep does not find it before %s", due)
			}
			d := decide.OnChecks(rec, failing, now, settings)
			if len(d.Checked.Reopened) > 0 {
				t.Errorf("an evaluation of data from before the repair contradicts it after %s", now.Sub(noon))
			}
			rec = d.Record
			checks++
		}
	}
	if checks != 6 {
		t.Errorf("%d checks in an hour", checks)
	}
}

func TestConfirmedAt(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	for name, tc := range map[string]struct {
		seen decide.Seen
		want time.Time
	}{
		"a check": {decide.Seen{Compliance: "PASSED", ObservedAt: at(time.Minute), Since: at(-time.Hour)},
			at(time.Minute)},
		"checks": {decide.Seen{Compliance: "PASSED", ObservedAt: at(time.Hour), Since: at(time.Minute)},
			at(time.Minute)},
		"nothing to check": {decide.Seen{Compliance: "NOT_AVAILABLE", ObservedAt: at(time.Minute)}, time.Time{}},
		"archived": {decide.Seen{Compliance: "PASSED", RecordState: "ARCHIVED", ObservedAt: at(time.Minute)},
			time.Time{}},
	} {
		rec := record(attempt(1, decide.Succeeded, ended(noon)), attempt(2, decide.Failed))
		rec.Unconfirmed = []decide.Ref{ref("f1", "e1")}
		if tc.seen.RecordState == "" {
			tc.seen.RecordState = finding.Active
		}
		tc.seen.Workflow = finding.Resolved
		d := decide.OnChecks(rec, map[string]decide.Seen{"f1": tc.seen}, at(2*time.Hour), settings)
		if got := d.Record.Attempts[0].ConfirmedAt; !got.Equal(tc.want) || len(d.Checked.Confirmed) != 1 {
			t.Errorf("%s: confirmed at %s, %+v", name, got, d.Checked)
		}
		if !rec.Attempts[0].ConfirmedAt.IsZero() {
			t.Errorf("%s: the record that was given has changed", name)
		}
	}
}
