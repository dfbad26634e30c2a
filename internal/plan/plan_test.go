package plan_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/automation"
	"hubmend/internal/catalog"
	"hubmend/internal/plan"
	"hubmend/internal/readonly"
	"hubmend/internal/runbook"
)

// The plan changes nothing, and foretells the calls of the repair: the same ones, in the same order,
// with the same input. After the repair there is nothing left to plan.
func TestPlanForetellsTheRepair(t *testing.T) {
	t.Parallel()
	planned := map[string]bool{}
	for i, name := range slices.Sorted(maps.Keys(everyRunbook)) {
		tc := everyRunbook[name]
		control, _ := catalog.Embedded().ByID(tc.control)
		planned[control.Runbook] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fmt.Sprintf("2222222222%02d", i))
			r := w.repair(tc.control, tc.make(w))
			p := w.plan(r)
			if p.Verdict != plan.Change || len(p.MayCall) != 0 {
				t.Fatalf("it is %s, %q, and may call %v", p.Verdict, p.Reason, p.MayCall)
			}
			checkLines(t, tc.lines, p.Changes)
			checkUses(t, tc.uses, p.Uses)
			checkTold(t, p, control)

			e, calls := w.run(r)
			if e.Status != automation.Success {
				t.Fatalf("the repair: %s: %s", e.Status, e.Reason())
			}
			if diff := cmp.Diff(told(calls), told(asSeen(p.Calls, calls))); diff != "" {
				t.Errorf("calls of the repair, and of its plan (-made +planned):\n%s", diff)
			}
			if again := w.plan(r); again.Verdict != plan.Compliant || !strings.HasPrefix(again.Reason, "Nothing to change") || len(again.Calls)+len(again.Changes) != 0 {
				t.Errorf("after the repair it is %s, %q, with %v", again.Verdict, again.Reason, again.Calls)
			}
		})
	}
	for _, c := range catalog.Embedded().Controls {
		if r, _ := catalog.Embedded().Runbook(c.Runbook); !planned[c.Runbook] && !r.IsSetting() {
			t.Errorf("no test plans %s", c.Runbook)
		}
	}
}

// asSeen leaves out what is not seen of the calls that a program made: their input, on the network.
func asSeen(planned, made []plan.Call) []plan.Call {
	seen := slices.Clone(planned)
	for i := range seen {
		if i < len(made) && made[i].Input == nil {
			seen[i].Input = nil
		}
	}
	return seen
}

// told writes calls as JSON, a line each.
func told(calls []plan.Call) []string {
	var lines []string
	for _, c := range calls {
		input, _ := json.Marshal(c.Input)
		lines = append(lines, c.API+" "+string(input))
	}
	return lines
}

