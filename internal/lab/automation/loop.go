package automation

import (
	"context"
	"errors"
	"fmt"

	"hubmend/internal/catalog/runbook"
)

// maxPasses is the documented limit of iterators and of MaxIterations.
const maxPasses = 100

// loopPlan is what a loop goes through.
type loopPlan struct {
	steps     []runbook.Step
	each      []any          // the values of a for-each loop
	condition map[string]any // of a do-while loop; nil for a for-each loop
	passes    int            // at most so many
}

// loop runs aws:loop. A step inside that has isEnd ends its pass. One that aborts the execution ends the loop
// too, and the loop's own onFailure is for errors of the loop itself.
func (r *run) loop(ctx context.Context, a attempt) (result, error) {
	plan, err := a.loopPlan()
	if err != nil {
		return result{}, err
	}
	defer delete(r.scope.outputs, a.step.Name)
	defer r.scope.forget(plan.steps)
	for i := range plan.passes {
		r.scope.forget(plan.steps)
		p := pass{steps: plan.steps, until: a.until, parent: r.enter(a.step.Name, plan, i)}
		if f := r.sequence(ctx, p); f != nil {
			if err := r.overdue(ctx, a.until); err != nil {
				return result{}, err // the loop's own timeout, whichever step it struck
			}
			inherited := *f
			inherited.inherited = true
			return result{}, &inherited
		}
		if plan.condition == nil {
			continue
		}
		// The condition is looked at after each pass, so the first always runs.
		again, err := r.scope.holds(plan.condition)
		if err != nil {
			return result{}, fmt.Errorf("LoopCondition: %w", err)
		}
		if !again {
			break
		}
	}
	return result{}, nil
}

// enter defines the values of a pass for the references in its steps.
func (r *run) enter(name string, plan loopPlan, i int) *Parent {
	parent := &Parent{Step: name, Iteration: i + 1}
	values := map[string]any{"CurrentIteration": int64(i + 1)}
	if plan.condition == nil {
		values["CurrentIteratorValue"] = plan.each[i]
		parent.IteratorValue = text(plan.each[i])
	}
	r.scope.outputs[name] = values
	return parent
}

func (a attempt) loopPlan() (loopPlan, error) {
	if err := a.refuseInputs("Iterators", "IteratorDataType", "LoopCondition", "MaxIterations", "Steps"); err != nil {
		return loopPlan{}, err
	}
	var plan loopPlan
	var err error
	if plan.steps, err = a.step.Loop(); err != nil {
		return loopPlan{}, fmt.Errorf("read the steps of the loop: %w", err)
	}
	if len(plan.steps) == 0 {
		return loopPlan{}, errors.New("input Steps must hold at least one step")
	}
	if plan.passes, err = a.maxIterations(); err != nil {
		return loopPlan{}, err
	}
	_, hasIterators := a.step.Inputs["Iterators"]
	condition, hasCondition := a.step.Inputs["LoopCondition"]
	switch {
	case hasIterators == hasCondition:
		return loopPlan{}, errors.New("a loop needs either Iterators or LoopCondition")
	case hasIterators:
		plan.each, err = a.iterators()
		plan.passes = min(plan.passes, len(plan.each))
		return plan, err
	}
	m, ok := condition.(map[string]any)
	if !ok {
		return loopPlan{}, errors.New("input LoopCondition must be a condition")
	}
	plan.condition = m
	return plan, nil
}

func (a attempt) maxIterations() (int, error) {
	given, ok := a.inputs["MaxIterations"]
	if !ok {
		return maxPasses, nil
	}
	n, ok := given.(int64)
	if !ok || n < 1 || n > maxPasses {
		return 0, fmt.Errorf("input MaxIterations must be an integer from 1 to %d", maxPasses)
	}
	return int(n), nil
}

// iterators gives the values to loop over, in the type that IteratorDataType names.
func (a attempt) iterators() ([]any, error) {
	list, ok := a.inputs["Iterators"].([]any)
	if !ok {
		return nil, errors.New("input Iterators must be a list")
	}
	if len(list) > maxPasses {
		return nil, fmt.Errorf("input Iterators has %d items, but at most %d are allowed", len(list), maxPasses)
	}
	kind := "String"
	if given, ok := a.inputs["IteratorDataType"]; ok {
		kind = text(given)
	}
	values := make([]any, 0, len(list))
	for i, item := range list {
		value, err := iterator(kind, item)
		if err != nil {
			return nil, fmt.Errorf("item %d of Iterators: %w", i+1, err)
		}
		values = append(values, value)
	}
	return values, nil
}

// iterator gives one item in its type. A StringList carries any type as text.
func iterator(kind string, item any) (any, error) {
	switch kind {
	case "String", "Integer", "Boolean", "StringMap":
	default:
		return nil, fmt.Errorf("IteratorDataType %s is not String, Integer, Boolean or StringMap", kind)
	}
	if t, ok := item.(string); ok {
		return parseOne(kind, t)
	}
	return conform(kind, item)
}
