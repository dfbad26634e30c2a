package member

// This file tests from inside: the words of Systems Manager come in many forms, and a fake
// service for each would hide them.

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/decide"
)

func execution(status types.AutomationExecutionStatus, edits ...func(*types.AutomationExecution)) *types.AutomationExecution {
	e := &types.AutomationExecution{AutomationExecutionId: aws.String("exec-1"), AutomationExecutionStatus: status}
	for _, edit := range edits {
		edit(e)
	}
	return e
}

func step(name string, status types.AutomationExecutionStatus, message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		e.StepExecutions = append(e.StepExecutions, types.StepExecution{StepName: &name, StepStatus: status, FailureMessage: &message})
	}
}

func loop(name string, message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		e.StepExecutions = append(e.StepExecutions, types.StepExecution{
			StepName: &name, Action: aws.String("aws:loop"), StepStatus: types.AutomationExecutionStatusFailed, FailureMessage: &message,
		})
	}
}

func failure(message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) { e.FailureMessage = &message }
}

func outputs(m map[string][]string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) { e.Outputs = m }
}

const (
	success   = types.AutomationExecutionStatusSuccess
	ended     = types.AutomationExecutionStatusFailed
	timedOut  = types.AutomationExecutionStatusTimedout
	cancelled = types.AutomationExecutionStatusCancelled
)

func TestOutcomeOfStatus(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		e    *types.AutomationExecution
		want decide.Outcome
	}{
		"success":              {execution(success, outputs(map[string][]string{"decide.Change": {"Closed."}, "decide.Before": {"[]"}})), decide.Outcome{Succeeded: true, Change: "Closed."}},
		"success, many values": {execution(success, outputs(map[string][]string{"a.Change": {"One.", "Two."}})), decide.Outcome{Succeeded: true, Change: "One. Two."}},
		"success, no change":   {execution(success, outputs(map[string][]string{"a.Changes": {"x"}, "Change": {"y"}})), decide.Outcome{Succeeded: true}},
		"success, no outputs":  {execution(success), decide.Outcome{Succeeded: true}},
		"failed":               {execution(ended, step("read", success, ""), step("verify", ended, "It is open.")), decide.Outcome{Reason: "step verify: It is open."}},
		"failed twice":         {execution(ended, step("close", ended, "No rule."), step("verify", ended, "It is open.")), decide.Outcome{Reason: "step close: No rule. step verify: It is open."}},
		"a loop repeats":       {execution(ended, loop("each", "It is open."), step("verify", ended, "It is open.")), decide.Outcome{Reason: "step verify: It is open."}},
		"a loop fails":         {execution(ended, loop("each", "Too many."), step("close", ended, "No rule.")), decide.Outcome{Reason: "step close: No rule. step each: Too many."}},
		"a step repeats":       {execution(ended, step("close", ended, "No."), step("close", ended, "No."), step("verify", ended, "It is open.")), decide.Outcome{Reason: "step close: No. step verify: It is open."}},
		"a long cause": {execution(ended, step("close", ended, strings.Repeat("no ", 99)), step("verify", ended, strings.Repeat("yes ", 99))),
			decide.Outcome{Reason: "step close: " + strings.Repeat("no ", 31) + "no... step verify: " + strings.Repeat("yes ", 98) + "yes."}},
		"failed in no step":   {execution(ended, failure("The role does not exist")), decide.Outcome{Reason: "The role does not exist."}},
		"failed in silence":   {execution(ended), decide.Outcome{Reason: "no reason was given."}},
		"step in silence":     {execution(ended, step("close", ended, "")), decide.Outcome{Reason: "step close: no reason was given."}},
		"failed with outputs": {execution(ended, step("close", ended, "No."), outputs(map[string][]string{"a.Change": {"Closed."}})), decide.Outcome{Reason: "step close: No."}},
		"timed out":           {execution(timedOut, step("wait", timedOut, "Too long.")), decide.Outcome{Reason: "step wait: Too long."}},
		"cancelled":           {execution(cancelled, step("wait", cancelled, "Step is cancelled.")), decide.Outcome{Reason: "the execution was cancelled."}},
		"a step without name": {execution(ended, func(e *types.AutomationExecution) { e.StepExecutions = []types.StepExecution{{StepStatus: ended}} }), decide.Outcome{Reason: "step : no reason was given."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.ExecutionID = "exec-1"
			got, err := outcome(tc.e)
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("outcome = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// Success of the execution is what RESOLVED rests on; no other status may look like it.
func TestEveryStatusIsMapped(t *testing.T) {
	t.Parallel()
	ends := map[types.AutomationExecutionStatus]bool{
		success: true, ended: true, timedOut: true, cancelled: true,
		// These belong to Change Manager; an execution in one of them runs no more either.
		"Rejected": true, "Exited": true, "CompletedWithSuccess": true, "CompletedWithFailure": true,
	}
	for _, status := range types.AutomationExecutionStatus("").Values() {
		got, err := outcome(execution(status))
		if ended := !errors.Is(err, ErrNotEnded); ended != ends[status] || got.Succeeded != (status == success) {
			t.Errorf("%s: succeeded %t, %v", status, got.Succeeded, err)
		}
	}
}