func checkLines(t *testing.T, want []string, changes []plan.Difference) {
	t.Helper()
	var got []string
	for _, d := range changes {
		got = append(got, d.What)
		for _, l := range d.Lines() {
			value, _ := json.Marshal(l.Value)
			line := string(l.Sign) + " "
			if l.Name != "" {
				line += l.Name + ": "
			}
			got = append(got, line+strings.ReplaceAll(string(value), `"`, ""))
		}
	}
	match := len(got) == len(want)
	for i := 0; match && i < len(want); i++ {
		match = like(want[i], got[i])
	}
	if !match {
		t.Errorf("the differences are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// like compares a text with one in which a star stands for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) || !strings.HasSuffix(text, parts[len(parts)-1]) {
		return false
	}
	for _, p := range parts {
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return true
}

func checkUses(t *testing.T, want []string, uses []plan.Use) {
	t.Helper()
	if len(uses) != len(want) {
		t.Fatalf("uses are %+v", uses)
	}
	for i, u := range uses {
		found, _ := json.Marshal(u.Found)
		if want[i] == "" {
			if len(u.Found) != 0 {
				t.Errorf("%s: %s", u.Title, found)
			}
			continue
		}
		if u.Unknown != "" || !slices.ContainsFunc(strings.Split(want[i], "|"), func(part string) bool { return strings.Contains(string(found), part) }) {
			t.Errorf("%s: %s, %q; want %s", u.Title, found, u.Unknown, want[i])
		}
	}
}

// checkTold looks for what does not depend on the resource.
func checkTold(t *testing.T, p plan.Plan, c catalog.Control) {
	t.Helper()
	if p.Risk != c.Risk || p.RiskReason == "" || p.Reversible != c.Reversible || p.Reversible == (p.Irreversible != "") {
		t.Errorf("risk and return are %+v", p)
	}
	book, _ := catalog.Embedded().Runbook(c.Runbook)
	steps := book.Document.Program == nil
	if steps && p.Cost.Steps < 4 || !steps && p.Cost.Steps != 1 || p.Cost.USD != float64(p.Cost.Steps)*0.002 {
		t.Errorf("costs %+v", p.Cost)
	}
	if len(p.Allowed) == 0 || !strings.HasSuffix(p.Role, ":role/hubmend-"+c.Runbook) {
		t.Errorf("%s may %v", p.Role, p.Allowed)
	}
	if steps && len(p.NotRun) == 0 {
		t.Error("no step looks at the change")
	}
}

// A runbook that tries to change something in each step cannot, whatever API it is given.
func TestAForcedWriteIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "333333333333")
	arn := group(w, "web", rule(22, 22, "0.0.0.0/0"))
	id := arn[strings.Index(arn, "sg-"):]
	doc, err := runbook.Parse([]byte(`
schemaVersion: "0.3"
mainSteps:
  - {name: delete, action: aws:executeAwsApi, onFailure: Continue, inputs: {Service: ec2, Api: DeleteSecurityGroup, GroupId: ` + id + `}}
  - {name: snake, action: aws:executeAwsApi, inputs: {Service: ec2, Api: delete_security_group, GroupId: ` + id + `}}
  - {name: assert, action: aws:assertAwsResourceProperty, inputs: {Service: ec2, Api: DeleteSecurityGroup, GroupId: ` + id + `, PropertySelector: $.Return, DesiredValues: ["True"]}}
  - {name: wait, action: aws:waitForAwsResourceProperty, inputs: {Service: ec2, Api: DeleteSecurityGroup, GroupId: ` + id + `, PropertySelector: $.Return, DesiredValues: ["True"]}}
  - name: loop
    action: aws:loop
    inputs:
      Iterators: [a, b]
      Steps: [{name: inner, action: aws:executeAwsApi, inputs: {Service: ec2, Api: CreateSecurityGroup, GroupName: "{{ loop.CurrentIteratorValue }}", Description: d}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	executor := automation.Executor{API: w, Plan: true}
	e := executor.Run(t.Context(), automation.Request{Document: doc, ExecutionID: executionID, AccountID: w.account, Region: region, Partition: "aws"})
	if len(w.calls) != 0 {
		t.Errorf("%v went out", w.calls)
	}
	var withheld []string
	for _, s := range e.Steps {
		if s.Status == automation.Withheld {
			withheld = append(withheld, s.Name)
		}
	}
	if diff := cmp.Diff([]string{"delete", "snake", "assert", "inner", "inner"}, withheld); diff != "" {
		t.Error(diff)
	}
	w.seed("ec2:DescribeSecurityGroups", object{"GroupIds": []any{id}}) // which fails when the group is gone
}

// A call that changes something and that no file of effects tells of would be shown with its input
// only; the catalog's own are all told.
func TestEveryWriteIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range catalog.Embedded().Controls {
		book, _ := catalog.Embedded().Runbook(c.Runbook)
		if book.Document.Program != nil {
			continue // it tells itself what it would change
		}
		for _, call := range runbook.Calls(book.Document) {
			service, api, _ := strings.Cut(call, ":")
			if !readonly.Call(service, api) && !plan.HasEffect(call) {
				t.Errorf("no file of ssm-documents/effects tells what %s of %s changes", call, book.Name)
			}
		}
	}
}
