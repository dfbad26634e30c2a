package dispatch

import (
	"errors"
	"fmt"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// Playbooks is a catalog that knows the custom action for a control.
type Playbooks interface {
	Catalog
	CustomActionFor(control string) (control.CustomAction, bool)
}

// Asked returns what would be started if a person asked for the repair of a finding by the custom
// action of its control. The error says why nothing would be.
func Asked(c Playbooks, f finding.Finding) (control.Control, target.Target, target.Parameters, error) {
	found, known := c.Control(f)
	if !known {
		return control.Control{}, target.Target{}, nil,
			fmt.Errorf("no control of Hubmend's is about this finding, which is about %s", subjectOf(f))
	}
	action, offered := c.CustomActionFor(found.ID)
	if !offered {
		return control.Control{}, target.Target{}, nil,
			fmt.Errorf("%s cannot be remediated in this version, because it is not in a playbook yet", found.ID)
	}
	v := triage(c, finding.Event{Trigger: finding.CustomAction, ActionID: action.ID}, f)
	if v.request == nil {
		return control.Control{}, target.Target{}, nil, errors.New(v.reason)
	}
	return found, v.target, v.request.Parameters, nil
}
