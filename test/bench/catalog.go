package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/scenario"
)

// everyControl breaks and repairs a resource of every control.
const everyControl = "test/scenarios/demo-all.yaml"

// catalogSteps returns what the repairs of the playbook's controls are billed and how long they take, as the
// lab ran them, and how large documents are.
func catalogSteps(ctx context.Context) ([]measurement, error) {
	out, err := output(exec.CommandContext(ctx, "build/hubmend", "lab", "run", "--json", everyControl))
	if err != nil {
		return nil, err
	}
	var results []scenario.Result
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	if len(results) != 1 || !results[0].Passed || len(results[0].Executions) == 0 {
		return nil, errors.New("the scenario of every control does not pass")
	}
	c := catalog.Embedded()
	steps, largest := 0, 0
	var took []time.Duration
	for _, e := range results[0].Executions {
		steps += e.BilledSteps
		took = append(took, e.Duration)
	}
	for _, r := range c.Runbooks {
		largest = max(largest, len(r.Text))
	}
	slices.Sort(took)
	n, repaired := len(results[0].Executions), repairedIn(results[0])
	together := func(function string) measurement {
		return measurement{
			What:  fmt.Sprintf("AWS calls of %s per finding, of %d that come together", function, repaired),
			Value: float64(results[0].Calls[function]) / float64(max(repaired, 1)),
		}
	}
	return []measurement{
		together("dispatch"),
		together("settle"),
		{What: "controls in the catalog", Value: float64(len(c.Controls))},
		{What: fmt.Sprintf("billed steps per repair, mean of %d executions", n), Value: float64(steps) / float64(n),
			AtMost: 1},
		{What: "a runbook in the lab, median", Value: float64(took[n/2].Milliseconds()), Unit: "ms"},
		{What: "a runbook in the lab, slowest", Value: float64(took[n-1].Milliseconds()), Unit: "ms"},
		{What: "largest document, of the 64 KiB that it may have", Value: float64(largest) / 1024, Unit: "KiB",
			AtMost: 62},
		{What: "time to repair every control, from an empty lab", Value: results[0].Seconds, Unit: "s", AtMost: 90},
	}, nil
}
