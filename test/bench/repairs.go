package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"hubmend/internal/lab/scenario"
)

// The scenarios that are measured. Each but the last ends in one execution.
const (
	exactRule = "test/scenarios/demo-custom-action.yaml"
	splitRule = "test/scenarios/demo-automatic.yaml"
	compliant = "test/bench/compliant.yaml"
	// In this one nothing happens but a sweep.
	idle = "test/bench/idle.yaml"
)

// repairs counts what a repair takes, from what the lab saw.
func repairs(ctx context.Context) ([]measurement, error) {
	out, err := output(exec.CommandContext(ctx, "build/hubmend", "lab", "run", "--json", exactRule, splitRule,
		compliant, idle))
	if err != nil {
		return nil, err
	}
	var results []scenario.Result
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	if len(results) != 4 {
		return nil, fmt.Errorf("%d results of 4 scenarios", len(results))
	}
	all, err := calls(results[0])
	if err != nil {
		return nil, err
	}
	nothing, err := idleCalls(results[3])
	if err != nil {
		return nil, err
	}
	all = append(all, nothing...)
	for i, what := range []string{"an exact rule", "a rule that is split", "a compliant group"} {
		r := results[i]
		if len(r.Executions) != 1 {
			return nil, fmt.Errorf("%s: %d executions, want 1", r.Name, len(r.Executions))
		}
		all = append(all, measurement{What: "billed steps for " + what, Value: float64(r.Executions[0].BilledSteps),
			AtMost: 1})
	}
	return all, nil
}

// calls returns what the functions did for one finding that was repaired.
func calls(r scenario.Result) ([]measurement, error) {
	repaired := repairedIn(r)
	if repaired == 0 || len(r.ColdStarts) == 0 {
		return nil, errors.New(r.Name + ": no finding was repaired, or no function started")
	}
	per := func(function string) float64 { return float64(r.Calls[function]) / float64(repaired) }
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return []measurement{
		{What: "AWS calls of dispatch per repaired finding", Value: per("dispatch"), AtMost: 6},
		{What: "AWS calls of settle per repaired finding", Value: per("settle"), AtMost: 4},
		{What: fmt.Sprintf("cold start, fastest of %d", len(r.ColdStarts)),
			Value: milliseconds(slices.Min(r.ColdStarts)), Unit: "ms"},
		{What: fmt.Sprintf("cold start, slowest of %d", len(r.ColdStarts)),
			Value: milliseconds(slices.Max(r.ColdStarts)), Unit: "ms"},
	}, nil
}

func repairedIn(r scenario.Result) int {
	repaired := 0
	for _, f := range r.Findings {
		if workflow, _ := f["Workflow"].(map[string]any); workflow["Status"] == "RESOLVED" {
			repaired++
		}
	}
	return repaired
}

// idleCalls returns what a sweep does when there is nothing to do. It comes 288 times a day.
func idleCalls(r scenario.Result) ([]measurement, error) {
	if !r.Passed || r.Calls["sweep"] == 0 {
		return nil, errors.New(r.Name + ": the sweep did not run, or not as expected")
	}
	return []measurement{{What: "AWS calls of a sweep that finds nothing", Value: float64(r.Calls["sweep"]),
		AtMost: 2}}, nil
}
