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
	var out *ssm.GetAutomationExecutionOutput
	at := place{account, region, naming.SettleRole, naming.SettleFunction}
	err := m.in(ctx, at, func(ctx context.Context, client *ssm.Client, session func(*ssm.Options)) (err error) {
		out, err = client.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: &executionID}, session)
		return err
	})
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

func failed(s types.StepExecution) bool {
	return s.StepStatus == types.AutomationExecutionStatusFailed || s.StepStatus == types.AutomationExecutionStatusTimedout
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
