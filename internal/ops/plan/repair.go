package plan

import (
	"encoding/json"
	"fmt"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/automation"
	"hubmend/internal/ops/findingfile"
)

// Repair is what somebody asks a plan for.
type Repair struct {
	Control    catalog.Control
	Finding    string // its id; empty when nobody made a finding
	Target     target.Target
	Parameters target.Parameters
	Partition  string
	Region     string // where the runbook would run; of a resource without a Region, the finding's
}

// ForFinding binds a finding to its repair, as dispatch does when a person asks for it. The error
// says why dispatch would not start the repair.
func ForFinding(c *catalog.Catalog, raw json.RawMessage) (Repair, error) {
	f, _, err := findingfile.Read(raw)
	if err != nil {
		return Repair{}, findingfile.Explain(err)
	}
	control, t, parameters, err := dispatch.Asked(c, f)
	if err != nil {
		return Repair{}, err
	}
	r := Repair{Control: control, Finding: f.ID, Target: t, Parameters: parameters, Partition: f.Partition,
		Region: t.Region}
	if t.Region == target.Global {
		r.Region = f.Region
	}
	return r, nil
}

// ForPerson returns the plan for a finding that only a person can repair, and false for any other.
func ForPerson(c *catalog.Catalog, raw json.RawMessage) (Plan, bool) {
	f, _, err := findingfile.Read(raw)
	if err != nil {
		return Plan{}, false // ForFinding gives the error
	}
	control, known := c.Control(f)
	if !known || control.Guide == "" {
		return Plan{}, false
	}
	return Plan{Control: control.ID, Title: control.Title, Finding: f.ID, Resource: f.ResourceID, Account: f.Account,
		Region: f.Region, Verdict: Person, Reason: control.Guide}, true
}

// request is what the executor runs: what Systems Manager would be asked to.
func (r Repair) request(doc *runbook.Document, id, role string) automation.Request {
	parameters := r.Parameters.Input()
	parameters["AutomationAssumeRole"] = []string{role}
	return automation.Request{
		Document: doc, Parameters: parameters, ExecutionID: id,
		AccountID: r.Target.Account, Region: r.Region, Partition: r.Partition,
	}
}

// OneFinding takes the finding out of a text, see package findingfile. It is an error when there is not exactly one.
func OneFinding(text []byte) (json.RawMessage, error) {
	list, err := findingfile.Split(text)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("it has %d findings, and a plan is for one", len(list))
	}
	return list[0], nil
}
