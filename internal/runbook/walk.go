package runbook

import "github.com/goccy/go-yaml"

// Walk visits every step in document order, those inside loops after their loop.
func Walk(steps []Step, visit func(Step)) {
	for _, s := range steps {
		visit(s)
		inner, err := s.Loop()
		if err == nil {
			Walk(inner, visit)
		}
	}
}

// Loop gives the steps inside an aws:loop, and none for any other action. The error
// is that of an entry that is no step.
func (s Step) Loop() ([]Step, error) {
	if s.Action != "aws:loop" {
		return nil, nil
	}
	// The inner steps were decoded as plain maps, because inputs differ by action.
	text, err := yaml.Marshal(s.Inputs["Steps"])
	if err != nil {
		return nil, err
	}
	var steps []Step
	if err := yaml.UnmarshalWithOptions(text, &steps, yaml.Strict()); err != nil {
		return nil, err
	}
	return steps, nil
}
