package outcome_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/ops/outcome"
)

func TestOf(t *testing.T) {
	t.Parallel()
	undos := outcome.Undos{}
	undos.Add(decide.Attempt{Undo: "exec-1", State: decide.Succeeded})
	undos.Add(decide.Attempt{Undo: "exec-2", State: decide.Failed})
	const nothing = "Nothing to change: TCP 22 is not open to the world."
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		want    outcome.Outcome
	}{
		"repaired":          {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-3"}, outcome.Repaired},
		"an undo failed":    {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-2"}, outcome.Repaired},
		"undone":            {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-1"}, outcome.Undone},
		"nothing to change": {decide.Attempt{State: decide.Succeeded, Change: nothing}, outcome.Compliant},
		"failed":            {decide.Attempt{State: decide.Failed, Class: decide.Permission}, outcome.Failed},
		"refused":           {decide.Attempt{State: decide.Failed, Class: decide.Refused}, outcome.Skipped},
		"deleted":           {decide.Attempt{State: decide.Failed, Class: failure.Gone}, outcome.Skipped},
		"the undo":          {decide.Attempt{State: decide.Succeeded, Undo: "exec-1"}, outcome.Undo},
		"an undo with nothing to restore": {decide.Attempt{State: decide.Succeeded, Undo: "exec-1", Change: nothing},
			outcome.Undo},
		"the undo that failed": {decide.Attempt{State: decide.Failed, Undo: "exec-2", Class: decide.Refused},
			outcome.UndoFailed},
	} {
		if got := outcome.Of(tc.attempt, undos); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// Only repairs and failures make the success rate, and only repairs the times.
func TestCount(t *testing.T) {
	t.Parallel()
	var all []outcome.Timed
	for i := range 20 { // they take 1 to 20 seconds
		all = append(all, outcome.Timed{Outcome: outcome.Repaired, Took: time.Duration(i+1) * time.Second})
	}
	for _, o := range outcome.All()[1:] {
		all = append(all, outcome.Timed{Outcome: o, Took: time.Hour})
	}
	want := outcome.Tally{Repaired: 20, Compliant: 1, Failed: 1, Skipped: 1, Undone: 1, Undos: 1, UndosFailed: 1,
		SuccessRate: new(20. / 21), MedianSeconds: new(10.5), P95Seconds: new(19.)}
	got := outcome.Count(all)
	if diff := cmp.Diff(want, got); diff != "" || got.Attempts() != len(all) {
		t.Errorf("%d attempts (-want +got):\n%s", got.Attempts(), diff)
	}
	odd := outcome.Count([]outcome.Timed{{outcome.Repaired, 9 * time.Second}, {outcome.Repaired, time.Second},
		{outcome.Repaired, 2 * time.Second}})
	if *odd.MedianSeconds != 2 || *odd.P95Seconds != 9 || *odd.SuccessRate != 1 {
		t.Errorf("of three: %+v", odd)
	}
	if none := outcome.Count(nil); none != (outcome.Tally{}) {
		t.Errorf("of nothing: %+v", none)
	}
}
