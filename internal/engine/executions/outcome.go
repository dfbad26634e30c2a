package executions

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

	"hubmend/internal/aws/awserr"
	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/naming"
)

// ErrNotEnded is returned by Outcome for an execution that still runs.
var ErrNotEnded = errors.New("the execution has not ended")

// Outcome reads how an execution ended.
func (m *Accounts) Outcome(ctx context.Context, account, region, executionID string) (decide.Outcome, error) {
	var out *ssm.GetAutomationExecutionOutput
	at := Place{account, region, naming.SettleRole, naming.SettleFunction}
	err := m.in(ctx, at, func(ctx context.Context, client *ssm.Client, session func(*ssm.Options)) (err error) {
		out, err = client.GetAutomationExecution(ctx,
			&ssm.GetAutomationExecutionInput{AutomationExecutionId: &executionID}, session)
		return err
	})
	lost := failure.Signal{Stage: failure.Lookup, Code: awserr.Code(err)}
	if rule, _ := failure.Sort(lost); err != nil && rule.Class == failure.Internal {
		return decide.Outcome{ExecutionID: executionID, Class: rule.Class, Reason: rule.Reason(lost, failure.Where{})},
			nil
	}
	if err != nil {
		return decide.Outcome{}, fmt.Errorf("read execution %s in %s/%s: %w", executionID, account, region, err)
	}
	return outcome(out.AutomationExecution)
}

func outcome(e *types.AutomationExecution) (decide.Outcome, error) {
	o := decide.Outcome{ExecutionID: *e.AutomationExecutionId, StartedAt: aws.ToTime(e.ExecutionStartTime),
		Before: kept(e.Outputs, "Before"), After: kept(e.Outputs, "After"), Calls: kept(e.Outputs, "Calls"),
		Planning: slices.Contains(e.Parameters[modeParameter], planMode)}
	switch e.AutomationExecutionStatus {
	case types.AutomationExecutionStatusSuccess:
		o.Succeeded, o.Change = true, output(e.Outputs, "Change")
		if o.Planning {
			o.Planned, o.Digest = strings.Join(pieces(given(e.Outputs, "Planned")), ""), output(e.Outputs, "Digest")
		}
	case types.AutomationExecutionStatusFailed, types.AutomationExecutionStatusTimedout,
		types.AutomationExecutionStatusCancelled,
		types.AutomationExecutionStatusRejected, types.AutomationExecutionStatusExited,
		types.AutomationExecutionStatusCompletedWithSuccess, types.AutomationExecutionStatusCompletedWithFailure:
		o.Reason, o.Class = reason(e), class(e)
	default:
		return decide.Outcome{},
			fmt.Errorf("execution %s is %s: %w", o.ExecutionID, e.AutomationExecutionStatus, ErrNotEnded)
	}
	return o, nil
}

// class sorts a failure. A step that was throttled or refused is the cause, even when the
// execution went on and ended with a verification that noticed it.
func class(e *types.AutomationExecution) failure.Class {
	if rule, is := failure.Sort(failure.Signal{Stage: failure.End, Kind: string(e.AutomationExecutionStatus)}); is {
		return rule.Class
	}
	if gone(e.StepExecutions) {
		return failure.Gone
	}
	unexplained := failure.Signal{Stage: failure.Verify}
	for _, s := range e.StepExecutions {
		if !failed(s) || deref(s.Action) == "aws:loop" {
			continue
		}
		for _, stage := range stages(s) {
			if rule, is := failure.Sort(signal(stage, s)); is {
				return rule.Class
			}
		}
		if s.StepStatus == types.AutomationExecutionStatusTimedout {
			unexplained.Kind = string(s.StepStatus)
		}
	}
	rule, _ := failure.Sort(unexplained) // the table has a rule for everything else
	return rule.Class
}

// stages are those at which the failure of a step may have happened, beside the first read.
func stages(s types.StepExecution) []failure.Stage {
	if word(s) == ssmtext.Recall {
		return []failure.Stage{failure.Step, failure.Recall}
	}
	return []failure.Stage{failure.Step}
}

// word is the one with which a program began what it said; empty for a step that is none.
func word(s types.StepExecution) string {
	said, _ := ssmtext.Program(deref(s.FailureMessage))
	return said.Word
}

// gone reports whether the resource was not there when the repair began: the first step, which reads it, did
// not find it, and neither did the last that failed. Some runbooks go on after a read that finds nothing,
// because what they read is only a part of the resource.
func gone(steps []types.StepExecution) bool {
	if len(steps) == 0 || !failed(steps[0]) {
		return false
	}
	last := steps[0]
	for _, s := range steps {
		if failed(s) && deref(s.Action) != "aws:loop" {
			last = s
		}
	}
	for _, s := range []types.StepExecution{steps[0], last} {
		if w := word(s); w != "" && w != ssmtext.Read {
			return false // a program says itself that this was not the first read
		}
		if rule, is := failure.Sort(signal(failure.Read, s)); !is || rule.Class != failure.Gone {
			return false
		}
	}
	return true
}

func signal(stage failure.Stage, s types.StepExecution) failure.Signal {
	message := deref(s.FailureMessage)
	kind, word := "", word(s)
	if s.FailureDetails != nil {
		kind = deref(s.FailureDetails.FailureType)
	}
	return failure.Signal{Stage: stage, Code: ssmtext.Code(message), Kind: kind, Text: message, Word: word,
		Refusal: ssmtext.IsRefusal(message)}
}

// kept returns what a runbook calls Before, After or Calls as a JSON list of texts, one for each item of a list.
func kept(outputs map[string][]string, name string) string {
	values := given(outputs, name)
	if values == nil {
		return ""
	}
	text, _ := json.Marshal(items(values)) // texts always can be
	return string(text)
}

// items returns a text of JSON for each item of a list, and one for anything else. A document of steps gives that; a
// program returns pieces of one text, which may also come as one text that is a list of them.
func items(values []string) []string {
	values = pieces(values)
	whole := strings.Join(values, "")
	var list []json.RawMessage
	switch {
	case json.Unmarshal([]byte(whole), &list) == nil:
		texts := make([]string, len(list))
		for i, item := range list {
			texts[i] = string(item)
		}
		return texts
	case json.Valid([]byte(whole)):
		return []string{whole}
	}
	return values
}

// pieces returns the pieces of a text, which may also come as one text that is a list of them.
func pieces(values []string) []string {
	var inner []string
	if json.Unmarshal([]byte(strings.Join(values, "")), &inner) == nil && len(inner) > 0 {
		return pieces(inner)
	}
	return values
}

// output returns what a runbook calls Change.
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
	return s.StepStatus == types.AutomationExecutionStatusFailed ||
		s.StepStatus == types.AutomationExecutionStatusTimedout
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
