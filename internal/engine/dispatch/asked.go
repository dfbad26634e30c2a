package dispatch

import (
	"errors"
	"fmt"
	"time"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
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

// Automatic returns what a finding asks for when Security Hub sends it at a time. The error says why that is nothing.
func Automatic(c Catalog, f finding.Finding, at time.Time) (target.Target, decide.Request, error) {
	v := triage(c, finding.Event{Trigger: finding.Automatic, Time: at}, f)
	if v.request == nil {
		return target.Target{}, decide.Request{}, errors.New(v.reason)
	}
	return v.target, *v.request, nil
}
