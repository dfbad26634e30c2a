package outcomes_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/ops/outcomes"
)

func TestOf(t *testing.T) {
	t.Parallel()
	undos := outcomes.Undos{}
	undos.Add(decide.Attempt{Undo: "exec-1", State: decide.Succeeded})
	undos.Add(decide.Attempt{Undo: "exec-2", State: decide.Failed})
	const nothing = "Nothing to change: TCP 22 is not open to the world."
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		want    outcomes.Outcome
	}{
		"repaired":          {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-3"}, outcomes.Repaired},
		"an undo failed":    {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-2"}, outcomes.Repaired},
		"undone":            {decide.Attempt{State: decide.Succeeded, ExecutionID: "exec-1"}, outcomes.Undone},
		"nothing to change": {decide.Attempt{State: decide.Succeeded, Change: nothing}, outcomes.Compliant},
		"failed":            {decide.Attempt{State: decide.Failed, Class: decide.Permission}, outcomes.Failed},
		"refused":           {decide.Attempt{State: decide.Failed, Class: decide.Refused}, outcomes.Skipped},
		"deleted":           {decide.Attempt{State: decide.Failed, Class: failure.Gone}, outcomes.Skipped},
		"the undo":          {decide.Attempt{State: decide.Succeeded, Undo: "exec-1"}, outcomes.Undo},
		"an undo with nothing to restore": {decide.Attempt{State: decide.Succeeded, Undo: "exec-1", Change: nothing},
			outcomes.Undo},
		"the undo that failed": {decide.Attempt{State: decide.Failed, Undo: "exec-2", Class: decide.Refused},
			outcomes.UndoFailed},
	} {
		if got := outcomes.Of(tc.attempt, undos); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// Only repairs and failures make the success rate, and only repairs the times.
func TestCount(t *testing.T) {
	t.Parallel()
	var all []outcomes.Timed
	for i := range 20 { // they take 1 to 20 seconds
		all = append(all, outcomes.Timed{Outcome: outcomes.Repaired, Took: time.Duration(i+1) * time.Second})
	}
	for _, o := range outcomes.All()[1:] {
		all = append(all, outcomes.Timed{Outcome: o, Took: time.Hour})
	}
	want := outcomes.Tally{Repaired: 20, Compliant: 1, Failed: 1, Skipped: 1, Undone: 1, Undos: 1, UndosFailed: 1,
		SuccessRate: new(20. / 21), MedianSeconds: new(10.5), P95Seconds: new(19.)}
	got := outcomes.Count(all)
	if diff := cmp.Diff(want, got); diff != "" || got.Attempts() != len(all) {
		t.Errorf("%d attempts (-want +got):\n%s", got.Attempts(), diff)
	}
	odd := outcomes.Count([]outcomes.Timed{{outcomes.Repaired, 9 * time.Second}, {outcomes.Repaired, time.Second},
		{outcomes.Repaired, 2 * time.Second}})
	if *odd.MedianSeconds != 2 || *odd.P95Seconds != 9 || *odd.SuccessRate != 1 {
		t.Errorf("of three: %+v", odd)
	}
	if none := outcomes.Count(nil); none != (outcomes.Tally{}) {
		t.Errorf("of nothing: %+v", none)
	}
}
