package executions

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// Refused is the error of a start that failed for a reason of its own class. Its text is for
// the people who read the finding.
type Refused struct {
	Reason string
	Class  failure.Class
	Scope  failure.Scope // of failure.NotReady: what else fails as well
}

func (r *Refused) Error() string { return r.Reason }

// The parameters of every repair besides its own, see internal/catalog/program.
const (
	modeParameter     = "Mode"
	planMode          = "plan"
	expectedParameter = "Expected"
)

// Start starts the runbook of an attempt for a target and gives the execution's id.
// Starting the same attempt again gives the same execution. After an error that is no *Refused,
// trying again soon may help. ErrNotCalled means that Systems Manager was not even asked.
//
// Systems Manager refuses a parameter that the document does not have, so a runbook that is too old for plans does not
// repair what people approved without comparing it.
func (m *Accounts) Start(ctx context.Context, t target.Target, a decide.Attempt) (string, error) {
	parameters := a.Parameters.Input()
	if a.Expected != "" {
		parameters[expectedParameter] = []string{a.Expected}
	}
	return m.start(ctx, t, a.Runbook(t), parameters, a.ClientToken(t))
}

// Plan starts the runbook of a target in the mode that changes nothing. Outcome reads what it would do. The token makes
// starting it again give the same execution. Errors are those of Start.
func (m *Accounts) Plan(ctx context.Context, t target.Target, of target.Parameters, token string) (string, error) {
	parameters := of.Input()
	parameters[modeParameter] = []string{planMode}
	return m.start(ctx, t, t.Runbook, parameters, token)
}

func (m *Accounts) start(ctx context.Context, t target.Target, runbook string, parameters map[string][]string,
	token string) (string, error) {
	parameters["AutomationAssumeRole"] = []string{naming.RoleARN(m.Partition, t.Account, naming.RunbookRole(runbook))}
	document := naming.Document(runbook)
	var out *ssm.StartAutomationExecutionOutput
	at := Place{t.Account, t.Region, naming.DispatchRole, t.Key()}
	err := m.in(ctx, at, func(ctx context.Context, client *ssm.Client, session func(*ssm.Options)) (err error) {
		out, err = client.StartAutomationExecution(ctx, &ssm.StartAutomationExecutionInput{
			DocumentName: &document, ClientToken: &token, Parameters: parameters,
		}, session, notWhenThrottled)
		return err
	})
	if err != nil {
		return "", startError(t, document, err)
	}
	return *out.AutomationExecutionId, nil
}

// notWhenThrottled stops the SDK from retrying throttled calls. An attempt has a reserved second, and the next second
// belongs to another attempt. dispatch retries in a new slot.
func notWhenThrottled(o *ssm.Options) {
	throttled := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		if awserr.IsThrottling(err) {
			return aws.FalseTernary
		}
		return aws.UnknownTernary
	})
	o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
		s.Retryables = append([]retry.IsErrorRetryable{throttled}, s.Retryables...)
	})
}

func startError(t target.Target, document string, err error) error {
	signal := failure.Signal{Stage: failure.Start, Code: awserr.Code(err), Text: awserr.Message(err),
		Passes: awserr.IsTransient(err)}
	if isAssumeRole(err) {
		signal.Stage = failure.AssumeRole
	}
	rule, _ := failure.Sort(signal) // the table has a rule for every start
	if rule.Class == failure.Busy {
		return fmt.Errorf("start %s: %w", t, err)
	}
	reason := rule.Reason(signal,
		failure.Where{Account: t.Account, Region: t.Region, Document: document, Role: naming.DispatchRole})
	return &Refused{Reason: reason, Class: rule.Class, Scope: rule.Scope}
}

// isAssumeRole tells a refusal by STS from one by Systems Manager, which wraps it.
func isAssumeRole(err error) bool {
	for {
		var operation *smithy.OperationError
		if !errors.As(err, &operation) {
			return false
		}
		if operation.OperationName == "AssumeRole" {
			return true
		}
		err = operation.Err
	}
}
