// Package undo_test undoes the repair of every reversible control in the lab, with the documents and roles of the
// templates, and compares the resource before and after, as AWS describes it.
package undo_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab"
	"hubmend/test/assembly"
	"hubmend/test/labtest"
)

type object = map[string]any

const (
	account   = "222222222222"
	region    = "us-east-1"
	partition = "aws"
)

// world is a lab with all stacks deployed, which enforces the policies of roles.
type world struct {
	*lab.Lab
	made int // names that were given
}

func start(t *testing.T) *world {
	t.Helper()
	return &world{Lab: labtest.Start(t, "../..", assembly.Copy, func(c *lab.Config) {
		c.Faults.DropStatusEvents = true // no test waits for status events
	})}
}

// try makes a call as the operator: "ec2:DescribeVpcs".
func (w *world) try(t *testing.T, call string, input object) (object, error) {
	t.Helper()
	service, api, _ := strings.Cut(call, ":")
	return w.Call(t.Context(), lab.Call{Account: account, Region: region, Service: service, API: api, Input: input})
}

func (w *world) call(t *testing.T, call string, input object) object {
	t.Helper()
	out, err := w.try(t, call, input)
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
	return out
}

// name returns a name that nothing has.
func (w *world) name() string {
	w.made++
	return fmt.Sprintf("thing-%d", w.made)
}

// execution is how one ended.
type execution struct {
	ID, Status string
	Outputs    map[string][]string
	Failures   []string // what the steps said that failed
	Steps      int
}

// output returns an output by its last name.
func (e execution) output(name string) string {
	for key, values := range e.Outputs {
		if strings.HasSuffix(key, "."+name) {
			return strings.Join(values, " ")
		}
	}
	return "(no " + name + ")"
}

// run starts a runbook under its role and waits for its end.
func (w *world) run(t *testing.T, runbook string, parameters map[string][]string) execution {
	t.Helper()
	given := object{"AutomationAssumeRole": []any{naming.RoleARN(partition, account, naming.RunbookRole(runbook))}}
	for name, values := range parameters {
		given[name] = values
	}
	out := w.call(t, "ssm:StartAutomationExecution",
		object{"DocumentName": naming.Document(runbook), "Parameters": given})
	if err := w.Quiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(out["AutomationExecutionId"])
	e := execution{ID: id}
	var got struct {
		AutomationExecutionStatus string
		Outputs                   map[string][]string
		StepExecutions            []struct{ StepName, StepStatus, FailureMessage string }
	}
	decode(t, w.call(t, "ssm:GetAutomationExecution", object{"AutomationExecutionId": id})["AutomationExecution"], &got)
	e.Status, e.Outputs = got.AutomationExecutionStatus, got.Outputs
	for _, s := range got.StepExecutions {
		if s.StepStatus != "Pending" {
			e.Steps++
		}
		if s.StepStatus == "Failed" {
			e.Failures = append(e.Failures, s.StepName+": "+s.FailureMessage)
		}
	}
	return e
}

// undo undoes a repair.
func (w *world) undo(t *testing.T, runbook, id string) execution {
	t.Helper()
	return w.run(t, naming.UndoRunbook(runbook), map[string][]string{"ExecutionId": {id}})
}

// repair repairs a resource as findings of these controls about it would, together.
func (w *world) repair(t *testing.T, resource string, controls ...catalog.Control) execution {
	t.Helper()
	joined := bind(t, controls[0], resource)
	for _, c := range controls[1:] {
		var ok bool
		if joined, ok = joined.Join(bind(t, c, resource)); !ok {
			t.Fatalf("%s cannot be repaired together with %s", c.ID, controls[0].ID)
		}
	}
	parameters := map[string][]string{}
	for name, p := range joined {
		parameters[name] = p.Values
	}
	return w.run(t, controls[0].Runbook, parameters)
}

// repairWith repairs a resource with these parameters of every repair.
func (w *world) repairWith(t *testing.T, resource string, c catalog.Control, more map[string]string) execution {
	t.Helper()
	parameters := bind(t, c, resource).Input()
	for name, value := range more {
		parameters[name] = []string{value}
	}
	return w.run(t, c.Runbook, parameters)
}

func bind(t *testing.T, c catalog.Control, resource string) target.Parameters {
	t.Helper()
	_, parameters, err := c.Bind(finding.Finding{
		ControlID: c.ID, Partition: partition, Account: account, Region: region, ResourceType: c.Resource.Type,
		ResourceID: resource,
	})
	if err != nil {
		t.Fatal(err)
	}
	return parameters
}

func decode(t *testing.T, value, into any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// plain returns an answer as decoded JSON, without the keys that are named, wherever they are, and with every
// list sorted: services promise no order.
func plain(t *testing.T, answer any, without ...string) any {
	t.Helper()
	var value any
	decode(t, answer, &value)
	return sorted(value, append(without, "ResponseMetadata"))
}

func sorted(value any, without []string) any {
	switch v := value.(type) {
	case object:
		kept := object{}
		for key, item := range v {
			if !slices.Contains(without, key) {
				kept[key] = sorted(item, without)
			}
		}
		return kept
	case []any:
		items := make([]any, 0, len(v))
		for _, item := range v {
			items = append(items, sorted(item, without))
		}
		slices.SortFunc(items, func(a, b any) int { return strings.Compare(written(a), written(b)) })
		return items
	}
	return value
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return string(text)
}
