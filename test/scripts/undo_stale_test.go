package scripts_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"hubmend/internal/automation"
	"hubmend/internal/catalog"
	"hubmend/internal/local"
)

// setting is one whose absence is an error of AWS.
type setting struct {
	undo     string
	reads    string // the call that reads it
	answered string // its name in the answer
	recorded string // its name in Before and After
	output   string // the step of the repair that gives these
	left     any    // what the repair leaves
	before   any
	none     string // the error when there is none
}

// stale is an account in which a change of a setting shows only after some reads.
type stale struct {
	setting
	failure string // of a read when there is none, and none was before the repair; empty when one was
	late    int    // so many reads after the change answer as before it

	t       *testing.T
	writes  int
	steps   []automation.StepExecution // that ended
	largest int                        // bytes of the largest answer
}

func (s *stale) Call(_ context.Context, service, api string, input map[string]any) (map[string]any, error) {
	answer, err := s.answer(service+":"+api, input)
	text, marshalErr := json.Marshal(answer)
	if marshalErr != nil {
		s.t.Error(marshalErr)
	}
	s.largest = max(s.largest, len(text))
	return answer, err
}

func (s *stale) answer(call string, input map[string]any) (map[string]any, error) {
	switch call {
	case "ssm:GetAutomationExecution":
		return map[string]any{"AutomationExecution": s.repair()}, nil
	case "ssm:DescribeAutomationStepExecutions":
		return s.stepsNamed(input["Filters"].([]any)[0].(map[string]any)["Values"].([]any)[0]), nil
	case s.reads:
		return s.read()
	}
	s.writes++
	return map[string]any{}, nil
}

func (s *stale) read() (map[string]any, error) {
	if s.writes > 0 {
		s.late--
	}
	switch {
	case s.writes == 0 || s.late >= 0:
		return map[string]any{s.answered: s.left}, nil
	case s.failure != "":
		return nil, &smithy.GenericAPIError{Code: s.failure, Message: "no"}
	}
	return map[string]any{s.answered: s.before}, nil
}

// repair is the execution that is taken back.
func (s *stale) repair() map[string]any {
	was := s.before
	if s.failure != "" {
		was = "none"
	}
	said := func(value any) []any { return []any{texts(s.t, map[string]any{s.recorded: value})[0]} }
	return map[string]any{
		"DocumentName": "hubmend-" + strings.TrimPrefix(s.undo, "Undo"), "AutomationExecutionStatus": "Success",
		"Parameters": map[string]any{"BucketName": []any{"trail"}},
		"Outputs":    map[string]any{s.output + ".Before": said(was), s.output + ".After": said(s.left)},
	}
}

func (s *stale) stepsNamed(name any) map[string]any {
	found := []any{}
	for _, step := range s.steps {
		if step.Name == name {
			found = append(found, step.Record())
		}
	}
	return map[string]any{"StepExecutions": found}
}

func (s *stale) observe(step automation.StepExecution) {
	if step.Status != automation.InProgress {
		s.steps = append(s.steps, step)
	}
}

// quick is a clock that sleeps for no time.
type quick struct{ automation.SystemClock }

func (quick) Sleep(context.Context, time.Duration) error { return nil }

// What was restored may show late: the undo writes once, looks again, and its answers do not grow with the looks.
func TestUndoLooksAgain(t *testing.T) {
	t.Parallel()
	block := setting{
		"UndoBlockBucketPublicAccess", "s3:GetPublicAccessBlock", "PublicAccessBlockConfiguration", "PublicAccessBlock", "verify",
		recorded(true, true, true, true), recorded(true, false, true, false), "NoSuchPublicAccessBlockConfiguration",
	}
	for _, s := range []setting{block} {
		for name, tc := range map[string]struct {
			failure string
			late    int
			says    string // empty when it is taken back
		}{
			"at once":         {"", 0, ""},
			"late":            {"", 4, ""},
			"too late":        {"", 5, "is not as it was before"},
			"none, at once":   {s.none, 0, ""},
			"none, too late":  {s.none, 1, "was deleted, and"},
			"none, or denied": {"AccessDenied", 0, "was deleted, and"},
		} {
			t.Run(s.undo+"/"+name, func(t *testing.T) {
				t.Parallel()
				account := &stale{setting: s, failure: tc.failure, late: tc.late, t: t}
				executor := automation.Executor{API: account, Scripts: local.Scripts{Python: interpreter(t)}, Clock: quick{}, Observe: account.observe, NullUnset: true}
				r, _ := catalog.Embedded().Runbook(s.undo)
				got := executor.Run(t.Context(), automation.Request{
					Document: r.Document, ExecutionID: "11111111-0ea4-451a-a703-a558b933e274", AccountID: "222222222222", Region: "us-east-1", Partition: "aws",
					Parameters: map[string][]string{"AutomationAssumeRole": {"arn:aws:iam::222222222222:role/hubmend-" + s.undo}, "ExecutionId": {repairID}},
				})
				if (got.Status == automation.Success) != (tc.says == "") || !strings.Contains(got.Reason(), tc.says) {
					t.Errorf("it ends %s: %s; want it to say %q", got.Status, got.Reason(), tc.says)
				}
				if account.writes != 1 || account.largest > 5_000 {
					t.Errorf("it writes %d times, and reads an answer of %d bytes", account.writes, account.largest)
				}
			})
		}
	}
}
