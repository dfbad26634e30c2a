package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hubmend/internal/catalog/privilege"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
)

// Result is how a scenario came out.
type Result struct {
	Name       string           `json:"name"`
	Passed     bool             `json:"passed"`
	Seconds    float64          `json:"seconds"`
	Verdicts   []Verdict        `json:"expectations"`
	Executions []lab.Execution  `json:"executions"`
	Calls      map[string]int   `json:"calls"` // AWS calls by function
	Before     []Table          `json:"before,omitempty"`
	After      []Table          `json:"after,omitempty"`
	Controls   []ControlResult  `json:"controls"`
	Story      []lab.Entry      `json:"story"`
	ColdStarts []time.Duration  `json:"coldStarts"`
	Findings   []map[string]any `json:"findings"`

	// Permissions is what the roles were allowed, and by what.
	Permissions privilege.Run `json:"permissions"`
}

// Checker reports whether a control passes for a resource: PASSED, FAILED, or empty for a
// control that it does not know. It must not know how the control is repaired.
type Checker func(ctx context.Context, l *lab.Lab, control string, at Finding) (string, error)

// Hooks let a caller follow a run.
type Hooks struct {
	// Check is asked about the resource of every finding before the events and after them.
	Check Checker
	// Phase is called as each phase of the run begins.
	Phase func(Phase)
	// Started is called when the lab runs and nothing is deployed yet.
	Started func(context.Context, *lab.Lab) error
	// Before is called with the tables when the resources are there and nothing happened yet.
	Before func([]Table)
	// Findings is called just before the events, with the findings that they will import.
	Findings func([]ControlResult)
	// Changed is called with one of these findings each time Security Hub has something new of it.
	Changed func(ControlResult)
	// Remediate runs `hubmend remediate --yes --no-wait` with the id of an exposure.
	Remediate func(ctx context.Context, l *lab.Lab, id string) error
	// Finish is called when everything was checked, while the lab still runs.
	Finish func(context.Context, Finished) error
}

// Phase is a part of a run.
type Phase string

// The phases, in their order.
const (
	Deploying  Phase = "deploying"
	Launching  Phase = "launching"
	Seeding    Phase = "seeding"
	Happening  Phase = "happening"
	Rechecking Phase = "rechecking"
)

// Finished is a run whose expectations were checked, and its lab.
type Finished struct {
	Result Result
	Lab    *lab.Lab
	// Tables reads once more what Show says.
	Tables func(context.Context) ([]Table, error)
}

// quietTime bounds how long a scenario may take to become quiet.
const quietTime = 3 * time.Minute

// Run starts a lab for the scenario, lets everything happen, and checks what is expected.
// An expectation that fails is no error but a Result that did not pass. With an error the
// Result has the permissions that were asked for until then.
func Run(ctx context.Context, s *Scenario, config lab.Config, hooks Hooks) (Result, error) {
	config.Accounts = s.Accounts
	config.Outsiders = s.Outsiders
	config.OUs = s.OUs
	config.AdminApart = len(s.Accounts) > 1 && !s.AdminIsMember
	config.Regions = s.Regions
	config.Admin = s.Admin
	config.Faults, config.Reevaluate = s.Faults, s.Reevaluate
	config.V2 = s.V2
	begin := time.Now()
	r := &runner{Scenario: s, hooks: hooks,
		values: values{"accounts": anySlice(s.Accounts), "regions": anySlice(s.Regions), "account": s.account(""),
			"management": lab.ManagementAccount, "root": lab.OrganizationRoot,
			"region": s.Regions[0], folder: s.dir}, ids: map[string]string{}}
	config.Observe = r.observed(config.Observe)
	l, err := lab.Start(ctx, config)
	if err != nil {
		return Result{}, err
	}
	r.lab = l
	out, err := r.run(ctx)
	out.Seconds = time.Since(begin).Seconds()
	out.Permissions = privilege.Run{
		Scenario: s.Name, Administrator: s.Accounts[0], Region: s.Regions[0], Roles: l.Roles(),
		Decisions: l.Decisions(),
	}
	return out, errors.Join(err, l.Close())
}

type runner struct {
	*Scenario
	lab      *lab.Lab
	hooks    Hooks
	values   values
	ids      map[string]string // of findings, by name
	before   map[string]string // what the check said, by name of the finding
	followed atomic.Pointer[[]ControlResult]

	verdicts []Verdict // on what was expected amid the events
}

