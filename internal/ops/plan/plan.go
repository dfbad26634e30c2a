// Package plan owns what a repair would do: it runs a runbook, told not to change anything, and tells what it would
// change, and what speaks for and against it.
//
// A plan and a repair run the same script. The package calls no AWS API itself; whoever plans hands it one.
package plan

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/automation"
	"hubmend/internal/ops/cost"
)

// Verdict is what a plan comes to.
type Verdict string

// The verdicts.
const (
	Compliant Verdict = "compliant" // the runbook would change nothing
	Change    Verdict = "change"    // the runbook would make the calls of the plan
	Refusal   Verdict = "refusal"   // the runbook would fail before it changes anything
	Person    Verdict = "person"    // no runbook can do it, and Reason tells a person what to do
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
	// Reason says why the runbook would fail, that there is nothing to change, or what a person does.
	Reason string `json:"reason,omitempty"`

	Calls   []Call       `json:"calls"` // that would change something, in their order
	Changes []Difference `json:"changes"`
	// Lost is what the change takes away beside what it is for, a sentence each.
	Lost []string `json:"lost,omitempty"`
	// Before and Note are what the repair would leave for its undo and in the note of the finding, when
	// they are known before the change.
	Before any    `json:"before,omitempty"`
	Note   string `json:"note,omitempty"`
	// Digest is that of what was read and of the calls. The repair with Expected refuses anything else.
	Digest string `json:"digest,omitempty"`

	Risk         string  `json:"risk"`
	RiskReason   string  `json:"riskReason"`
	Approval     string  `json:"approval,omitempty"` // why a person approves each repair
	Reversible   bool    `json:"reversible"`
	Irreversible string  `json:"irreversible,omitempty"` // why it is not reversible
	Role         string  `json:"role"`                   // that the repair runs under; a plan does not assume it
	Allowed      []Allow `json:"allowed"`                // what the role may do
	Cost         Cost    `json:"cost"`
	Uses         []Use   `json:"uses"`
}

// Call is one API call that would change something.
type Call struct {
	API string `json:"api"` // service:Api
	// Input is what the call is given.
	Input map[string]any `json:"input"`
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
	// API is asked what uses a resource.
	API automation.API
	// Scripts runs the script of a runbook with the credentials of the user. The script runs as a dry run, and
	// refuses to change anything.
	Scripts automation.Scripts
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
		Risk: r.Control.Risk, RiskReason: strings.TrimSpace(r.Control.RiskReason), Approval: r.Control.Approval,
		Reversible: r.Control.Reversible, Irreversible: strings.TrimSpace(r.Control.Irreversible),
		Role: naming.RoleARN(r.Partition, r.Target.Account, naming.RunbookRole(r.Target.Runbook)),
	}
	for _, s := range policy {
		made.Allowed = append(made.Allowed, Allow{Actions: s.Actions, Resources: s.Resources})
	}
	executor := automation.Executor{API: reading{p.API}, Scripts: p.Scripts, ThrottleRetry: throttleRetry}
	request := r.request(book.Document, p.ExecutionID, made.Role)
	if err := made.find(ctx, executor, request); err != nil {
		return Plan{}, err
	}
	made.Uses, err = uses(ctx, executor, request, r.Target.Runbook)
	return made, err
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

// reading makes only calls that read, whatever a file of ssm-documents/uses asks for.
type reading struct{ automation.API }

// Call implements automation.API.
func (r reading) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	if !readonly.Call(service, api) {
		return nil, fmt.Errorf("a plan does not call %s:%s, which may change something", service, api)
	}
	return r.API.Call(ctx, service, api, parameters)
}
