package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"hubmend/internal/automation"
	"hubmend/internal/runbook"
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

// stepFields are what the lab filters steps by, and where a description has it.
var stepFields = map[string]string{"StepName": "StepName", "StepExecutionStatus": "StepStatus", "Action": "Action"}

func (s *ssmAutomation) describeStepsAPI(q request, in describeStepsInput) (any, error) {
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
			return nil, refuse("InvalidFilterKey", "the lab does not filter steps by %s", f.Key)
		}
		steps = slices.DeleteFunc(steps, func(step map[string]any) bool { return !slices.Contains(f.Values, fmt.Sprint(step[field])) })
	}
	from, err := strconv.Atoi(cmp.Or(in.NextToken, "0"))
	if err != nil || from < 0 || from > len(steps) {
		return nil, refuse("InvalidNextToken", "the lab gave no token %s", in.NextToken)
	}
	steps = steps[from:]
	out := map[string]any{"StepExecutions": steps}
	if in.MaxResults > 0 && len(steps) > in.MaxResults {
		out["StepExecutions"], out["NextToken"] = steps[:in.MaxResults], strconv.Itoa(from+in.MaxResults)
	}
	return out, nil
}

// steps describes the steps in the order of their start. Those that have not started follow, as Pending; the service
// lists them too, and they stay so when the execution goes another way.
func (e *execution) steps() []map[string]any {
	steps, started := []map[string]any{}, map[string]bool{}
	add := func(step automation.StepExecution) {
		out := step.Record()
		out["StepExecutionId"] = "step-" + strconv.Itoa(len(steps)+1)
		if !step.Start.IsZero() {
			out["ExecutionStartTime"] = epoch(step.Start)
		}
		if !step.End.IsZero() {
			out["ExecutionEndTime"] = epoch(step.End)
		}
		steps = append(steps, out)
	}
	for _, step := range e.result.Steps {
		started[step.Name] = true
		add(step)
	}
	runbook.Walk(e.content.MainSteps, func(step runbook.Step) {
		if !started[step.Name] {
			add(automation.StepExecution{Name: step.Name, Action: step.Action, Status: automation.Pending, Flow: automation.FlowOf(step)})
		}
	})
	return steps
}

// note notes a step that starts, and what became of it when it ends.
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
