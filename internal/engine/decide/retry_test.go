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

func TestOnStartDeferred(t *testing.T) {
	t.Parallel()
	deferred := func(rec decide.Record, mayRun bool, now time.Time) decide.Decision {
		d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
			return decide.OnStartDeferred(rec, 1, "Rate exceeded.", mayRun, now, settings)
		})
		checkDecision(t, d)
		return d
	}
	t.Run("throttled", func(t *testing.T) {
		d := deferred(record(attempt(1, decide.Claimed)), false, noon)
		a := last(t, d)
		wait := a.NotBefore.Sub(noon)
		if a.State != decide.Queued || a.Cause != decide.Busy || !a.ClaimedAt.IsZero() || a.MayRun ||
			wait < settings.StartBackoff*3/4 || wait > settings.StartBackoff*5/4 {
			t.Errorf("attempt = %+v", a)
		}
		if len(d.Updates)+len(d.Announce)+len(d.Notifications) > 0 {
			t.Error("throttling is announced")
		}
	})
	t.Run("the answer is lost", func(t *testing.T) {
		a := last(t, deferred(record(attempt(1, decide.Claimed)), true, noon))
		if a.State != decide.Queued || a.ClaimedAt.IsZero() || !a.MayRun {
			t.Errorf("attempt = %+v", a)
		}
	})
	t.Run("longer each time", func(t *testing.T) {
		rec, before := record(attempt(1, decide.Claimed)), time.Duration(0)
		for range 3 {
			d := deferred(rec, false, noon)
			wait := last(t, d).NotBefore.Sub(noon)
			if wait <= before || wait > settings.MaxBackoff*5/4 {
				t.Errorf("it waits %s after %s", wait, before)
			}
			rec, before = d.Record, wait
			rec.Last().State = decide.Claimed
		}
	})
	t.Run("for a whole window", func(t *testing.T) {
		d := deferred(record(attempt(1, decide.Claimed)), false, noon.Add(settings.Window))
		a := last(t, d)
		if a.State != decide.Failed || a.Class != decide.TimedOut || !slices.Contains(told(d.Updates), "f1 NOTIFIED") ||
			len(d.Notifications) != 1 {
			t.Errorf("attempt = %+v, told %v", a, told(d.Updates))
		}
	})
	for name, rec := range map[string]decide.Record{
		"started by somebody else": record(attempt(1, decide.Running)),
		"ended":                    record(attempt(1, decide.Succeeded)),
		"the next one":             record(attempt(1, decide.Failed), attempt(2, decide.Claimed)),
		"requeued":                 record(attempt(1, decide.Queued)),
	} {
		if d := deferred(rec, false, noon); d.Save {
			t.Errorf("%s: %+v", name, last(t, d))
		}
	}
}

// A transient failure is retried, up to the guard; people are notified of the last.
func TestRetry(t *testing.T) {
	t.Parallel()
	bad := decide.Outcome{ExecutionID: "exec-1", Class: decide.Throttling, Reason: "Rate exceeded."}
	end := func(rec decide.Record, o decide.Outcome, seen map[string]decide.Seen) decide.Decision {
		d := unchanged(t, rec,
			func(rec decide.Record) decide.Decision { return decide.OnOutcome(rec, o, seen, noon, settings) })
		checkDecision(t, d)
		return d
	}
	d := end(record(attempt(1, decide.Running)), bad, nil)
	a := last(t, d)
	if a.Number != 2 || a.State != decide.Queued || a.Cause != decide.Retry || !a.NotBefore.After(noon) ||
		len(d.Notifications) > 0 {
		t.Errorf("attempt = %+v", a)
	}
	if diff := cmp.Diff([]string{"f1 NOTIFIED"}, told(d.Updates)); diff != "" ||
		!strings.Contains(d.Updates[0].Note, "tries again after 2026-03-01 12:0") {
		t.Errorf("%s%s", diff, d.Updates[0].Note)
	}
	if d.Ended == nil || d.Ended.Attempt.Number != 1 || d.Ended.Counts {
		t.Errorf("ended = %+v", d.Ended)
	}

	third := record(attempt(1, decide.Failed), attempt(2, decide.Failed), attempt(3, decide.Running))
	bad.ExecutionID = "exec-3"
	if d := end(third, bad, nil); last(t, d).Number != 3 || len(d.Notifications) != 1 {
		t.Errorf("after the last: %+v", summary(t, d))
	}

	bad.ExecutionID = "exec-1"
	suppressed := map[string]decide.Seen{"f1": {Workflow: finding.Suppressed, Compliance: finding.Failed,
		RecordState: finding.Active}}
	if d := end(record(attempt(1, decide.Running)), bad, suppressed); last(t, d).Number != 1 || len(d.Updates) > 0 ||
		len(d.Notifications) != 1 || !slices.Equal(d.Metrics, []decide.Metric{decide.MetricFailed}) {
		t.Errorf("nothing is tried again, as after any other failure: %+v", summary(t, d))
	}
}

// A finding that a person suppressed hears nothing, whatever became of the attempt.
func TestAnswerable(t *testing.T) {
	t.Parallel()
	two := func(a *decide.Attempt) { a.Findings = []decide.Ref{ref("f1", "e1"), ref("f2", "e2")} }
	for name, tc := range map[string]struct {
		succeeded bool
		seen      decide.Seen
		want      []string
	}{
		"success, suppressed": {true,
			decide.Seen{Workflow: finding.Suppressed, Compliance: finding.Failed, RecordState: finding.Active},
			[]string{"f2 RESOLVED"}},
		"success, passed": {true,
			decide.Seen{Workflow: finding.Notified, Compliance: "PASSED", RecordState: finding.Active},
			[]string{"f1 RESOLVED", "f2 RESOLVED"}},
		"failure, suppressed": {false,
			decide.Seen{Workflow: finding.Suppressed, Compliance: finding.Failed, RecordState: finding.Active},
			[]string{"f2 NOTIFIED"}},
		"failure, passed": {false,
			decide.Seen{Workflow: finding.Resolved, Compliance: "PASSED", RecordState: finding.Active},
			[]string{"f2 NOTIFIED"}},
	} {
		d := decide.OnOutcome(record(attempt(1, decide.Running, two)),
			decide.Outcome{ExecutionID: "exec-1", Succeeded: tc.succeeded, Class: decide.Verification},
			map[string]decide.Seen{"f1": tc.seen}, noon, settings)
		if diff := cmp.Diff(tc.want, told(d.Updates)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
