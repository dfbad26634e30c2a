package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/catalog/runbook"
)

// pass is one run through steps that belong together: mainSteps, or those of a loop.
type pass struct {
	steps  []runbook.Step
	parent *Parent  // nil for mainSteps
	until  deadline // that of the loop
}

// sequence runs the steps from the first to the one that ends the pass. It returns the
// failure that aborts the execution, and nil when there is none; failures that the
// steps bear with are noted in the execution only.
func (r *run) sequence(ctx context.Context, p pass) *failure {
	var visited []string
	for at := 0; at < len(p.steps); {
		step := p.steps[at]
		if err := r.overdue(ctx, p.until); err != nil {
			return asFailure(err)
		}
		visited = append(visited, step.Name)
		jump, f := r.step(ctx, step, p)
		if f != nil && aborts(step, f) {
			return f.at(step.Name)
		}
		if f != nil && critical(step) {
			r.decide(f.at(step.Name))
		}
		next, err := p.next(at, jump, f != nil)
		if err == nil && next < len(p.steps) {
			err = refuseCycle(visited, p.steps[next].Name)
		}
		if err != nil {
			return asFailure(err).at(step.Name)
		}
		at = next
	}
	return nil
}

// aborts reports whether a failure stops the execution. A step that is not critical but
// has onFailure Abort does: that the service would call the rest, which did not run, a
// Success is not documented.
func aborts(step runbook.Step, f *failure) bool {
	return f.inherited || f.status == Cancelled || step.OnFailure == "" || step.OnFailure == "Abort"
}

// critical reports whether a failure that the execution goes on after still decides its
// status. The service says both that the default is true, and that the property counts
// only where it is written; true is the reading that hides no failure.
func critical(step runbook.Step) bool {
	if step.IsCritical != nil {
		return *step.IsCritical
	}
	return step.OnFailure != "Continue"
}

// next gives the index of the step to go on with, len(steps) at the end.
func (p pass) next(at int, jump string, failed bool) (int, error) {
	step := p.steps[at]
	target := step.NextStep
	switch {
	case jump != "": // a branch that chose goes there even when it is the end otherwise
		target = jump
	case step.IsEnd:
		return len(p.steps), nil
	case failed && step.OnFailure == "Continue": // nextStep counts after success only
		return at + 1, nil
	case failed:
		name, ok := strings.CutPrefix(step.OnFailure, "step:")
		if !ok {
			return 0, fmt.Errorf("onFailure of step %s is %q, but must be Abort, Continue or step:<name>", step.Name,
				step.OnFailure)
		}
		target = name
	}
	if target == "" {
		return at + 1, nil
	}
	index := slices.IndexFunc(p.steps, func(s runbook.Step) bool { return s.Name == target })
	if index < 0 {
		return 0, fmt.Errorf("step %s goes on with step %s, which does not exist here", step.Name, target)
	}
	return index, nil
}

// refuseCycle is an error when a pass would run a step again. The service does not accept
// a document whose jumps form a cycle; this executor sees only the path that was taken.
func refuseCycle(visited []string, next string) error {
	first := slices.Index(visited, next)
	if first < 0 {
		return nil
	}
	return fmt.Errorf("the document has a cycle: %s -> %s", strings.Join(visited[first:], " -> "), next)
}
