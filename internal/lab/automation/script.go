package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/catalog/runbook"
)

// The documented limits of aws:executeScript.
const (
	scriptLimit     = 600 * time.Second
	maxPayloadBytes = 100 * 1024
	maxPayloadItems = 100
)

// Script is what a step has to run.
type Script struct {
	Step, Runtime, Handler, Text string
	// Payload is the handler's first argument.
	Payload map[string]any
	// Context is its second: the system variables.
	Context map[string]string
}

// ScriptError is an exception that a script raised.
type ScriptError struct {
	Type    string // the exception's class, such as ValueError
	Message string
	// Trace is the traceback as Python prints it, from "Traceback (most recent call
	// last):" to the last frame, without the line of the exception. It may be empty.
	Trace string
}

func (e *ScriptError) Error() string { return e.Type + " - " + e.Message }

// executeScript runs aws:executeScript. The response is {"Payload": <return value>}.
func (r *run) executeScript(ctx context.Context, a attempt) (result, error) {
	if err := a.refuseInputs("Runtime", "Handler", "Script", "InputPayload"); err != nil {
		return result{}, err
	}
	runtime, noRuntime := a.textInput("Runtime")
	handler, noHandler := a.textInput("Handler")
	text, noScript := a.textInput("Script")
	payload, noPayload := a.payload()
	if err := errors.Join(noRuntime, noHandler, noScript, noPayload); err != nil {
		return result{}, err
	}
	if !slices.Contains(runbook.Runtimes, runtime) {
		return result{}, fmt.Errorf("runtime %s is not supported by this executor, but %s are", runtime,
			strings.Join(runbook.Runtimes, ", "))
	}
	value, err := r.Scripts.Run(ctx, Script{
		Step: a.step.Name, Runtime: runtime, Handler: handler, Text: text, Payload: payload,
		Context: maps.Clone(r.scope.system),
	})
	if err != nil {
		return result{}, scriptFailure(ctx, err)
	}
	value, err = limitPayload(value)
	return result{response: map[string]any{"Payload": value}}, err
}

func (a attempt) payload() (map[string]any, error) {
	given, ok := a.inputs["InputPayload"]
	if !ok {
		return map[string]any{}, nil
	}
	payload, ok := given.(map[string]any)
	if !ok {
		return nil, errors.New("input InputPayload must be a map")
	}
	return payload, nil
}

func scriptFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return because(ctx, err)
	}
	f := &failure{status: Failed, kind: InternalFailure, stage: polling, reason: err.Error()}
	var exception *ScriptError
	if errors.As(err, &exception) {
		f.kind = ActionFailure
		f.reason = exception.Error()
		if exception.Trace != "" {
			f.reason = strings.TrimRight(exception.Trace, "\n") + "\n\n" + exception.Error()
		}
	}
	return f
}

// limitPayload does what the service does to a return value: a list is cut without a
// word, and more than 100 KB is an error.
func limitPayload(value any) (any, error) {
	if list, ok := value.([]any); ok && len(list) > maxPayloadItems {
		value = list[:maxPayloadItems]
	}
	written, err := encode(value)
	if err != nil {
		return nil, err
	}
	if len(written) > maxPayloadBytes {
		return nil, fmt.Errorf("the script returned %d bytes, but Automation takes at most %d", len(written),
			maxPayloadBytes)
	}
	return value, nil
}
