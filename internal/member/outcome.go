package member

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/decide"
	"hubmend/internal/naming"
)

// ErrNotEnded is returned by Outcome for an execution that still runs.
var ErrNotEnded = errors.New("the execution has not ended")

// Outcome reads how an execution ended.
func (m *Accounts) Outcome(ctx context.Context, account, region, executionID string) (decide.Outcome, error) {
	client := m.ssmClient(account, region, naming.SettleRole, naming.SettleFunction)
	out, err := client.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: &executionID})
	if err != nil {
		return decide.Outcome{}, fmt.Errorf("read execution %s in %s/%s: %w", executionID, account, region, err)
	}
	return outcome(out.AutomationExecution)
}

func outcome(e *types.AutomationExecution) (decide.Outcome, error) {
	o := decide.Outcome{ExecutionID: *e.AutomationExecutionId}
	switch e.AutomationExecutionStatus {
	case types.AutomationExecutionStatusSuccess:
		o.Succeeded, o.Change = true, output(e.Outputs, "Change")
	case types.AutomationExecutionStatusFailed, types.AutomationExecutionStatusTimedout, types.AutomationExecutionStatusCancelled:
		o.Reason = reason(e)
	default:
		return decide.Outcome{}, fmt.Errorf("execution %s is %s: %w", o.ExecutionID, e.AutomationExecutionStatus, ErrNotEnded)
	}
	return o, nil
}

// output finds what a runbook calls Change, whichever of its steps gives it.
func output(outputs map[string][]string, name string) string {
	for key, values := range outputs {
		if strings.HasSuffix(key, "."+name) {
			return strings.Join(values, " ")
		}
	}
	return ""
}

// reason gathers what the failed steps say. The first tells the cause; a later one is
// often the verification that noticed it.
func reason(e *types.AutomationExecution) string {
	var reasons []string
	for _, s := range e.StepExecutions {
		if s.StepStatus == types.AutomationExecutionStatusFailed || s.StepStatus == types.AutomationExecutionStatusTimedout {
			reasons = append(reasons, fmt.Sprintf("step %s: %s", deref(s.StepName), humanPart(deref(s.FailureMessage))))
		}
	}
	if len(reasons) > 0 {
		return strings.Join(reasons, " ")
	}
	if e.AutomationExecutionStatus == types.AutomationExecutionStatusCancelled {
		return "the execution was cancelled."
	}
	return humanPart(deref(e.FailureMessage))
}

var (
	stepPrefix     = regexp.MustCompile(`^Step fails when it is .*? action\.\s*`)
	guideSuffix    = regexp.MustCompile(`\s*Please refer to Automation Service Troubleshooting Guide.*$`)
	scriptError    = regexp.MustCompile(`(?s)^.*?\b[A-Za-z_.]+(?:Error|Exception)(?: - |: )(.+)$`)
	serviceMessage = regexp.MustCompile(`^An error occurred \(([^)]+)\) when calling the (\S+) operation(?: \(reached max retries: \d+\))?: (.*)$`)
)

// humanPart takes what a script's author or a service wrote out of the frame that
// Systems Manager puts around it.
func humanPart(text string) string {
	text = guideSuffix.ReplaceAllString(stepPrefix.ReplaceAllString(strings.TrimSpace(text), ""), "")
	if m := serviceMessage.FindStringSubmatch(text); m != nil {
		return sentence(fmt.Sprintf("%s answered %s: %s", m[2], m[1], m[3]))
	}
	if m := scriptError.FindStringSubmatch(text); m != nil {
		return sentence(strings.TrimSpace(m[1]))
	}
	return sentence(text)
}

func sentence(text string) string {
	if text == "" {
		return "no reason was given."
	}
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
