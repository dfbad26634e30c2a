package simulation_test

import (
	"fmt"
	"sync"
	"testing"

	"hubmend/internal/engine/decide"
	"hubmend/test/simulation"
)

// enoughSchedules is how many it takes to observe every row of the table of transitions.
const enoughSchedules = 20_000

// observed are the steps of many schedules, each with the first seed that takes it.
type observed struct {
	mu    sync.Mutex
	steps map[simulation.Step]uint64
}

func (o *observed) add(r simulation.Result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.steps == nil {
		o.steps = map[simulation.Step]uint64{}
	}
	for step := range r.Steps {
		if seed, is := o.steps[step]; !is || r.Seed < seed {
			o.steps[step] = r.Seed
		}
	}
}

// check compares what was observed with the table. When there were enough schedules, each phase of a row
// must be among it: what never happens has no place in the table.
func (o *observed) check(t *testing.T, enough bool) {
	t.Helper()
	missing := map[string]bool{}
	for i, row := range decide.Transitions {
		for _, part := range parts(i, row.From, row.To, row.Stays) {
			missing[part] = true
		}
	}
	for step, seed := range o.steps {
		known := false
		for i, row := range decide.Transitions {
			if !row.Allows(step.From, step.Event, step.To) {
				continue
			}
			known = true
			from, to := []decide.Phase{step.From}, []decide.Phase{step.To}
			for _, part := range parts(i, from, to, step.From == step.To) {
				delete(missing, part)
			}
		}
		if !known {
			t.Errorf("seed %d: from %s by %s to %s is not in decide.Transitions", seed, step.From, step.Event, step.To)
		}
	}
	if enough {
		for part := range missing {
			t.Errorf("decide.Transitions has what no schedule does: %s", part)
		}
	}
}

// parts names what a row of the table says about phases. Its events are left out: that a request of a person,
// and not the sweep, finds a dead claim after 24 hours occurs in fewer than one of 20,000 schedules.
func parts(row int, from, to []decide.Phase, stays bool) []string {
	name := decide.Transitions[row].Does
	var all []string
	for _, p := range from {
		all = append(all, fmt.Sprintf("row %d (%s), from %s", row+1, name, p))
	}
	for _, p := range to {
		all = append(all, fmt.Sprintf("row %d (%s), to %s", row+1, name, p))
	}
	if stays {
		all = append(all, fmt.Sprintf("row %d (%s), the phase stays", row+1, name))
	}
	return all
}
