package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/automation"
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
	f, err := finding.Parse(raw)
	if err != nil {
		return Repair{}, misread(err)
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
	f, err := finding.Parse(raw)
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

// OneFinding takes the finding out of what people keep findings in: the finding itself, a list, what
// `aws securityhub get-findings` prints, or an event. It is an error when there is not exactly one.
func OneFinding(text []byte) (json.RawMessage, error) {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, errors.New("it is empty")
	}
	if text[0] != '{' && text[0] != '[' { // what the AWS CLI prints with --output yaml
		if converted, err := yaml.YAMLToJSON(text); err == nil && len(converted) > 0 && converted[0] != '"' {
			text = converted
		}
	}
	if text[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, misread(err)
		}
		return single(list)
	}
	var d struct {
		Findings  []json.RawMessage `json:"Findings"`
		ProductID string            `json:"ProductArn"`
		Detail    struct {
			Findings []json.RawMessage `json:"findings"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, misread(err)
	}
	switch {
	case d.Findings != nil:
		return single(d.Findings)
	case d.Detail.Findings != nil:
		return single(d.Detail.Findings)
	case d.ProductID == "":
		return nil, errors.New("it is not a finding, which has a ProductArn")
	}
	return text, nil
}

func single(list []json.RawMessage) (json.RawMessage, error) {
	if len(list) != 1 {
		return nil, fmt.Errorf("it has %d findings, and a plan is for one", len(list))
	}
	return list[0], nil
}

// misread explains why a text could not be read as a finding. Errors that are not about the form of the
// text are returned unchanged.
func misread(err error) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("it is no finding but a %s", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("its %s is a %s, which no finding has there", wrong.Field, wrong.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return err
}
