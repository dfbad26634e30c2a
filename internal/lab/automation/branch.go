package automation

import (
	"errors"
	"fmt"
	"maps"
)

// branch runs aws:branch: the first choice that holds says where to go on, then Default,
// then the order of the document.
func (r *run) branch(a attempt) (result, error) {
	if err := a.refuseInputs("Choices", "Default"); err != nil {
		return result{}, err
	}
	// The choices are read as the author wrote them: the text of a reference in a value is no reference.
	choices, ok := objects(a.step.Inputs["Choices"])
	if !ok || len(choices) == 0 {
		return result{}, errors.New("input Choices must be a list of choices and must not be empty")
	}
	for i, choice := range choices {
		next, ok := choice["NextStep"].(string)
		if !ok || next == "" {
			return result{}, fmt.Errorf("choice %d has no NextStep", i+1)
		}
		condition := maps.Clone(choice)
		delete(condition, "NextStep")
		holds, err := r.scope.holds(condition)
		if err != nil {
			return result{}, fmt.Errorf("choice %d: %w", i+1, err)
		}
		if holds {
			return result{jump: next}, nil
		}
	}
	if a.inputs["Default"] == nil {
		return result{}, nil
	}
	next, err := a.textInput("Default")
	return result{jump: next}, err
}
