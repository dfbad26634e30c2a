package ssm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/automation"
)

type stepFilter struct {
	Key    string
	Values []string
}

type describeStepsInput struct {
	AutomationExecutionID string `json:"AutomationExecutionId"`
	Filters               []stepFilter
	ReverseOrder          bool
	MaxResults            int
	NextToken             string
}

// stepFields maps the filters that the lab knows to fields of a description.
var stepFields = map[string]string{"StepName": "StepName", "StepExecutionStatus": "StepStatus", "Action": "Action"}

func (s *Automation) describeStepsAPI(q apicall.Request, in describeStepsInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(q, in.AutomationExecutionID)
	if err != nil {
		return nil, err
	}
	steps := e.steps()
	if in.ReverseOrder {
		slices.Reverse(steps)
	}
	for _, f := range in.Filters {
		field, ok := stepFields[f.Key]
		if !ok {
			return nil, apicall.Refuse("InvalidFilterKey", "the lab does not filter steps by %s", f.Key)
		}
		steps = slices.DeleteFunc(steps,
			func(step map[string]any) bool { return !slices.Contains(f.Values, fmt.Sprint(step[field])) })
	}
	from, err := strconv.Atoi(cmp.Or(in.NextToken, "0"))
	if err != nil || from < 0 || from > len(steps) {
		return nil, apicall.Refuse("InvalidNextToken", "the lab gave no token %s", in.NextToken)
	}
	steps = steps[from:]
	out := map[string]any{"StepExecutions": steps}
	if in.MaxResults > 0 && len(steps) > in.MaxResults {
		out["StepExecutions"], out["NextToken"] = steps[:in.MaxResults], strconv.Itoa(from+in.MaxResults)
	}
	return out, nil
}

// steps describes the steps in the order of their start. Steps that have not started follow as Pending, as in AWS. They
// stay Pending if the execution takes another branch.
func (e *execution) steps() []map[string]any {
	written := map[string]runbook.Step{}
	runbook.Walk(e.content.MainSteps, func(step runbook.Step) { written[step.Name] = step })
	steps, ids, started := []map[string]any{}, map[string]string{}, map[string]bool{}
	add := func(step automation.StepExecution) {
		out := step.Record()
		ids[step.Name] = "step-" + strconv.Itoa(len(steps)+1)
		out["StepExecutionId"] = ids[step.Name]
		if !step.Start.IsZero() {
			out["ExecutionStartTime"] = apicall.Epoch(step.Start)
		}
		if !step.End.IsZero() {
			out["ExecutionEndTime"] = apicall.Epoch(step.End)
		}
		if details, ok := out["FailureDetails"].(map[string]any); ok {
			details["FailureStage"] = failureStage(step.FailureType)
		}
		if p := step.Parent; p != nil {
			out["ParentStepDetails"] = map[string]any{
				"StepExecutionId": ids[p.Step], "StepName": p.Step, "Action": written[p.Step].Action,
				"Iteration": p.Iteration, "IteratorValue": p.IteratorValue,
			}
		}
		maps.Copy(out, e.flow(written[step.Name]))
		steps = append(steps, out)
	}
	for _, step := range e.result.Steps {
		started[step.Name] = true
		add(step)
	}
	runbook.Walk(e.content.MainSteps, func(step runbook.Step) {
		if !started[step.Name] {
			add(automation.StepExecution{Name: step.Name, Action: step.Action, Status: automation.Pending,
				Flow: automation.FlowOf(step)})
		}
	})
	return steps
}

// flow describes the way on from a step. It leaves out what the document leaves out, so readers must know the defaults.
func (e *execution) flow(step runbook.Step) map[string]any {
	out := map[string]any{}
	if step.OnFailure != "" {
		out["OnFailure"] = step.OnFailure
	}
	if step.NextStep != "" {
		out["NextStep"] = step.NextStep
	}
	if step.IsEnd {
		out["IsEnd"] = true
	}
	if step.IsCritical != nil {
		out["IsCritical"] = *step.IsCritical
	}
	if step.MaxAttempts != 0 {
		out["MaxAttempts"] = step.MaxAttempts
	}
	if step.TimeoutSeconds != 0 {
		out["TimeoutSeconds"] = step.TimeoutSeconds
	}
	if next := e.validNext(step); len(next) > 0 {
		out["ValidNextSteps"] = next
	}
	return out
}

// validNext lists the steps that may follow a step: those that it names, and the next in the document.
func (e *execution) validNext(step runbook.Step) []string {
	next := step.Jumps()
	if following := following(e.content.MainSteps, step.Name); step.FallsThrough() && following != "" &&
		!slices.Contains(next, following) {
		next = append(next, following)
	}
	return next
}

// following is the next step in the document or in the same loop.
func following(steps []runbook.Step, name string) string {
	for i, s := range steps {
		if s.Name == name && i+1 < len(steps) {
			return steps[i+1].Name
		}
		inner, _ := s.Loop() // the executor refuses one that cannot be read
		if found := following(inner, name); found != "" {
			return found
		}
	}
	return ""
}

// failureStage is the stage of a step in which a type of failure occurs.
func failureStage(kind automation.FailureType) string {
	if kind == automation.VerificationFailure {
		return "PostVerification"
	}
	return "Invocation"
}

// note records a step when it starts and when it ends.
func (e *execution) note(step automation.StepExecution) {
	if step.Status == automation.InProgress {
		e.result.Steps = append(e.result.Steps, step)
		return
	}
	for i, running := range slices.Backward(e.result.Steps) {
		if running.Name == step.Name {
			e.result.Steps[i] = step
			return
		}
	}
}
