package member

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/awserr"
	"hubmend/internal/decide"
	"hubmend/internal/naming"
	"hubmend/internal/ssmtext"
)

// ErrNotEnded is returned by Outcome for an execution that still runs.
var ErrNotEnded = errors.New("the execution has not ended")

// Outcome reads how an execution ended.
func (m *Accounts) Outcome(ctx context.Context, account, region, executionID string) (decide.Outcome, error) {
	client := m.ssmClient(account, region, naming.SettleRole, naming.SettleFunction)
	out, err := client.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: &executionID})
	var unknown *types.AutomationExecutionNotFoundException
	if errors.As(err, &unknown) {
		return decide.Outcome{ExecutionID: executionID, Class: decide.Internal, Reason: "Systems Manager does not know the execution any more."}, nil
	}
	if err != nil {
		return decide.Outcome{}, fmt.Errorf("read execution %s in %s/%s: %w", executionID, account, region, err)
	}
	return outcome(out.AutomationExecution)
}

func outcome(e *types.AutomationExecution) (decide.Outcome, error) {
	o := decide.Outcome{ExecutionID: *e.AutomationExecutionId, StartedAt: aws.ToTime(e.ExecutionStartTime), Before: kept(e.Outputs, "Before"), After: kept(e.Outputs, "After")}
	switch e.AutomationExecutionStatus {
	case types.AutomationExecutionStatusSuccess:
		o.Succeeded, o.Change = true, output(e.Outputs, "Change")
	case types.AutomationExecutionStatusFailed, types.AutomationExecutionStatusTimedout, types.AutomationExecutionStatusCancelled,
		types.AutomationExecutionStatusRejected, types.AutomationExecutionStatusExited,
		types.AutomationExecutionStatusCompletedWithSuccess, types.AutomationExecutionStatusCompletedWithFailure:
		o.Reason, o.Class = reason(e), class(e)
	default:
		return decide.Outcome{}, fmt.Errorf("execution %s is %s: %w", o.ExecutionID, e.AutomationExecutionStatus, ErrNotEnded)
	}
	return o, nil
}

// class sorts a failure. A step that was throttled or refused is the cause, even when the
// execution went on and ended with a verification that noticed it.
func class(e *types.AutomationExecution) decide.Class {
	switch e.AutomationExecutionStatus {
	case types.AutomationExecutionStatusTimedout:
		return decide.TimedOut
	case types.AutomationExecutionStatusCancelled:
		return decide.Cancelled
	}
	worst := decide.Verification
	for _, s := range e.StepExecutions {
		if !failed(s) || deref(s.Action) == "aws:loop" {
			continue
		}
		if c := classOfStep(s); c != decide.Verification && c != decide.TimedOut {
			return c
		} else if c == decide.TimedOut {
			worst = c
		}
	}
	return worst
}

func classOfStep(s types.StepExecution) decide.Class {
	kind := ""
	if s.FailureDetails != nil {
		kind = deref(s.FailureDetails.FailureType)
	}
	code := ssmtext.Code(deref(s.FailureMessage))
	switch {
	case ssmtext.IsRefusal(deref(s.FailureMessage)):
		return decide.Refused
	case kind == "Throttling" || awserr.IsThrottlingCode(code):
		return decide.Throttling
	case kind == "Permission" || awserr.IsDeniedCode(code):
		return decide.Permission
	case kind == "Internal" || awserr.IsInternalCode(code):
		return decide.Internal
	case s.StepStatus == types.AutomationExecutionStatusTimedout:
		return decide.TimedOut
	}
	return decide.Verification
}

// kept gives what a runbook calls Before or After as a JSON list of the texts that Systems Manager
// makes of it, one for each item of a list.
func kept(outputs map[string][]string, name string) string {
	values := given(outputs, name)
	if values == nil {
		return ""
	}
	text, _ := json.Marshal(values) // texts always can be
	return string(text)
}

// output gives what a runbook calls Change.
func output(outputs map[string][]string, name string) string {
	return strings.Join(given(outputs, name), " ")
}

// given finds an output of a runbook, whichever of its steps gives it, and nil when none did.
func given(outputs map[string][]string, name string) []string {
	for key, values := range outputs {
		if strings.HasSuffix(key, "."+name) && !slices.Contains(values, ssmtext.NoOutput) {
			return values
		}
	}
	return nil
}

// causeLimit is how much is said of each failed step but the last.
const causeLimit = 110

// reason gathers what the failed steps say, each thing once: a loop repeats its steps, and
// itself says what the step said that failed in it. The first tells the cause, shortly, because
// the last is often the verification, which tells what to do.
func reason(e *types.AutomationExecution) string {
	var reasons []string
	said := map[string]bool{}
	for _, loops := range []bool{false, true} {
		for _, s := range e.StepExecutions {
			sentence := ssmtext.Sentence(deref(s.FailureMessage))
			if !failed(s) || loops != (deref(s.Action) == "aws:loop") || said[sentence] {
				continue
			}
			said[sentence] = true
			reasons = append(reasons, fmt.Sprintf("step %s: %s", deref(s.StepName), sentence))
		}
	}
	for i := range len(reasons) - 1 {
		reasons[i] = decide.Clip(reasons[i], causeLimit)
	}
	if len(reasons) > 0 {
		return strings.Join(reasons, " ")
	}
	if e.AutomationExecutionStatus == types.AutomationExecutionStatusCancelled {
		return "the execution was cancelled."
	}
	return ssmtext.Sentence(deref(e.FailureMessage))
}

func failed(s types.StepExecution) bool {
	return s.StepStatus == types.AutomationExecutionStatusFailed || s.StepStatus == types.AutomationExecutionStatusTimedout
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
