package simulation_test

import (
	"testing"
	"time"

	"hubmend/test/simulation"
)

// A wave of findings is handled as fast as the services allow: nothing is lost, nothing is done
// twice, no notification of throttling is sent, and no function is cut off.
func TestWaves(t *testing.T) {
	t.Parallel()
	// With V2 each message needs Security Hub's answer how its finding is, and Security Hub gives three in a second.
	type times struct{ most, started, resolved float64 } // what the services allow at least is 1
	for name, tc := range map[string]struct {
		accounts, regions, findings int
		latency                     simulation.Latency
		v2                          bool
		atMost                      times
	}{
		"one account":                      {1, 1, 1000, simulation.Near, false, times{1.1, 1.1, 1.1}},
		"forty places":                     {20, 2, 10_000, simulation.Near, false, times{1.3, 1.5, 1.3}},
		"forty places, Regions far apart":  {20, 2, 10_000, simulation.Far, false, times{1.5, 1.5, 1.5}},
		"one account, every call is slow":  {1, 1, 1000, simulation.Slow, false, times{1.2, 1.2, 1.2}},
		"forty places, every call is slow": {20, 2, 10_000, simulation.Slow, false, times{1.5, 1.5, 1.5}},
		"one account, with V2":             {1, 1, 1000, simulation.Near, true, times{1.1, 1.2, 1.2}},
		"forty places, with V2":            {20, 2, 10_000, simulation.Near, true, times{2.1, 2.9, 1.6}},
		"forty places, with V2, slow":      {20, 2, 10_000, simulation.Slow, true, times{2.1, 2.9, 1.6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulation.Wave(tc.accounts, tc.regions, tc.findings, tc.latency, tc.v2, nil)
			least := w.LeastStarted().Seconds()
			got := times{w.MostStarted.Seconds() / least, w.Started.Seconds() / least,
				w.Resolved.Seconds() / w.LeastResolved().Seconds()}
			t.Logf("%d findings in %d places: 99%% started in %.0f s, %.2f times the least, all in %.0f s, %.2f "+
				"times; resolved in %.0f s, %.2f times; %v calls were throttled; longest functions %v",
				w.Findings, w.Places, w.MostStarted.Seconds(), got.most, w.Started.Seconds(), got.started,
				w.Resolved.Seconds(), got.resolved, w.Refused, w.Longest)
			if got.most > tc.atMost.most || got.started > tc.atMost.started || got.resolved > tc.atMost.resolved {
				t.Errorf("%+v times what the services allow, want at most %+v", got, tc.atMost)
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
