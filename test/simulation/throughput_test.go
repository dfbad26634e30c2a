package simulation_test

import (
	"testing"
	"time"

	"hubmend/test/simulation"
)

// A wave of findings is handled at the speed that the services allow: nothing is lost, nothing
// is done twice, nobody hears of throttling, and no function is cut off.
func TestWaves(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		accounts, regions, findings int
		started, resolved           float64 // at most so many times what the services allow
	}{
		"one account":  {1, 1, 1000, 1.1, 1.1},
		"forty places": {20, 2, 10_000, 2, 1.3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulation.Wave(tc.accounts, tc.regions, tc.findings, nil)
			started, resolved := w.Started.Seconds()/w.LeastStarted().Seconds(), w.Resolved.Seconds()/w.LeastResolved().Seconds()
			t.Logf("%d findings in %d places: started in %.0f s, %.2f times the least; resolved in %.0f s, %.2f times the least; %d calls were throttled; longest functions %v",
				w.Findings, w.Places, w.Started.Seconds(), started, w.Resolved.Seconds(), resolved, w.Refused, w.Longest)
			if started > tc.started || resolved > tc.resolved {
				t.Errorf("want at most %.1f and %.1f times", tc.started, tc.resolved)
			}
			if w.Notifications > 0 {
				t.Errorf("%d notifications", w.Notifications)
			}
			if w.Longest["findings"] > 30*time.Second || w.Longest["outcomes"] > time.Minute {
				t.Error("a function takes longer than the template lets it")
			}
			for _, v := range w.Violations[:min(5, len(w.Violations))] {
				t.Error(v)
			}
		})
	}
}
