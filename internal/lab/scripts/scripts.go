// Package scripts owns what an executor of runbooks needs of this machine: botocore and scripts, in
// Python processes. It decides nothing.
package scripts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/python"
)

// Scripts runs scripts, each in a process of its own.
type Scripts struct {
	Python python.Config
	// Server, when set, runs them instead of Python, which is faster.
	Server *python.ScriptServer
	// Access is how scripts reach AWS. Without it they have no credentials.
	Access *python.Access
	// Printed, when set, gets the lines that a script printed, also those of one that failed. Its error is the step's.
	Printed func(ctx context.Context, step string, lines []string) error
}

var _ automation.Scripts = Scripts{}

// Run implements automation.Scripts.
func (s Scripts) Run(ctx context.Context, script automation.Script) (any, error) {
	one := python.Script{Text: script.Text, Handler: script.Handler, Payload: script.Payload, Context: script.Context,
		Access: s.Access}
	run := func() (python.Outcome, error) { return python.RunScript(ctx, s.Python, one) }
	if s.Server != nil {
		run = func() (python.Outcome, error) { return s.Server.Run(ctx, one) }
	}
	out, err := run()
	if s.Printed != nil && ctx.Err() == nil {
		if err := s.Printed(ctx, script.Step, out.Logs); err != nil {
			return nil, fmt.Errorf("write the log of the script: %w", err)
		}
	}
	var raised *python.ScriptError
	if errors.As(err, &raised) {
		return nil, &automation.ScriptError{Type: raised.Type, Message: raised.Message, Trace: raised.Traceback}
	}
	return out.Value, err
}

// Account makes the calls of steps in a Region with somebody's credentials.
type Account struct {
	Worker *python.Worker
	Region string
	// Endpoint is the address of all services; AWS's own when it is empty.
	Endpoint    string
	Credentials aws.CredentialsProvider
}

var _ automation.API = Account{}

// Call implements automation.API.
func (a Account) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	c, err := a.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("get AWS credentials: %w", err)
	}
	response, err := a.Worker.Call(ctx, python.Call{
		Service: service, API: api, Region: a.Region, Endpoint: a.Endpoint, Parameters: parameters,
		Credentials: python.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
			SessionToken: c.SessionToken},
	})
	var answer *python.APIError
	if errors.As(err, &answer) && answer.HTTPStatus == 0 && !slices.Contains(refusals, answer.Code) {
		return nil, fmt.Errorf("%s: %s", answer.Code, answer.Message) // nobody answered, or nothing that can be read
	}
	return response, err
}

// refusals are botocore's names for calls that it does not make.
var refusals = []string{"ParamValidationError", "UnknownServiceError", "UnknownOperation"}
