package executions

// This file tests from inside: the words of Systems Manager come in many forms, and a fake
// service for each would hide them.

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

func execution(status types.AutomationExecutionStatus,
	edits ...func(*types.AutomationExecution)) *types.AutomationExecution {
	e := &types.AutomationExecution{AutomationExecutionId: aws.String("exec-1"), AutomationExecutionStatus: status}
	for _, edit := range edits {
		edit(e)
	}
	return e
}

func step(name string, status types.AutomationExecutionStatus, message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		e.StepExecutions = append(e.StepExecutions,
			types.StepExecution{StepName: &name, StepStatus: status, FailureMessage: &message})
	}
}

func loop(name string, message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		e.StepExecutions = append(e.StepExecutions, types.StepExecution{
			StepName: &name, Action: aws.String("aws:loop"), StepStatus: types.AutomationExecutionStatusFailed,
			FailureMessage: &message,
		})
	}
}

func failing(message string) func(*types.AutomationExecution) {
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

func mode(is string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) { e.Parameters = map[string][]string{"Mode": {is}} }
}

func TestOutcomeOfStatus(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		e    *types.AutomationExecution
		want decide.Outcome
	}{
		"success": {execution(success,
			outputs(map[string][]string{"decide.Change": {"Closed."}, "decide.Before": {"[]"},
				"decide.After": {"a", "b"}})),
			decide.Outcome{Succeeded: true, Change: "Closed.", Before: `[]`, After: `["a","b"]`}},
		"success, many values": {execution(success, outputs(map[string][]string{"a.Change": {"One.", "Two."}})),
			decide.Outcome{Succeeded: true, Change: "One. Two."}},
		"success, before": {execution(success,
			outputs(map[string][]string{"a.Before": {`{"Port":22}`, `say "x"`}})),
			decide.Outcome{Succeeded: true, Before: `["{\"Port\":22}","say \"x\""]`}},
		"success, a program": {execution(success,
			outputs(map[string][]string{"run.Calls": {"kms:DescribeKey",
				"kms:GetKeyRotationStatus NotFoundException"}})),
			decide.Outcome{Succeeded: true, Calls: `["kms:DescribeKey","kms:GetKeyRotationStatus NotFoundException"]`}},
		"success, one text": {execution(success,
			outputs(map[string][]string{"run.Calls": {`["kms:DescribeKey", "kms:EnableKeyRotation (2 times)"]`}})),
			decide.Outcome{Succeeded: true, Calls: `["kms:DescribeKey","kms:EnableKeyRotation (2 times)"]`}},
		"a plan": {execution(success, mode("plan"), outputs(map[string][]string{"run.Change": {"Closed."},
			"run.Planned": {`[{"Call":"ec2:Rev`, `oke","Parameters":{}}]`}, "run.Digest": {"a1"}})),
			decide.Outcome{Succeeded: true, Planning: true, Change: "Closed.", Digest: "a1",
				Planned: `[{"Call":"ec2:Revoke","Parameters":{}}]`}},
		"a plan, in one text": {execution(success, mode("plan"),
			outputs(map[string][]string{"run.Planned": {`["[{\"Call\":", "1}]"]`}, "run.Digest": {"a1"}})),
			decide.Outcome{Succeeded: true, Planning: true, Digest: "a1", Planned: `[{"Call":1}]`}},
		"no plan": {execution(success, mode("repair"),
			outputs(map[string][]string{"run.Planned": {"[]"}, "run.Digest": {"a1"}})),
			decide.Outcome{Succeeded: true}},
		"success, no before": {execution(success,
			outputs(map[string][]string{"a.BeforeAll": {"x"}, "Before": {"y"}})), decide.Outcome{Succeeded: true}},
		"success, no change": {execution(success, outputs(map[string][]string{"a.Changes": {"x"}, "Change": {"y"}})),
			decide.Outcome{Succeeded: true}},
		"success, no outputs": {execution(success), decide.Outcome{Succeeded: true}},
		"failed": {execution(ended, step("read", success, ""), step("verify", ended, "It is open.")),
			decide.Outcome{Class: decide.Verification, Reason: "step verify: It is open."}},
		"failed twice": {execution(ended, step("close", ended, "No rule."),
			step("verify", ended, "It is open.")),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No rule. step verify: It is open."}},
		"a loop repeats": {execution(ended, loop("each", "It is open."), step("verify", ended, "It is open.")),
			decide.Outcome{Class: decide.Verification, Reason: "step verify: It is open."}},
		"a loop fails": {execution(ended, loop("each", "Too many."), step("close", ended, "No rule.")),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No rule. step each: Too many."}},
		"a step repeats": {execution(ended, step("close", ended, "No."), step("close", ended, "No."),
			step("verify", ended, "It is open.")),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No. step verify: It is open."}},
		"a long cause": {execution(ended, step("close", ended, strings.Repeat("no ", 99)),
			step("verify", ended, strings.Repeat("yes ", 99))),
			decide.Outcome{Class: decide.Verification,
				Reason: "step close: " + strings.Repeat("no ", 98) + "no. step verify: " + strings.Repeat("yes ", 98) +
					"yes."}},
		"failed in no step": {execution(ended, failing("The role does not exist")),
			decide.Outcome{Class: decide.Verification, Reason: "The role does not exist."}},
		"failed in silence": {execution(ended),
			decide.Outcome{Class: decide.Verification, Reason: "no reason was given."}},
		"step in silence": {execution(ended, step("close", ended, "")),
			decide.Outcome{Class: decide.Verification, Reason: "step close: no reason was given."}},
		"failed with outputs": {execution(ended, step("close", ended, "No."),
			outputs(map[string][]string{"a.Change": {"Closed."}})),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No."}},
		"failed without": {execution(ended, step("close", ended, "No."),
			outputs(map[string][]string{"a.Before": {ssmtext.NoOutput}, "a.After": {ssmtext.NoOutput}})),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No."}},
		"success, nothing given": {execution(success,
			outputs(map[string][]string{"a.Before": {ssmtext.NoOutput}, "a.Change": {ssmtext.NoOutput}})),
			decide.Outcome{Succeeded: true}},
		"failed with a before": {execution(ended, step("close", ended, "No."),
			outputs(map[string][]string{"a.Before": {"open"}})),
			decide.Outcome{Class: decide.Verification, Reason: "step close: No.", Before: `["open"]`}},
		"timed out": {execution(timedOut, step("wait", timedOut, "Too long.")),
			decide.Outcome{Class: decide.TimedOut, Reason: "step wait: Too long."}},
		"cancelled": {execution(cancelled, step("wait", cancelled, "Step is cancelled.")),
			decide.Outcome{Class: decide.Cancelled, Reason: "the execution was cancelled."}},
		"a step without name": {execution(ended,
			func(e *types.AutomationExecution) { e.StepExecutions = []types.StepExecution{{StepStatus: ended}} }),
			decide.Outcome{Class: decide.Verification, Reason: "step : no reason was given."}},
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

// typed is a failed step of which the service says what type of failure it is.
func typed(kind, message string) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		step("s", ended, message)(e)
		e.StepExecutions[len(e.StepExecutions)-1].FailureDetails = &types.FailureDetails{FailureType: &kind}
	}
}

// called is a failed step whose call was answered with an error.
func called(code string) func(*types.AutomationExecution) {
	return step("s", ended,
		"Step fails when it is Execute/Cancelling action. An error occurred ("+code+
			") when calling the X operation: y."+ssmtext.Guide)
}

// scripted is a failed step whose script raised an exception.
func scripted(exception string) func(*types.AutomationExecution) {
	return step("decide", ended,
		"Step fails when it is Poll action status for completion. Traceback (most recent call last):\n  x\n\n"+
			exception+ssmtext.Guide)
}

func TestClass(t *testing.T) {
	t.Parallel()
	verify := step("verify", ended, "It is open.")
	for name, tc := range map[string]struct {
		e    *types.AutomationExecution
		want decide.Class
	}{
		"type of throttling":   {execution(ended, typed("Throttling", "x")), decide.Throttling},
		"type of permission":   {execution(ended, typed("Permission", "x")), decide.Permission},
		"type of internal":     {execution(ended, typed("Internal", "x")), decide.Internal},
		"type of verification": {execution(ended, typed("Verification", "x")), decide.Verification},
		"type of action":       {execution(ended, typed("Action", "x")), decide.Verification},
		"code of throttling":   {execution(ended, called("ThrottlingException")), decide.Throttling},
		"code of permission":   {execution(ended, called("AccessDenied")), decide.Permission},
		"code of internal":     {execution(ended, called("InternalFailure")), decide.Internal},
		"another code":         {execution(ended, called("ValidationError")), decide.Verification},
		"a conflict":           {execution(ended, called("OperationAborted")), failure.Conflict},
		"the resource is gone": {execution(ended, called("NoSuchBucket")), failure.Gone},
		"gone, and read in two steps": {execution(ended, called("NoSuchBucket"), step("recall", success, ""),
			called("NoSuchBucket")), failure.Gone},
		"gone while it was repaired": {execution(ended, step("read", success, ""), called("InvalidGroup.NotFound")),
			decide.Verification},
		"only a part of it is not there": {execution(ended, called("NoSuchEntity"), called("AccessDenied")),
			decide.Permission},
		"a part, and the check fails": {execution(ended, called("NoSuchEntity"), verify), decide.Verification},
		"a code below a general type": {execution(ended, called("Throttling"),
			func(e *types.AutomationExecution) { e.StepExecutions[0].FailureDetails = &types.FailureDetails{} }),
			decide.Throttling},
		"words that only look like one": {execution(ended,
			step("s", ended, "The policy says AccessDenied and Throttling.")), decide.Verification},
		"the verification noticed it": {execution(ended, called("Throttling"), verify), decide.Throttling},
		"after another failure":       {execution(ended, verify, called("AccessDenied")), decide.Permission},
		"the first of two": {execution(ended, called("AccessDenied"), called("Throttling")),
			decide.Permission},
		"a step that succeeded then": {execution(ended,
			step("s", success, "An error occurred (Throttling) when calling the X operation: y"), verify),
			decide.Verification},
		"a loop is not asked": {execution(ended,
			loop("each", "An error occurred (Throttling) when calling the X operation: y"), verify),
			decide.Verification},
		"a step timed out": {execution(ended, step("wait", timedOut, "Too long."), verify),
			decide.TimedOut},
		"throttled, then timed out": {execution(ended, step("wait", timedOut, "Too long."), called("Throttling")),
			decide.Throttling},
		"the execution timed out":     {execution(timedOut, called("Throttling")), decide.TimedOut},
		"the execution was cancelled": {execution(cancelled, called("Throttling")), decide.Cancelled},
		"no step failed":              {execution(ended, failing("The role does not exist")), decide.Verification},
		"a script refuses": {execution(ended, scripted("NotImplementedError - It is asymmetric.")),
			decide.Refused},
		"a script fails": {execution(ended, scripted("ValueError - NotImplementedError - no.")),
			decide.Verification},
		"success": {execution(success, called("Throttling")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := outcome(tc.e); err != nil || got.Class != tc.want {
				t.Errorf("outcome = %q, %v, want %q", got.Class, err, tc.want)
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
