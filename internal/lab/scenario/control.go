package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/lab"
)

// ControlResult is the outcome of one finding.
type ControlResult struct {
	Finding  string `json:"finding"` // its name in the scenario
	ID       string `json:"id"`
	Control  string `json:"control"`
	Resource string `json:"resource"`
	Before   string `json:"before"` // by the independent check
	After    string `json:"after"`
	Workflow string `json:"workflow"`
	Note     string `json:"note"`

	// Of the execution that the note names; empty when it names none.
	Execution string        `json:"execution,omitempty"`
	Status    string        `json:"status,omitempty"`
	Change    string        `json:"change,omitempty"`
	Steps     int           `json:"steps"`
	Took      time.Duration `json:"took"`
}

// imports lists the findings that the scenario builds from the catalog.
func (s *Scenario) imports() []Finding {
	var all []Finding
	for _, e := range s.Events {
		if e.Import != nil && e.Import.Control != "" {
			all = append(all, *e.Import)
		}
	}
	return all
}

// checkAll asks the independent check about the resource of every finding, by name.
func (r *runner) checkAll(ctx context.Context) (map[string]string, error) {
	said := map[string]string{}
	if r.hooks.Check == nil {
		return said, nil
	}
	for _, f := range r.imports() {
		filled, err := r.located(f)
		if err != nil {
			return nil, err
		}
		if said[f.Name], err = r.hooks.Check(ctx, r.lab, f.Control, filled); err != nil {
			return nil, fmt.Errorf("check %s of %s: %w", f.Control, filled.Resource, err)
		}
	}
	return said, nil
}

// located gives a finding with its resource, account and Region filled in.
func (r *runner) located(f Finding) (Finding, error) {
	resource, err := r.values.fillText(f.Resource)
	f.Resource, f.Account, f.Region = fmt.Sprint(resource), r.account(f.Account), r.region(f.Region)
	return f, err
}

func (r *runner) controls(after map[string]string) []ControlResult {
	var all []ControlResult
	for _, f := range r.imports() {
		filled, err := r.located(f)
		if err != nil {
			continue // importing it failed the same way
		}
		c := ControlResult{Finding: f.Name, ID: r.ids[f.Name], Control: f.Control, Resource: filled.Resource,
			Before: r.before[f.Name], After: after[f.Name]}
		if document, ok := r.lab.Finding(c.ID); ok {
			workflow, _ := document["Workflow"].(map[string]any)
			note, _ := document["Note"].(map[string]any)
			c.Workflow, _ = workflow["Status"].(string)
			c.Note, _ = note["Text"].(string)
		}
		all = append(all, c.withExecution(r.lab.Executions()))
	}
	return all
}

// withExecution adds what is known of the execution that the note names.
func (c ControlResult) withExecution(all []lab.Execution) ControlResult {
	for _, e := range all {
		if strings.Contains(c.Note, e.ID) {
			c.Execution, c.Status, c.Change, c.Steps, c.Took = e.ID, e.Status, change(
				e.Outputs), e.BilledSteps, e.Duration
		}
	}
	return c
}

// change is what a runbook says that it did. The name of the step that says so is its own affair.
func change(outputs map[string][]string) string {
	for name, values := range outputs {
		if strings.HasSuffix(name, ".Change") && len(values) > 0 && values[0] != ssmtext.NoOutput {
			return values[0]
		}
	}
	return ""
}

// falseGreens lists the findings that are RESOLVED while the independent check says FAILED.
func falseGreens(controls []ControlResult) []Verdict {
	var all []Verdict
	for _, c := range controls {
		if c.Workflow == "RESOLVED" && c.After == "FAILED" {
			all = append(all, Verdict{Text: fmt.Sprintf("finding %s is RESOLVED only if %s passes", c.Finding,
				c.Control), Got: "FAILED by the independent check"})
		}
	}
	return all
}
