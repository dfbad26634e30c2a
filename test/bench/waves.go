package main

import (
	"context"
	"fmt"

	"hubmend/test/simulation"
)

// waves simulates findings that come all at once, at the limits of the services.
func waves(context.Context) ([]measurement, error) {
	var all []measurement
	for _, w := range []struct{ accounts, regions, findings int }{{1, 1, 1000}, {20, 2, 10_000}} {
		t := simulation.Wave(w.accounts, w.regions, w.findings, simulation.Near, nil)
		if len(t.Violations) > 0 {
			return nil, fmt.Errorf("a wave of %d findings: %s", w.findings, t.Violations[0])
		}
		what := fmt.Sprintf("%d findings in %d places, ", t.Findings, t.Places)
		all = append(all,
			measurement{What: what + "started", Value: t.Started.Seconds(), Unit: "s"},
			measurement{What: what + "99 % started", Value: t.MostStarted.Seconds(), Unit: "s"},
			measurement{What: "  the least that Systems Manager allows", Value: t.LeastStarted().Seconds(), Unit: "s"},
			measurement{What: what + "resolved", Value: t.Resolved.Seconds(), Unit: "s"},
			measurement{What: "  the least that Security Hub allows", Value: t.LeastResolved().Seconds(), Unit: "s"},
		)
	}
	return all, nil
}
