package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"hubmend/internal/asff"
	"hubmend/internal/catalog"
	"hubmend/internal/jsonpath"
	"hubmend/internal/lab"
	"hubmend/internal/naming"
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
}

// Table is what a Show found.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Checker says whether a control passes for a resource: PASSED, FAILED, or empty for a
// control that it does not know. It must not know how the control is repaired.
type Checker func(ctx context.Context, l *lab.Lab, control string, at Finding) (string, error)

// Hooks let a caller follow a run.
type Hooks struct {
	// Check is asked about the resource of every finding before the events and after them.
	Check Checker
	// Before is called with the tables when the resources are there and nothing happened yet.
	Before func([]Table)
}

// quietTime bounds how long a scenario may take to become quiet.
const quietTime = 3 * time.Minute

// Run starts a lab for the scenario, lets everything happen, and checks what is expected.
// An expectation that fails is no error but a Result that did not pass.
func Run(ctx context.Context, s *Scenario, config lab.Config, hooks Hooks) (Result, error) {
	config.Accounts, config.Regions = s.Accounts, s.Regions
	begin := time.Now()
	l, err := lab.Start(ctx, config)
	if err != nil {
		return Result{}, err
	}
	r := &runner{Scenario: s, lab: l, values: values{"accounts": anySlice(s.Accounts), "regions": anySlice(s.Regions), "account": s.account(""), "region": s.Regions[0]}, ids: map[string]string{}}
	out, err := r.run(ctx, hooks)
	out.Seconds = time.Since(begin).Seconds()
	return out, errors.Join(err, l.Close())
}

type runner struct {
	*Scenario
	lab    *lab.Lab
	values values
	ids    map[string]string // of findings, by name
	check  Checker
	before map[string]string // what the check said, by name of the finding
}

func (r *runner) run(ctx context.Context, hooks Hooks) (Result, error) {
	if err := r.lab.Deploy(ctx); err != nil {
		return Result{}, err
	}
	if r.Product != "" {
		if err := r.lab.Launch(ctx, r.Product, r.Parameters); err != nil {
			return Result{}, err
		}
	}
	for i, c := range r.Seed {
		if _, err := r.call(ctx, c); err != nil {
			return Result{}, fmt.Errorf("seed %d: %w", i+1, err)
		}
	}
	before, err := r.tables(ctx)
	if err != nil {
		return Result{}, err
	}
	if hooks.Before != nil {
		hooks.Before(before)
	}
	r.check = hooks.Check
	if r.before, err = r.checkAll(ctx); err != nil {
		return Result{}, err
	}
	if err := r.happen(ctx); err != nil {
		return Result{}, err
	}
	return r.result(ctx, before)
}