func (r *runner) phase(p Phase) {
	if r.hooks.Phase != nil {
		r.hooks.Phase(p)
	}
}

func (r *runner) run(ctx context.Context) (Result, error) {
	if r.hooks.Started != nil {
		if err := r.hooks.Started(ctx, r.lab); err != nil {
			return Result{}, err
		}
	}
	r.phase(Deploying)
	if err := r.lab.Deploy(ctx); err != nil {
		return Result{}, err
	}
	if r.Product != "" {
		r.phase(Launching)
		for _, launch := range append([]Launch{{r.Product, r.Parameters}}, r.Also...) {
			if err := r.lab.Launch(ctx, launch.Product, launch.Parameters); err != nil {
				return Result{}, err
			}
		}
	}
	r.phase(Seeding)
	for i, c := range r.Seed {
		if _, err := r.call(ctx, c); err != nil {
			return Result{}, fmt.Errorf("seed %d: %w", i+1, err)
		}
	}
	before, err := r.tables(ctx)
	if err != nil {
		return Result{}, err
	}
	if r.hooks.Before != nil {
		r.hooks.Before(before)
	}
	if r.before, err = r.checkAll(ctx); err != nil {
		return Result{}, err
	}
	if err := r.follow(); err != nil {
		return Result{}, err
	}
	r.phase(Happening)
	if err := r.happen(ctx); err != nil {
		return Result{}, err
	}
	r.phase(Rechecking)
	out, err := r.result(ctx, before)
	if err == nil && r.hooks.Finish != nil {
		err = r.hooks.Finish(ctx, Finished{Result: out, Lab: r.lab, Tables: r.tables})
	}
	return out, err
}

func (r *runner) happen(ctx context.Context) error {
	for i, n := range r.Interventions {
		if err := r.intervene(n); err != nil {
			return fmt.Errorf("intervention %d: %w", i+1, err)
		}
	}
	if r.Policy != nil {
		if err := r.applyPolicy(ctx, r.Policy); err != nil {
			return err
		}
	}
	for i, e := range r.Events {
		if err := r.event(ctx, e); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	return r.quiet(ctx)
}

func (r *runner) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	return r.lab.Quiet(ctx)
}

func (r *runner) result(ctx context.Context, before []Table) (Result, error) {
	out := Result{Name: r.Name, Before: before}
	checked, err := r.checkAll(ctx)
	if err != nil {
		return out, err
	}
	out.Controls = r.controls(checked)
	out.Verdicts = slices.Concat(r.verdicts, falseGreens(out.Controls), r.undocumented())
	for _, moment := range r.lab.Unused() {
		out.Verdicts = append(out.Verdicts,
			Verdict{Text: "the intervention " + moment + " happens", Got: "nobody made such a call"})
	}
	for i, e := range r.Expect {
		v, err := r.expect(ctx, e, checked)
		if err != nil {
			return out, fmt.Errorf("expectation %d: %w", i+1, err)
		}
		out.Verdicts = append(out.Verdicts, v)
	}
	out.Passed = !slices.ContainsFunc(out.Verdicts, func(v Verdict) bool { return !v.Passed })
	after, err := r.tables(ctx)
	out.After, out.Story, out.Executions, out.ColdStarts = after, r.lab.Story(), r.lab.Executions(), r.lab.ColdStarts()
	out.Calls = r.callsByFunction()
	for _, id := range r.ids {
		if f, ok := r.lab.Finding(id); ok {
			out.Findings = append(out.Findings, f)
		}
	}
	return out, err
}

// callsByFunction counts the calls that functions made, in their own account and in members.
func (r *runner) callsByFunction() map[string]int {
	counts := map[string]int{}
	for _, c := range r.lab.Calls() {
		if c.Function != "" {
			counts[strings.TrimPrefix(c.Function, naming.Prefix)]++
		}
	}
	return counts
}

// account gives an account, or the scenario's last.
func (s *Scenario) account(id string) string {
	if id != "" {
		return id
	}
	return s.Accounts[len(s.Accounts)-1]
}

func (s *Scenario) region(name string) string {
	if name != "" {
		return name
	}
	return s.Regions[0]
}

func anySlice(texts []string) []any {
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}
