package automation

import (
	"maps"
	"slices"
)

// Record writes a step as GetAutomationExecution gives it, in the types of decoded JSON. The times and
// the id of the step are left to who serves the API.
func (s StepExecution) Record() map[string]any {
	inputs, outputs := map[string]any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		inputs[name], _ = encode(s.Inputs[name]) // was decoded from JSON or YAML, so it can be written
	}
	for name, values := range s.Outputs {
		list := make([]any, 0, len(values))
		for _, v := range values {
			list = append(list, v)
		}
		outputs[name] = list
	}
	record := map[string]any{
		"StepName": s.Name, "Action": s.Action, "StepStatus": string(s.Status), "Inputs": inputs, "Outputs": outputs,
		"OnFailure": s.Flow.OnFailure, "IsEnd": s.Flow.IsEnd, "IsCritical": s.Flow.IsCritical,
	}
	if s.Flow.NextStep != "" {
		record["NextStep"] = s.Flow.NextStep
	}
	if s.FailureMessage != "" {
		record["FailureMessage"] = s.FailureMessage
		record["FailureDetails"] = map[string]any{"FailureType": string(s.FailureType)}
	}
	return record
}
