package automation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

const scripting = "  - {name: decide, action: aws:executeScript, PROPERTIES inputs: {Runtime: python3.11, Handler: " +
	"f, Script: text}, outputs: [{Name: O, Selector: $.Payload, Type: StringList}]}"

func TestScriptFailures(t *testing.T) {
	t.Parallel()
	const trace = "Traceback (most recent call last):\n  File \"customer_script.py\", line 4, in f\n    raise " +
		"ValueError(x)"
	tests := map[string]struct {
		err     error
		kind    automation.FailureType
		message string
		reason  string
	}{
		"what the author says": {
			err: &automation.ScriptError{Type: "ValueError", Message: "TCP 22 is still open.\n\nStart - again.",
				Trace: trace},
			kind:    automation.ActionFailure,
			message: trace + "\n\nValueError - TCP 22 is still open.\n\nStart - again.",
			reason:  "TCP 22 is still open.\n\nStart - again.",
		},
		"raised while another was handled": {
			err: &automation.ScriptError{
				Type: "ValueError", Message: "no such group",
				Trace: trace + "\nKeyError: 'x'\n\nDuring handling of the above exception, another exception " +
					"occurred:\n\n" + trace + "\n",
			},
			kind: automation.ActionFailure,
			message: trace + "\nKeyError: 'x'\n\nDuring handling of the above exception, another exception " +
				"occurred:\n\n" + trace + "\n\nValueError - no such group",
			reason: "no such group",
		},
		"no traceback": {
			err:     &automation.ScriptError{Type: "RuntimeError", Message: "no: because"},
			kind:    automation.ActionFailure,
			message: "RuntimeError - no: because",
			reason:  "no: because",
		},
		"a bug": {
			err: errors.Join(errors.New("run"),
				&automation.ScriptError{Type: "KeyError", Message: "'GroupId'", Trace: trace}),
			kind:    automation.ActionFailure,
			message: trace + "\n\nKeyError - 'GroupId'",
			reason:  "KeyError: 'GroupId'",
		},
		"no exception": {
			err:     errDisconnected,
			kind:    automation.InternalFailure,
			message: "connection reset",
			reason:  "connection reset",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{script: func(context.Context, int, map[string]any) (any, error) { return nil, test.err }}
			got := execute(t, main(strings.ReplaceAll(scripting, "PROPERTIES", "")), w)
			want := "Step fails when it is Poll action status for completion. " + test.message +
				". Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
			if diff := cmp.Diff(want, got.FailureMessage); diff != "" {
				t.Errorf("failure message (-want +got):\n%s", diff)
			}
			if got.Reason() != test.reason || got.Steps[0].FailureType != test.kind || got.Status != automation.Failed {
				t.Errorf("%s, %s, reason %q; want Failed, %s, %q", got.Status, got.Steps[0].FailureType, got.Reason(),
					test.kind, test.reason)
			}
		})
	}
}

func TestScriptLimits(t *testing.T) {
	t.Parallel()
	for properties, want := range map[string]time.Duration{
		"":                       600 * time.Second,
		"timeoutSeconds: 30,":    30 * time.Second,
		"timeoutSeconds: 99999,": 600 * time.Second,
	} {
		t.Run(properties, func(t *testing.T) {
			t.Parallel()
			w := &world{script: func(ctx context.Context, _ int, _ map[string]any) (any, error) {
				<-ctx.Done()
				return nil, errors.New("killed")
			}}
			got := execute(t, main(strings.ReplaceAll(scripting, "PROPERTIES", properties)), w)
			if took := got.End.Sub(got.Start); got.Status != automation.TimedOut || took != want {
				t.Errorf("%s after %s, want TimedOut after %s", got.Status, took, want)
			}
			if !strings.HasPrefix(got.FailureMessage, "Step timed out while step is ") ||
				got.Reason() != "step decide ran longer than "+want.String() {
				t.Errorf("failure message %q", got.FailureMessage)
			}
		})
	}
}