func (r *runner) happen(ctx context.Context) error {
	for i, n := range r.Interventions {
		if err := r.intervene(n); err != nil {
			return fmt.Errorf("intervention %d: %w", i+1, err)
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
	out.Verdicts = falseGreens(out.Controls)
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
	owners := map[string]string{
		naming.DispatchFunctionRole: "dispatch", naming.DispatchRole: "dispatch",
		naming.SettleFunctionRole: "settle", naming.SettleRole: "settle",
	}
	counts := map[string]int{}
	for _, c := range r.lab.Calls() {
		parts := strings.Split(c.Caller, "/")
		if owner := owners[parts[max(len(parts)-2, 0)]]; owner != "" {
			counts[owner]++
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

func (r *runner) labCall(c Call) (lab.Call, error) {
	input, err := r.values.fill(c.Input)
	if err != nil {
		return lab.Call{}, err
	}
	filled, _ := input.(map[string]any)
	return lab.Call{Account: r.account(c.Account), Region: r.region(c.Region), Service: c.Service, API: c.API, Input: filled}, nil
}

func (r *runner) call(ctx context.Context, c Call) (map[string]any, error) {
	filled, err := r.labCall(c)
	if err != nil {
		return nil, err
	}
	out, err := r.lab.Call(ctx, filled)
	if err == nil && c.Name != "" {
		r.values[c.Name] = out
	}
	return out, err
}

func (r *runner) intervene(n Intervention) error {
	i := lab.Intervention{Before: n.Before, Times: n.Times}
	if n.Call != nil {
		c, err := r.labCall(*n.Call)
		if err != nil {
			return err
		}
		i.Call = &c
	}
	if n.Error != nil {
		i.ErrorCode, i.ErrorMessage = n.Error.Code, n.Error.Message
	}
	r.lab.Intervene(i)
	return nil
}

func (r *runner) event(ctx context.Context, e Event) error {
	switch {
	case e.Import != nil:
		return r.importFinding(ctx, *e.Import)
	case e.CustomAction != nil:
		var ids []string
		for _, name := range e.CustomAction.Findings {
			if r.ids[name] == "" {
				return fmt.Errorf("no finding was imported under the name %q", name)
			}
			ids = append(ids, r.ids[name])
		}
		return r.lab.UseCustomAction(e.CustomAction.Action, ids)
	case e.Message != nil:
		_, err := r.call(ctx, Call{Account: r.Accounts[0], Service: "sqs", API: "SendMessage", Input: map[string]any{
			"QueueUrl": r.lab.Endpoint() + "/" + r.Accounts[0] + "/" + naming.FindingsQueue, "MessageBody": *e.Message,
		}})
		return err
	case e.Call != nil:
		_, err := r.call(ctx, *e.Call)
		return err
	default:
		return r.quiet(ctx)
	}
}

// importFinding sends a finding to Security Hub as the account that it is about.
func (r *runner) importFinding(ctx context.Context, f Finding) error {
	document, err := r.document(f)
	if err != nil {
		return err
	}
	filled, err := r.values.fill(document)
	if err != nil {
		return err
	}
	account := r.account(f.Account)
	out, err := r.lab.Call(ctx, lab.Call{Account: account, Region: r.region(f.Region), Service: "securityhub", API: "BatchImportFindings",
		Input: map[string]any{"Findings": []any{filled}}})
	if err != nil {
		return err
	}
	if failed, _ := out["FailedFindings"].([]any); len(failed) > 0 {
		return fmt.Errorf("Security Hub refused the finding: %s", show(failed)) //nolint:staticcheck // a product's name
	}
	r.ids[f.Name] = fmt.Sprint(normal(filled).(map[string]any)["Id"])
	return nil
}

func (r *runner) document(f Finding) (map[string]any, error) {
	document := f.ASFF
	switch {
	case f.File != "":
		text, err := os.ReadFile(filepath.Join(r.dir, f.File))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.File, err)
		}
	case f.Control != "":
		control, ok := catalog.Embedded().ByID(f.Control)
		if !ok {
			return nil, fmt.Errorf("the catalog has no control %s", f.Control)
		}
		var err error
		document, err = asff.Build(asff.Spec{
			Control: control, Resource: f.Resource, Account: r.account(f.Account), Region: r.region(f.Region),
			Form: asff.Form(f.Form), ID: f.Name, Now: time.Now(),
		})
		if err != nil {
			return nil, err
		}
	}
	document = maps.Clone(document)
	for name, value := range f.Set {
		if value == nil {
			delete(document, name)
			continue
		}
		document[name] = value
	}
	return document, nil
}

func (r *runner) expect(ctx context.Context, e Expectation, checked map[string]string) (Verdict, error) {
	e, err := r.filled(e)
	v := Verdict{Text: e.describe()}
	switch {
	case err != nil:
	case e.Call != nil:
		v.Passed, v.Got, err = r.expectCall(ctx, e)
	case e.Finding != "":
		v.Passed, v.Got = r.expectFinding(e, checked)
	case e.Executions != nil:
		n := len(r.lab.Executions())
		v.Passed, v.Got = n == *e.Executions, fmt.Sprint(n)
	case e.Notifications != nil:
		var subjects []string
		for _, n := range r.lab.Notices() {
			subjects = append(subjects, n.Subject)
		}
		v.Passed, v.Got = inOrder(*e.Notifications, subjects), show(subjects)
	case e.Problems != nil:
		var problems []string
		for _, entry := range r.lab.Story() {
			if entry.Kind == lab.KindProblem {
				problems = append(problems, entry.Text)
			}
		}
		v.Passed, v.Got = inOrder(*e.Problems, problems), show(problems)
	}
	if v.Passed {
		v.Got = ""
	}
	return v, err
}

// filled replaces what stands for a part of a call's result in the texts of an expectation.
func (r *runner) filled(e Expectation) (Expectation, error) {
	if err := r.fillText(&e.Note); err != nil {
		return e, err
	}
	for _, list := range []**[]string{&e.Notifications, &e.Problems} {
		if *list == nil {
			continue
		}
		texts := slices.Clone(**list)
		for i := range texts {
			if err := r.fillText(&texts[i]); err != nil {
				return e, err
			}
		}
		*list = &texts
	}
	return e, nil
}

func (r *runner) fillText(text *string) error {
	value, err := r.values.fill(*text)
	if err == nil {
		*text = fmt.Sprint(value)
	}
	return err
}

func (r *runner) expectCall(ctx context.Context, e Expectation) (passed bool, got string, err error) {
	answer, err := r.call(ctx, *e.Call)
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return e.Error == refused.ErrorCode(), err.Error(), nil
	}
	if err != nil || e.Error != "" {
		return false, "an answer without an error", err
	}
	filled := e.Check
	for _, field := range []*any{&filled.Equals, &filled.Contains, &filled.Lacks} {
		if *field, err = r.values.fill(*field); err != nil {
			return false, "", err
		}
	}
	return filled.check(map[string]any(answer), e.Path)
}

func (r *runner) expectFinding(e Expectation, checked map[string]string) (passed bool, got string) {
	f, ok := r.lab.Finding(r.ids[e.Finding])
	if !ok {
		return false, "Security Hub has no such finding"
	}
	workflow, _ := f["Workflow"].(map[string]any)
	note, _ := f["Note"].(map[string]any)
	text, _ := note["Text"].(string)
	passed = (e.Workflow == "" || workflow["Status"] == e.Workflow) && strings.Contains(text, e.Note) &&
		(e.Before == "" || e.Before == r.before[e.Finding]) && (e.After == "" || e.After == checked[e.Finding])
	return passed, fmt.Sprintf("%v (check before: %s, after: %s): %s", workflow["Status"], r.before[e.Finding], checked[e.Finding], text)
}

// inOrder says whether every wanted part is in its text, one for one.
func inOrder(parts, texts []string) bool {
	if len(parts) != len(texts) {
		return false
	}
	for i, part := range parts {
		if !strings.Contains(texts[i], part) {
			return false
		}
	}
	return true
}

func (r *runner) tables(ctx context.Context) ([]Table, error) {
	var tables []Table
	for i, s := range r.Show {
		answer, err := r.call(ctx, s.Call)
		if err != nil {
			return nil, fmt.Errorf("show %d: %w", i+1, err)
		}
		path, err := jsonpath.Compile(s.Path)
		if err != nil {
			return nil, fmt.Errorf("show %d: %w", i+1, err)
		}
		t := Table{Title: s.Title, Columns: s.Columns}
		found, _ := path.Select(map[string]any(answer))
		list, _ := found.([]any)
		for _, item := range list {
			row, _ := item.(map[string]any)
			var cells []string
			for _, column := range s.Columns {
				cell := ""
				if value, ok := row[column]; ok {
					cell = fmt.Sprint(value)
				}
				cells = append(cells, cell)
			}
			t.Rows = append(t.Rows, cells)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func anySlice(texts []string) []any {
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}
