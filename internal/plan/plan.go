// Package plan owns what a repair would do: it runs a runbook as far as it can without changing
// anything, and tells what it would change, and what speaks for and against it.
//
// A plan and a repair have the same executor, documents and scripts. The package calls no AWS API
// itself; whoever plans hands it one.
package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hubmend/internal/automation"
	"hubmend/internal/catalog"
	"hubmend/internal/cost"
	"hubmend/internal/naming"
	"hubmend/internal/runbook"
	"hubmend/internal/ssmtext"
)

// Verdict is what a plan comes to.
type Verdict string

// The verdicts.
const (
	Compliant Verdict = "compliant" // the runbook would change nothing
	Change    Verdict = "change"    // the runbook would make the calls of the plan
	Refusal   Verdict = "refusal"   // the runbook would fail before it changes anything
)

// Plan is what the repair of one resource would do.
type Plan struct {
	Control  string  `json:"control"`
	Title    string  `json:"title"`
	Finding  string  `json:"finding,omitempty"`
	Resource string  `json:"resource"`
	Account  string  `json:"account"`
	Region   string  `json:"region"` // where it was read, and would be repaired
	Runbook  string  `json:"runbook"`
	Verdict  Verdict `json:"verdict"`
	// Reason says why the runbook would fail, or that there is nothing to change.
	Reason string `json:"reason,omitempty"`

	Calls []Call `json:"calls"` // that would change something, in their order
	// MayCall are further calls, as service:Api, that the runbook makes or not, depending on how those
	// before them go.
	MayCall []string     `json:"mayCall,omitempty"`
	Changes []Difference `json:"changes"`
	// Lost is what the change takes away beside what it is for, a sentence each.
	Lost []string `json:"lost,omitempty"`
	// NotRun are steps that look at the change, or need its answers.
	NotRun []NotRun `json:"notRun,omitempty"`
	// Before and Note are what the repair would leave for its undo and in the note of the finding, when
	// they are known before the change.
	Before any    `json:"before,omitempty"`
	Note   string `json:"note,omitempty"`

	Risk         string  `json:"risk"`
	RiskReason   string  `json:"riskReason"`
	Reversible   bool    `json:"reversible"`
	Irreversible string  `json:"irreversible,omitempty"` // why it is not reversible
	Role         string  `json:"role"`                   // that the repair runs under; a plan does not assume it
	Allowed      []Allow `json:"allowed"`                // what the role may do
	Cost         Cost    `json:"cost"`
	Uses         []Use   `json:"uses"`
}

// Call is one API call that would change something.
type Call struct {
	Step string `json:"step,omitempty"` // empty when a program makes the call
	Why  string `json:"why,omitempty"`  // the step's description
	API  string `json:"api"`            // service:Api
	// Input is what the call is given. What is known only after an earlier call stays a reference,
	// such as {{ create.Id }}.
	Input map[string]any `json:"input"`
}

// NotRun is a step that a plan cannot run.
type NotRun struct {
	Step   string `json:"step"`
	Why    string `json:"why,omitempty"` // the step's description
	Reason string `json:"reason"`        // why it did not run
}

// Allow is one statement of the policy of the runbook's role.
type Allow struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
}

// Cost is what Systems Manager charges for the repair. A step that would be tried again, or a loop that
// would look again, costs more.
type Cost struct {
	Steps int     `json:"steps"`
	USD   float64 `json:"usd"`
}

// Planner makes plans. It changes nothing, whatever API it is given.
type Planner struct {
	Catalog *catalog.Catalog
	// API and Scripts are those of an executor. The API is asked for what only reads.
	API     automation.API
	Scripts automation.Scripts
	// Programs runs the scripts that call AWS, with the credentials of whoever plans. They are told not to change
	// anything, and refuse it.
	Programs automation.Scripts
	// ExecutionID stands for the id that Systems Manager would give.
	ExecutionID string
}

