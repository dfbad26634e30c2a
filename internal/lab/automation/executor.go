// Package automation owns a local executor of Systems Manager Automation runbooks. It
// runs a document's steps the way the service does, against whatever API it is given:
// an emulator, or a real account behind a guard that refuses writes.
//
// Where the service's behaviour is not documented, it takes the reading that fails
// soonest, and a comment says so. It must not import an AWS client, start a process
// or read the time: its API, Scripts and Clock do that.
package automation

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/catalog/runbook"
)

// API calls an AWS API by botocore's names under the role of the execution.
type API interface {
	// Call makes one call and gives the response as decoded JSON (map[string]any, []any,
	// string, bool, numbers, nil). An answer of AWS that is an error must be a
	// smithy.APIError; one without a code never left botocore (a parameter that it
	// refuses, say). Any other error counts as an internal failure.
	Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error)
}

// Scripts runs the script of an aws:executeScript step.
type Scripts interface {
	// Run calls the handler and gives its return value as decoded JSON. An exception must be a
	// *ScriptError; any other error counts as an internal failure.
	Run(ctx context.Context, script Script) (any, error)
}

// Executor runs documents. One Executor may run several at the same time if its
// fields may be used so.
type Executor struct {
	API     API
	Scripts Scripts
	// Clock is SystemClock when nil.
	Clock Clock
	// Observe, when set, receives every step as it starts (InProgress) and as it ends,
	// from the goroutine of Run.
	Observe func(StepExecution)
	// ThrottleRetry is the account's preference "throttling retry time limit": how long a
	// throttled call is repeated, before the step's own maxAttempts count. Zero is off.
	ThrottleRetry time.Duration
}

// Request says what to execute.
type Request struct {
	Document    *runbook.Document
	Parameters  map[string][]string // as StartAutomationExecution takes them
	ExecutionID string
	AccountID   string
	Region      string
	Partition   string
}

// Run executes the document to its end and never returns before that. Cancelling ctx
// stops it: the step under way, and the execution, end Cancelled. A request that Validate
// refuses gives a Failed execution without a step.
func (e *Executor) Run(ctx context.Context, req Request) Execution {
	r := &run{Executor: *e}
	if r.Clock == nil {
		r.Clock = SystemClock{}
	}
	r.execution = Execution{Status: InProgress, Start: r.Clock.Now()}
	parameters, err := parameterValues(req.Document, req.Parameters)
	r.scope = newScope(req, parameters, r.Clock.Now)
	if err = errors.Join(err, r.scope.declare(req.Document.Variables)); err != nil {
		r.decide(&failure{status: Failed, kind: ActionFailure, stage: validating, reason: err.Error()})
	} else if f := r.sequence(ctx, pass{steps: req.Document.MainSteps}); f != nil {
		r.decide(f)
	}
	return r.end(req.Document.Outputs)
}

// run is one execution under way.
type run struct {
	Executor
	scope     *scope
	execution Execution
}

// decide notes a failure that decides how the execution ends. The first one wins, except
// that a cancelled execution is Cancelled whatever went before.
func (r *run) decide(f *failure) {
	if r.execution.Status != InProgress && f.status != Cancelled {
		return
	}
	r.execution.Status = f.status
	r.execution.FailureStep = f.step
	r.execution.FailureMessage = f.message()
}

func (r *run) end(outputs []string) Execution {
	if r.execution.Status == InProgress {
		r.execution.Status = Success
	}
	r.execution.End = r.Clock.Now()
	r.execution.Outputs = make(map[string][]string, len(outputs))
	for _, name := range outputs {
		r.execution.Outputs[name] = []string{ssmtext.NoOutput}
		if value, err := r.scope.lookup(name); err == nil && value != nil {
			r.execution.Outputs[name] = texts(value)
		}
	}
	return r.execution
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)

// AssumeRole gives the ARN of the role that the steps run under, and nothing when the
// document names none. References to parameters and to global:ACCOUNT_ID, global:REGION
// and global:AWS_PARTITION are replaced. It is an error when the result is no role ARN.
func (r Request) AssumeRole() (string, error) {
	parameters, err := parameterValues(r.Document, r.Parameters)
	if err != nil {
		return "", err
	}
	rendered, err := newScope(r, parameters, nil).render(r.Document.AssumeRole)
	if err != nil {
		return "", fmt.Errorf("render assumeRole: %w", err)
	}
	role, ok := rendered.(string)
	if ok && role == "" {
		return "", nil
	}
	if !ok || !roleARN.MatchString(role) {
		return "", fmt.Errorf("the format of the supplied assume role ARN is invalid: %v", rendered)
	}
	return role, nil
}
