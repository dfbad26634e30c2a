package decide_test

import (
	"slices"
	"strings"
	"testing"

	"hubmend/internal/engine/decide"
)

func TestCompliant(t *testing.T) {
	t.Parallel()
	undo := func(a *decide.Attempt) { a.Undo = "exec-1" }
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		want    bool
	}{
		"nothing to change":                {attempt(1, decide.Succeeded, unneeded), true},
		"a change":                         {attempt(1, decide.Succeeded), false},
		"an undo with nothing to restore":  {attempt(2, decide.Succeeded, unneeded, undo), false},
		"words of a runbook that failed":   {attempt(1, decide.Failed, unneeded), false},
		"running, after an earlier change": {attempt(1, decide.Running, unneeded), false},
	} {
		if got := tc.attempt.Compliant(); got != tc.want {
			t.Errorf("%s: compliant is %t", name, got)
		}
	}
}

// A resource that was compliant before is not counted as repaired, and its finding says so.
func TestCompliantIsNotRepaired(t *testing.T) {
	t.Parallel()
	d := decide.OnOutcome(record(attempt(1, decide.Running)), decide.Outcome{ExecutionID: "exec-1", Succeeded: true,
		Change: "Nothing to change: TCP 22 is not open to the world."}, nil, noon, settings)
	checkDecision(t, d)
	if !slices.Equal(d.Metrics, []decide.Metric{decide.MetricCompliant}) {
		t.Errorf("it counts for %q", d.Metrics)
	}
	want := "Already compliant: TCP 22 is not open to the world. Execution exec-1 "
	if note := d.Updates[0].Note; !strings.HasPrefix(note, want) || strings.Contains(note, "Repaired") {
		t.Errorf("the note is %q, want %q ...", note, want)
	}
	if !d.Ended.Counts {
		t.Error("the breaker does not hear that the runbook works")
	}
}
