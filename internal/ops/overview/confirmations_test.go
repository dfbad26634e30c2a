package overview_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

func TestConfirmations(t *testing.T) {
	t.Parallel()
	confirmed := func(before, after time.Duration, evaluated bool) decide.Attempt {
		return attempt(before, func(a *decide.Attempt) {
			a.State, a.EndedAt, a.ConfirmedAt = decide.Succeeded, ago(before), ago(before-after)
			if evaluated {
				a.EvaluatedAt = a.EndedAt
			}
		})
	}
	const day = 24 * time.Hour
	waiting := attempt(time.Hour, func(a *decide.Attempt) { a.State, a.EndedAt = decide.Succeeded, ago(time.Hour) })
	record := record(decide.Record{Attempts: []decide.Attempt{confirmed(8*day, time.Second, true),
		confirmed(2*day, 12*time.Hour, false), confirmed(day, 6*time.Minute, true), confirmed(day, 8*time.Minute, true),
		waiting}})
	want := overview.Confirmations{Reevaluated: outcomes.Times{Count: 2, MedianSeconds: new(420.)},
		Scheduled: outcomes.Times{Count: 1, MedianSeconds: new(43200.)}}
	if diff := cmp.Diff(want, summed(options, record).Confirmations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other := options
	other.Control = "X.2"
	if got := summed(other, record).Confirmations; got != (overview.Confirmations{}) {
		t.Errorf("of another control: %+v", got)
	}
}