func TestScriptPayload(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value   any
		want    int // items of the output
		failure string
	}{
		"100 items": {value: slices.Repeat([]any{"a"}, 100), want: 100},
		"101 items": {value: slices.Repeat([]any{"a"}, 101), want: 100},
		"100 KB":    {value: []any{strings.Repeat("a", 100*1024-len(`[""]`))}, want: 1},
		"over 100 KB": {value: []any{strings.Repeat("a", 100*1024)},
			failure: "returned 102404 bytes, but Automation takes at most 102400"},
		"no JSON": {value: []any{make(chan int)}, failure: "encode JSON"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{script: func(context.Context, int, map[string]any) (any, error) { return test.value, nil }}
			got := execute(t, main(strings.ReplaceAll(scripting, "PROPERTIES", "")), w)
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			if got.Status != automation.Success || len(got.Steps[0].Outputs["O"]) != test.want {
				t.Errorf("%s with %d items, want %d: %s", got.Status, len(got.Steps[0].Outputs["O"]), test.want,
					got.FailureMessage)
			}
		})
	}
}

func TestScriptInputs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		inputs, want, failure string
	}{
		"payload":    {inputs: `Runtime: python3.11, Handler: f, Script: t, InputPayload: {a: [1, "{{ automation:EXECUTION_ID }}"]}`, want: `python3.11 f {"a":[1,"8d1f8c0e-0000-4000-8000-000000000001"]} t`},
		"no payload": {inputs: `Runtime: python3.11, Handler: f, Script: t`, want: `python3.11 f {} t`},
		"old runtime": {inputs: `Runtime: python3.9, Handler: f, Script: t`,
			failure: "runtime python3.9 is not supported by this executor"},
		"no script":  {inputs: `Runtime: python3.11, Handler: f`, failure: "input Script must be a text"},
		"no runtime": {inputs: `Handler: f, Script: t`, failure: "input Runtime must be a text"},
		"no handler": {inputs: `Runtime: python3.11, Script: t`, failure: "input Handler must be a text"},
		"attachment": {inputs: `Runtime: python3.11, Handler: f.g, Attachment: a.zip`,
			failure: "input Attachment of aws:executeScript is not supported"},
		"payload list": {inputs: `Runtime: python3.11, Handler: f, Script: t, InputPayload: [a]`,
			failure: "input InputPayload must be a map"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			got := execute(t, main("  - {name: a, action: aws:executeScript, inputs: {"+test.inputs+"}}"), w)
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			if diff := cmp.Diff([]string{test.want}, w.scripts); diff != "" {
				t.Errorf("script (-want +got):\n%s", diff)
			}
		})
	}
}

// The second argument of a handler has the system variables that scripts of AWS read.
func TestScriptContext(t *testing.T) {
	t.Parallel()
	w := &world{}
	execute(t, main(strings.ReplaceAll(scripting, "PROPERTIES", "")), w)
	want := []map[string]string{{
		"automation:EXECUTION_ID": "8d1f8c0e-0000-4000-8000-000000000001", "global:ACCOUNT_ID": "222222222222",
		"global:REGION": "eu-west-1", "global:AWS_PARTITION": "aws",
	}}
	if diff := cmp.Diff(want, w.contexts); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
}

// A throttled script is not repeated: the preference does not apply to this action.
func TestScriptIsNotThrottled(t *testing.T) {
	t.Parallel()
	w := &world{throttleRetry: time.Hour, script: func(context.Context, int, map[string]any) (any, error) {
		return nil, &automation.ScriptError{Type: "ThrottlingException", Message: "slow"}
	}}
	got := execute(t, main(strings.ReplaceAll(scripting, "PROPERTIES", "maxAttempts: 2,")), w)
	if got.Status != automation.Failed || len(w.scripts) != 2 {
		t.Errorf("%s after %d runs, want Failed after the 2 attempts", got.Status, len(w.scripts))
	}
}
