package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/automation"
)

// found is what a program returns when it plans.
type found struct {
	Change string
	Lost   []string // what goes with the change, a sentence each
	// Before, After and Planned are pieces of texts of JSON.
	Before, After, Planned []string
	Digest                 string
}

// withheld is a call that a plan did not make.
type withheld struct {
	Call       string
	Parameters map[string]any
}

// find finds out what a repair would do, from the script that repairs, told not to change anything.
func (p *Plan) find(ctx context.Context, executor automation.Executor, request automation.Request) error {
	request.Parameters["Mode"] = []string{"plan"}
	execution := executor.Run(ctx, request)
	p.Calls, p.Changes, p.Cost = []Call{}, []Difference{}, costOf(execution)
	switch {
	case execution.Status == automation.Cancelled:
		return errors.New("it was interrupted; nothing was changed")
	case execution.Status != automation.Success:
		p.Verdict, p.Reason = Refusal, execution.Reason()
		return unplanned(execution)
	}
	var f found
	text, err := json.Marshal(execution.Steps[0].Response["Payload"])
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	var calls []withheld
	if err == nil {
		err = json.Unmarshal([]byte(strings.Join(f.Planned, "")), &calls)
	}
	if err != nil {
		return fmt.Errorf("read what the program would do: %w", err)
	}
	before, after := f.state(f.Before), f.state(f.After)
	p.Before, p.Note, p.Lost, p.Digest = before, f.Change, f.Lost, f.Digest
	for _, c := range calls {
		input, _ := whole(c.Parameters).(map[string]any)
		p.Calls = append(p.Calls, Call{API: c.Call, Input: input})
	}
	if len(p.Calls) == 0 {
		p.Verdict, p.Reason = Compliant, f.Change
		return nil
	}
	p.Verdict = Change
	p.Changes = append(p.Changes, Difference{What: subject(p.Resource), Before: before, After: after})
	return nil
}

// subject names what a program changes. An account has nothing but its number to be known by.
func subject(resource string) string {
	if account, is := strings.CutPrefix(resource, "AWS::::Account:"); is {
		return "account " + account
	}
	return target.Name(resource)
}

// state decodes pieces. An empty list is nothing.
func (found) state(pieces []string) any {
	var value any
	if json.Unmarshal([]byte(strings.Join(pieces, "")), &value) != nil {
		return nil
	}
	if list, is := value.([]any); is {
		return orNil(whole(list).([]any))
	}
	return whole(value)
}

// unplanned says why a program that failed does not tell what the repair would do: what stands in the way of whoever
// plans need not stand in the way of the runbook's role. It is nil when the program says so itself.
func unplanned(e automation.Execution) error {
	if len(e.Steps) == 0 {
		return errors.New(e.Reason()) // the parameters are refused
	}
	said, is := ssmtext.Program(e.FailureMessage)
	if !is {
		return fmt.Errorf("the program failed: %s", e.Reason())
	}
	rule, _ := failure.Sort(failure.Signal{Stage: failure.Step, Code: said.Code})
	gone, _ := failure.Sort(failure.Signal{Stage: failure.Read, Code: said.Code})
	switch {
	case said.Word == ssmtext.Refused, gone.Class == failure.Gone:
		return nil
	case rule.Class == failure.Permission:
		return fmt.Errorf("your credentials may not read what the runbook reads: %s", e.Reason())
	}
	return fmt.Errorf("the runbook could not read: %s; try again", e.Reason())
}

// whole writes numbers of JSON without a fraction where they have none.
func whole(value any) any {
	switch v := value.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = whole(item)
		}
		return m
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, whole(item))
		}
		return list
	}
	return value
}
