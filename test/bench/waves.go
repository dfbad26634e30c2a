package main

import (
	"context"
	"fmt"

	"hubmend/test/simulation"
)

// waves simulates findings that come all at once, at the limits of the services, with calls that are quick and with
// calls that are as slow as between continents. Then it simulates a sweep of a large organization.
func waves(context.Context) ([]measurement, error) {
	var all []measurement
	for _, w := range []struct {
		accounts, regions, findings int
		calls                       string
		latency                     simulation.Latency
		v2                          bool    // the new Security Hub has the findings, too
		atMost                      float64 // times the least that is possible; 0 promises nothing
	}{
		{1, 1, 1000, "calls of 1 to 60 ms", simulation.Near, false, 0},
		{1, 1, 1000, "calls of 20 to 300 ms", simulation.Slow, false, 1.2},
		{20, 2, 10_000, "calls of 1 to 60 ms", simulation.Near, false, 0},
		{20, 2, 10_000, "calls of 20 to 300 ms", simulation.Slow, false, 1.5},
		{20, 2, 10_000, "calls of 20 to 300 ms, with V2", simulation.Slow, true, 1.6},
	} {
		t := simulation.Wave(w.accounts, w.regions, w.findings, w.latency, w.v2, nil)
		if len(t.Violations) > 0 {
			return nil, fmt.Errorf("a wave of %d findings, %s: %s", w.findings, w.calls, t.Violations[0])
		}
		what := fmt.Sprintf("%d findings in %d places, %s, ", t.Findings, t.Places, w.calls)
		all = append(all,
			measurement{What: what + "started", Value: t.Started.Seconds(), Unit: "s"},
			measurement{What: what + "99% started", Value: t.MostStarted.Seconds(), Unit: "s"},
			measurement{What: "  the least that Systems Manager allows", Value: t.LeastStarted().Seconds(), Unit: "s"},
			measurement{What: what + "resolved", Value: t.Resolved.Seconds(), Unit: "s",
				AtMost: w.atMost * t.LeastResolved().Seconds()},
			measurement{What: "  the least that Security Hub allows", Value: t.LeastResolved().Seconds(), Unit: "s"},
		)
	}
	const accounts, regions, records = 1000, 20, 40_000
	b := simulation.Sweep(accounts, regions, records, false, simulation.Slow)
	if len(b.Violations) > 0 || b.Left > 0 {
		return nil, fmt.Errorf("a sweep of %d records leaves %d: %v", b.Records, b.Left, b.Violations)
	}
	what := fmt.Sprintf("sweep of %d open records in %d places, calls of 20 to 300 ms", b.Records, b.Places)
	return append(all, measurement{What: what, Value: b.Took.Seconds(), Unit: "s", AtMost: 60}), nil
}
