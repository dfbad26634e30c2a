package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"

	"hubmend/internal/catalog"
	"hubmend/internal/cost"
	"hubmend/internal/scenario"
)

// everyControl breaks and repairs a resource of every control.
const everyControl = "test/scenarios/demo-all.yaml"

// catalogSteps tells what the repairs of the whole catalog are billed, as the lab ran them,
// and the longest way through any runbook.
func catalogSteps(ctx context.Context) ([]measurement, error) {
	out, err := output(exec.CommandContext(ctx, "build/hubmend", "lab", "run", "--json", everyControl))
	if err != nil {
		return nil, err
	}
	var results []scenario.Result
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	if len(results) != 1 || !results[0].Passed {
		return nil, errors.New("the scenario of every control does not pass")
	}
	c := catalog.Embedded()
	passes := int(cost.Embedded().Value("passes"))
	total, longest, counted := 0, 0, 0
	for _, e := range results[0].Executions {
		total += e.BilledSteps
	}
	for _, r := range c.Runbooks {
		longest = max(longest, r.Document.LongestPath())
		counted += len(r.Document.Longest(passes))
	}
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
		{What: fmt.Sprintf("billed steps per repair, mean of %d executions", n), Value: float64(total) / float64(max(n, 1)), AtMost: 3.5},
		{What: "  the same as the costs count them, mean of the runbooks", Value: float64(counted) / float64(len(c.Runbooks))},
		{What: "longest way through a runbook, outside loops", Value: float64(longest), AtMost: 6},
		{What: "time to repair every control, from an empty lab", Value: results[0].Seconds, Unit: "s", AtMost: 90},
	}, nil
}