// throttleRetry is how long a read that is throttled is repeated.
const throttleRetry = 20 * time.Second

// Make finds out what a repair would do, with reads in the Region. The error says why that cannot
// be found out; a runbook that would refuse the resource is no error but a verdict.
func (p Planner) Make(ctx context.Context, r Repair) (Plan, error) {
	book, ok := p.Catalog.Runbook(r.Target.Runbook)
	if !ok {
		return Plan{}, fmt.Errorf("there is no runbook %s", r.Target.Runbook)
	}
	policy, err := p.Catalog.Policy(book)
	if err != nil {
		return Plan{}, err
	}
	made := Plan{
		Control: r.Control.ID, Title: r.Control.Title, Finding: r.Finding, Resource: r.Target.Resource,
		Account: r.Target.Account, Region: r.Region, Runbook: r.Target.Runbook,
		Risk: r.Control.Risk, RiskReason: strings.TrimSpace(r.Control.RiskReason),
		Reversible: r.Control.Reversible, Irreversible: strings.TrimSpace(r.Control.Irreversible),
		Role: naming.RoleARN(r.Partition, r.Target.Account, naming.RunbookRole(r.Target.Runbook)),
	}
	for _, s := range policy {
		made.Allowed = append(made.Allowed, Allow{Actions: s.Actions, Resources: s.Resources})
	}
	executor := automation.Executor{API: p.API, Scripts: p.Scripts, ThrottleRetry: throttleRetry, Plan: true, NullUnset: true}
	request := r.request(book.Document, p.ExecutionID, made.Role)
	find := made.findByProgram
	if book.Document.Program == nil {
		find = made.findBySteps
	}
	if err := find(ctx, p, executor, request); err != nil {
		return Plan{}, err
	}
	made.Uses, err = uses(ctx, executor, request, r.Target.Runbook)
	return made, err
}

// findBySteps finds out what a document of steps would do.
func (p *Plan) findBySteps(ctx context.Context, _ Planner, executor automation.Executor, request automation.Request) error {
	if err := checkPure(request.Document); err != nil {
		return err
	}
	execution := executor.Run(ctx, request)
	if err := unreadable(execution); err != nil {
		return err
	}
	p.tell(execution, request.Document)
	p.Cost = costOf(execution)
	var err error
	p.Changes, err = differences(p.Calls, execution.Steps)
	return err
}

// checkPure refuses a runbook whose scripts could do more than compute: what they would do is not seen,
// and a plan changes nothing.
func checkPure(doc *runbook.Document) error {
	if modules := doc.ImpureScripts(); len(modules) > 0 {
		return fmt.Errorf("a script of this runbook imports %s, and a plan runs only scripts that compute", strings.Join(modules, ", "))
	}
	return nil
}

// unreadable says why a plan cannot tell what the runbook would do. What stands in the way of whoever
// plans need not stand in the way of the runbook's role, and a runbook that goes on without what it
// could not read might do something else.
func unreadable(e automation.Execution) error {
	if e.Status == automation.Cancelled {
		return errors.New("it was interrupted; nothing was changed")
	}
	for _, s := range e.Steps {
		switch s.FailureType {
		case automation.PermissionFailure:
			return fmt.Errorf("your credentials may not read what step %s reads: %s", s.Name, ssmtext.Reason(s.FailureMessage))
		case automation.ThrottlingFailure, automation.InternalFailure:
			return fmt.Errorf("step %s could not read: %s; try again", s.Name, ssmtext.Reason(s.FailureMessage))
		}
	}
	if e.Status != automation.Success && len(e.Steps) == 0 {
		return errors.New(e.Reason()) // the parameters are refused
	}
	return nil
}

// costOf counts what ran, and what would have.
func costOf(e automation.Execution) Cost {
	c := Cost{Steps: e.BilledSteps()}
	for _, price := range cost.Embedded().Prices {
		if price.ID == "step" {
			c.USD = float64(c.Steps) * price.Each()
		}
	}
	return c
}
