package automation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/automation"
)

// world is the API, the scripts and the request of one test. Its functions answer; what
// they were asked is kept.
type world struct {
	api      func(ctx context.Context, call int, api string, parameters map[string]any) (any, error)
	script   func(ctx context.Context, call int, payload map[string]any) (any, error)
	calls    []string            // "service:Api {parameters}"
	scripts  []string            // "runtime handler {payload} text"
	contexts []map[string]string // of the scripts

	parameters    map[string][]string
	clock         automation.Clock
	throttleRetry time.Duration
	observed      []string
}

var (
	_ automation.API     = (*world)(nil)
	_ automation.Scripts = (*world)(nil)
)

func (w *world) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	w.calls = append(w.calls, service+":"+api+" "+asJSON(parameters))
	if w.api == nil {
		return map[string]any{}, nil
	}
	response, err := w.api(ctx, len(w.calls), api, parameters)
	if err != nil {
		return nil, err
	}
	if text, ok := response.(string); ok {
		response = fromJSON(text)
	}
	return response.(map[string]any), nil
}

func (w *world) Run(ctx context.Context, script automation.Script) (any, error) {
	payload := script.Payload
	w.scripts = append(w.scripts,
		fmt.Sprintf("%s %s %s %s", script.Runtime, script.Handler, asJSON(payload), script.Text))
	w.contexts = append(w.contexts, script.Context)
	if w.script == nil {
		return payload, nil // a script that returns what it is given
	}
	return w.script(ctx, len(w.scripts), payload)
}

// answer makes an API that always answers with the same JSON.
func answer(text string) func(context.Context, int, string, map[string]any) (any, error) {
	return func(context.Context, int, string, map[string]any) (any, error) { return text, nil }
}

// refuse makes an API that always answers with an error.
func refuse(code, message string) func(context.Context, int, string, map[string]any) (any, error) {
	return func(context.Context, int, string, map[string]any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: code, Message: message}
	}
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func fromJSON(text string) any {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic(err)
	}
	return value
}

// execute runs a document in a bubble where time passes as soon as everybody waits.
func execute(t *testing.T, document string, w *world) (execution automation.Execution) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { execution = executeIn(t.Context(), t, document, w) })
	return execution
}

func executeIn(ctx context.Context, t *testing.T, document string, w *world) automation.Execution {
	t.Helper()
	e := automation.Executor{
		API: w, Scripts: w, Clock: w.clock, ThrottleRetry: w.throttleRetry,
		Observe: func(s automation.StepExecution) {
			w.observed = append(w.observed, fmt.Sprintf("%s %s", s.Name, s.Status))
		},
	}
	return e.Run(ctx, request(t, document, w.parameters))
}

func request(t *testing.T, document string, parameters map[string][]string) automation.Request {
	t.Helper()
	doc, err := runbook.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return automation.Request{
		Document: doc, Parameters: parameters,
		ExecutionID: "8d1f8c0e-0000-4000-8000-000000000001", AccountID: "222222222222", Region: "eu-west-1",
		Partition: "aws",
	}
}

// story is what the steps did, one word pair each: "name Status".
func story(e automation.Execution) []string {
	var steps []string
	for _, s := range e.Steps {
		name := s.Name
		if s.Parent != nil {
			name = fmt.Sprintf("%s#%d(%s)/%s", s.Parent.Step, s.Parent.Iteration, s.Parent.IteratorValue, s.Name)
		}
		steps = append(steps, name+" "+string(s.Status))
	}
	return steps
}

// wantFailure checks that the execution failed for a reason that has the text in it.
func wantFailure(t *testing.T, e automation.Execution, text string) {
	t.Helper()
	if e.Status != automation.Failed || !strings.Contains(e.Reason(), text) {
		t.Errorf("status %s, reason %q; want Failed with %q", e.Status, e.Reason(), text)
	}
}

var errDisconnected = errors.New("connection reset")

// fastClock is a clock that jumps instead of waiting.
type fastClock struct{ now time.Time }

func (c *fastClock) Now() time.Time { return c.now }

func (c *fastClock) Sleep(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return nil
}

// main makes a document of steps without parameters.
func main(steps string) string { return "schemaVersion: \"0.3\"\nmainSteps:\n" + steps }
