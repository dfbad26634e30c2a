package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/report"
)

// The report shows how soon Security Hub confirmed each repair of the period, in the words of status.
func TestConfirmations(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	confirmed := func(number int, before, after time.Duration, reevaluated bool) decide.Attempt {
		a := past(one, number, before).Attempt
		a.ConfirmedAt = a.EndedAt.Add(after)
		if reevaluated {
			a.EvaluatedAt = a.EndedAt
		}
		return a
	}
	o := options
	o.To = ago(day)
	rec := decide.Record{Target: one, Version: 1, Attempts: []decide.Attempt{confirmed(1, 31*day, time.Minute, true),
		confirmed(2, 5*day, 6*time.Minute, true), confirmed(3, 4*day, 8*time.Minute, true),
		confirmed(4, 2*day, 12*time.Hour, false), confirmed(5, time.Hour, time.Minute, false)}}
	r := reportWith(t, o, rec, past(one, 2, 5*day), past(one, 3, 4*day), past(one, 4, 2*day))
	want := overview.Confirmations{Reevaluated: outcomes.Times{Count: 2, MedianSeconds: new(420.)},
		Scheduled: outcomes.Times{Count: 1, MedianSeconds: new(43200.)}}
	if diff := cmp.Diff(want, r.Confirmations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := page(t, r)
	for _, want := range []string{
		"Confirmed by Security Hub after AWS Config was asked to evaluate the rule again: 2 repairs, median " +
			"7\u00a0min after the repair.",
		"Confirmed by Security Hub at the next regular check: 1 repair, median 12\u00a0h after the repair.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := page(t, report.New(options).Report()); strings.Contains(got, "Time to confirmation") {
		t.Error("a page without confirmations shows their time")
	}
}

// The page has the ids that waiting findings have in the new Security Hub.
func TestPageHasV2IDsOfWaitingFindings(t *testing.T) {
	t.Parallel()
	exempt := exempted("sg-1", "EC2.13", "f-1")
	exempt.Parked[0].Request.V2ID = "e1e1"
	asked := exempted("sg-2", "EC2.13", "f-2")
	asked.Parked[0].Cause, asked.Parked[0].Request.V2ID = decide.Asked, "a5a5"
	repaired := past(groupOf("sg-3"), 1, day).Attempt
	unconfirmed := decide.Record{Target: groupOf("sg-3"), Version: 1, Attempts: []decide.Attempt{repaired},
		Unconfirmed: repaired.Findings}
	got := page(t, reportOf(t, exempt, asked, unconfirmed))
	for _, want := range []string{"e1e1: f-1</div>", "a5a5: f-2</div>", "9d1b: " + repaired.Findings[0].ID + "</div>"} {
		if n := strings.Count(got, want); n == 0 || strings.HasPrefix(want, "9d1b") && n != 2 {
			t.Errorf("the page has %q %d times", want, n)
		}
	}
}
