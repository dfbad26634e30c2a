package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/catalog/runbook"
)

// attempt is what an action needs to know.
type attempt struct {
	step   runbook.Step
	inputs map[string]any // with references replaced
	until  deadline
}

// result is what an action leaves behind.
type result struct {
	response map[string]any
	jump     string // the step that a branch chose
}

// step runs one step with all its attempts and records it. It gives the step that a
// branch chose, and the failure of the last attempt.
func (r *run) step(ctx context.Context, step runbook.Step, p pass) (string, *failure) {
	index := len(r.execution.Steps)
	r.execution.Steps = append(r.execution.Steps, StepExecution{
		Name: step.Name, Action: step.Action, Status: InProgress, Start: r.Clock.Now(), Parent: p.parent,
		Flow: FlowOf(step),
	})
	// The pointer is taken anew at the end: a loop's steps grow the slice.
	r.observe(index)
	inputs, res, outputs, f := r.attempts(ctx, step, p)
	done := &r.execution.Steps[index]
	done.Inputs, done.Response, done.End = inputs, res.response, r.Clock.Now()
	if f != nil {
		done.Status, done.FailureMessage, done.FailureType = f.status, f.message(), f.kind
	} else {
		done.Status, done.Outputs = Success, textOutputs(outputs)
		r.scope.outputs[step.Name] = outputs
	}
	r.observe(index)
	return res.jump, f
}

func (r *run) observe(index int) {
	if r.Observe != nil {
		r.Observe(r.execution.Steps[index])
	}
}

// attempts runs a step up to maxAttempts times. The service documents no pause between.
func (r *run) attempts(ctx context.Context, step runbook.Step, p pass) (map[string]any, result, map[string]any,
	*failure) {
	inputs, err := r.inputs(step)
	if err != nil {
		return nil, result{}, nil, asFailure(err)
	}
	for n := 1; ; n++ {
		res, outputs, err := r.attempt(ctx, attempt{step: step, inputs: inputs, until: p.until})
		if err == nil {
			return inputs, res, outputs, nil
		}
		f := asFailure(err)
		if n >= step.MaxAttempts || f.inherited || r.overdue(ctx, p.until) != nil {
			return inputs, res, nil, f
		}
	}
}

// inputs replaces the references in a step's inputs. The steps and the condition of a
// loop are left out: their references are defined only when a pass reaches them.
func (r *run) inputs(step runbook.Step) (map[string]any, error) {
	raw := maps.Clone(step.Inputs)
	if step.Action == "aws:loop" {
		delete(raw, "Steps")
		delete(raw, "LoopCondition")
	}
	return r.scope.renderMap(raw)
}

func (r *run) attempt(ctx context.Context, a attempt) (result, map[string]any, error) {
	if limit := timeout(a.step); limit > 0 {
		cause := &failure{
			status: TimedOut, kind: ActionFailure, stage: executing,
			reason: fmt.Sprintf("step %s ran longer than %s", a.step.Name, limit),
		}
		a.until = a.until.sooner(deadline{at: r.Clock.Now().Add(limit), cause: cause})
		limited, cancel := context.WithTimeoutCause(ctx, limit, cause)
		defer cancel()
		ctx = limited
	}
	declared, err := selectors(a.step)
	if err != nil {
		return result{}, nil, err
	}
	res, err := r.perform(ctx, a)
	if err != nil {
		return res, nil, err
	}
	outputs, err := selectOutputs(declared, res.response)
	return res, outputs, err
}

// timeout is how long one attempt may take; zero is no limit.
func timeout(step runbook.Step) time.Duration {
	limit := time.Duration(step.TimeoutSeconds) * time.Second
	switch {
	case step.Action == "aws:executeScript" && (limit == 0 || limit > scriptLimit):
		return scriptLimit
	case step.Action == "aws:waitForAwsResourceProperty" && limit == 0:
		return waitLimit
	}
	return limit
}

func (r *run) perform(ctx context.Context, a attempt) (result, error) {
	switch a.step.Action {
	case "aws:executeAwsApi":
		return r.executeAPI(ctx, a)
	case "aws:executeScript":
		return r.executeScript(ctx, a)
	case "aws:assertAwsResourceProperty":
		return r.assertProperty(ctx, a)
	case "aws:waitForAwsResourceProperty":
		return r.waitForProperty(ctx, a)
	case "aws:branch":
		return r.branch(a)
	case "aws:loop":
		return r.loop(ctx, a)
	case "aws:updateVariable":
		return result{}, r.scope.update(a)
	case "aws:sleep":
		return result{}, r.sleepStep(ctx, a)
	}
	return result{}, fmt.Errorf("action %s is not supported by this executor", a.step.Action)
}

// selector is where an output is taken from.
type selector struct {
	runbook.Output
	path *jsonpath.Path
}

// selectors reads the selectors of a step before it runs: one that cannot be read must not fail a step
// that changed something.
func selectors(step runbook.Step) ([]selector, error) {
	var errs []error
	all := make([]selector, 0, len(step.Outputs))
	for _, o := range step.Outputs {
		path, err := jsonpath.CompileSelector(o.Selector)
		if err != nil {
			errs = append(errs, fmt.Errorf("output %s: %w", o.Name, err))
		}
		all = append(all, selector{o, path})
	}
	return all, errors.Join(errs...)
}

// selectOutputs takes a step's outputs from its response. An output whose selector finds
// nothing, or null, is nil: samples of AWS rely on such a step to succeed.
func selectOutputs(declared []selector, response map[string]any) (map[string]any, error) {
	outputs := make(map[string]any, len(declared))
	for _, o := range declared {
		value, ok := o.path.Select(response)
		if !ok || value == nil {
			outputs[o.Name] = nil
			continue
		}
		if o.path.Filters() {
			value = listed(o.Type, value)
		}
		var err error
		if outputs[o.Name], err = conform(o.Type, value); err != nil {
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
	}
	return outputs, nil
}

// listed gives the only match of a filter as a list when the output is one.
func listed(kind string, match any) any {
	if _, is := match.([]any); is || kind != "StringList" && kind != "MapList" {
		return match
	}
	return []any{match}
}

func textOutputs(outputs map[string]any) map[string][]string {
	written := make(map[string][]string, len(outputs))
	for name, value := range outputs {
		if value != nil {
			written[name] = texts(value)
		}
	}
	return written
}

// textInput gives an input that must be a text with something in it.
func (a attempt) textInput(name string) (string, error) {
	t, ok := a.inputs[name].(string)
	if !ok || t == "" {
		return "", fmt.Errorf("input %s must be a text and must not be empty", name)
	}
	return t, nil
}

// refuseInputs is an error when the step has an input that this executor does not read.
func (a attempt) refuseInputs(known ...string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(a.step.Inputs)) {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("input %s of %s is not supported by this executor", name, a.step.Action))
		}
	}
	return errors.Join(errs...)
}
