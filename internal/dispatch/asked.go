package dispatch

import (
	"errors"
	"fmt"

	"hubmend/internal/catalog"
	"hubmend/internal/finding"
	"hubmend/internal/target"
)

// Asked gives what would be started if a person asked for the repair of a finding by the custom
// action of its control. The error says why nothing would be.
func Asked(c *catalog.Catalog, f finding.Finding) (catalog.Control, target.Target, target.Parameters, error) {
	control, known := c.Control(f)
	if !known {
		return catalog.Control{}, target.Target{}, nil, fmt.Errorf("no control of Hubmend's is about this finding, which is about %s", subjectOf(f))
	}
	v := triage(c, finding.Event{Trigger: finding.CustomAction, ActionID: c.GroupOf(control.ID).ID}, f)
	if v.request == nil {
		return catalog.Control{}, target.Target{}, nil, errors.New(v.reason)
	}
	return control, v.target, v.request.Parameters, nil
}
