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

// Start starts the runbook of an attempt for a target and gives the execution's id.
// Starting the same attempt again gives the same execution. After an error that is no *Refused,
// trying again soon may help. ErrNotCalled means that Systems Manager was not even asked.
func (m *Accounts) Start(ctx context.Context, t target.Target, a decide.Attempt) (string, error) {
	parameters := a.Parameters.Input()
	runbook := a.Runbook(t)
	parameters["AutomationAssumeRole"] = []string{naming.RoleARN(m.Partition, t.Account, naming.RunbookRole(runbook))}
	document, token := naming.Document(runbook), a.ClientToken(t)
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

// Plan is replaced at the merge.
func (m *Accounts) Plan(ctx context.Context, t target.Target, p target.Parameters, token string) (string, error) {
	return "", errors.New("not yet")
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
