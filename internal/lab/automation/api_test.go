package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

func TestAPIFailures(t *testing.T) {
	t.Parallel()
	const prefix = "Step fails when it is Execute/Cancelling action. "
	const suffix = ". Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
	tests := map[string]struct {
		err     error
		kind    automation.FailureType
		message string
	}{
		"not found": {
			err: &smithy.GenericAPIError{Code: "InvalidGroup.NotFound",
				Message: "The security group 'sg-1' does not exist"},
			kind: automation.ActionFailure,
			message: "An error occurred (InvalidGroup.NotFound) when calling the DescribeSecurityGroups operation: " +
				"The security group 'sg-1' does not exist",
		},
		"no permission, EC2": {
			err:  &smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: "You are not authorized"},
			kind: automation.PermissionFailure,
			message: "An error occurred (UnauthorizedOperation) when calling the DescribeSecurityGroups operation: " +
				"You are not authorized",
		},
		"no permission, wrapped": {
			err:     &smithy.OperationError{Err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}},
			kind:    automation.PermissionFailure,
			message: "An error occurred (AccessDeniedException) when calling the DescribeSecurityGroups operation: no",
		},
		"throttled": {
			err:     &smithy.GenericAPIError{Code: "RequestLimitExceeded", Message: "slow"},
			kind:    automation.ThrottlingFailure,
			message: "An error occurred (RequestLimitExceeded) when calling the DescribeSecurityGroups operation: slow",
		},
		"internal by code": {
			err:     &smithy.GenericAPIError{Code: "InternalError", Message: "oh"},
			kind:    automation.InternalFailure,
			message: "An error occurred (InternalError) when calling the DescribeSecurityGroups operation: oh",
		},
		"internal by fault": {
			err:     &smithy.GenericAPIError{Code: "Strange", Message: "oh", Fault: smithy.FaultServer},
			kind:    automation.InternalFailure,
			message: "An error occurred (Strange) when calling the DescribeSecurityGroups operation: oh",
		},
		"refused by botocore": {
			err:     &smithy.GenericAPIError{Message: "Parameter validation failed:\nUnknown parameter in input"},
			kind:    automation.ActionFailure,
			message: "Parameter validation failed:\nUnknown parameter in input",
		},
		"not an answer": {
			err:     errDisconnected,
			kind:    automation.InternalFailure,
			message: "call DescribeSecurityGroups: connection reset",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: func(context.Context, int, string, map[string]any) (any, error) { return nil, test.err }}
			got := execute(t, main(
				"  - {name: read, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeSecurityGroups}}"), w)
			if diff := cmp.Diff(prefix+test.message+suffix, got.FailureMessage); diff != "" {
				t.Errorf("failure message (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.message, got.Reason()); diff != "" {
				t.Errorf("reason (-want +got):\n%s", diff)
			}
			step := got.Steps[0]
			if step.FailureType != test.kind || step.FailureMessage != got.FailureMessage ||
				step.Status != automation.Failed {
				t.Errorf("step is %s, %s: %s; want Failed, %s", step.Status, step.FailureType, step.FailureMessage,
					test.kind)
			}
		})
	}
}

func TestCallLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step   string
		want   automation.Status
		after  time.Duration
		reason string
	}{
		"25 seconds": {want: automation.Failed, after: 25 * time.Second,
			reason: "the Hang operation ran longer than the 25s that Automation allows a call"},
		"timeoutSeconds": {step: "timeoutSeconds: 3, ", want: automation.TimedOut, after: 3 * time.Second,
			reason: "step a ran longer than 3s"},
		"late timeoutSeconds": {step: "timeoutSeconds: 60, ", want: automation.Failed, after: 25 * time.Second,
			reason: "the Hang operation ran longer than the 25s that Automation allows a call"},
		"each attempt": {step: "timeoutSeconds: 3, maxAttempts: 2, ", want: automation.TimedOut,
			after: 6 * time.Second, reason: "step a ran longer than 3s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, main("  - {name: a, "+test.step+
				"action: aws:executeAwsApi, inputs: {Service: ec2, Api: Hang}}"), &world{api: failing})
			if got.Status != test.want || got.Reason() != test.reason || got.End.Sub(got.Start) != test.after {
				t.Errorf("%s after %s: %s\nwant %s after %s: %s", got.Status, got.End.Sub(got.Start), got.Reason(),
					test.want, test.after, test.reason)
			}
		})
	}
}

func TestThrottleRetry(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		retry    time.Duration
		throttle int // so many calls
		code     string
		step     string
		want     automation.Status
		calls    int
		after    time.Duration
	}{
		"off": {throttle: 1, want: automation.Failed, calls: 1},
		"until it answers": {retry: time.Minute, throttle: 3, want: automation.Success, calls: 4,
			after: 7 * time.Second},
		"until the limit": {retry: 10 * time.Second, throttle: 99, want: automation.Failed, calls: 4,
			after: 7 * time.Second},
		"another error": {retry: time.Minute, throttle: 1, code: "Bad", want: automation.Failed, calls: 1},
		"before maxAttempts": {retry: 3 * time.Second, throttle: 99, step: "maxAttempts: 2, ", want: automation.Failed,
			calls: 6, after: 6 * time.Second},
		"within the timeout": {retry: time.Hour, throttle: 99, step: "timeoutSeconds: 4, ", want: automation.TimedOut,
			calls: 3, after: 4 * time.Second},
		"answers in the last": {retry: 3 * time.Second, throttle: 2, want: automation.Success, calls: 3,
			after: 3 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{throttleRetry: test.retry,
				api: func(_ context.Context, call int, _ string, _ map[string]any) (any, error) {
					if call > test.throttle {
						return `{}`, nil
					}
					if test.code == "" {
						test.code = "ThrottlingException"
					}
					return nil, &smithy.GenericAPIError{Code: test.code}
				}}
			got := execute(t, main("  - {name: a, "+test.step+
				"action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read}}"), w)
			if got.Status != test.want || len(w.calls) != test.calls || got.End.Sub(got.Start) != test.after {
				t.Errorf("%s after %d calls in %s; want %s after %d in %s", got.Status, len(w.calls),
					got.End.Sub(got.Start), test.want, test.calls, test.after)
			}
		})
	}
}

func TestAPIOutputs(t *testing.T) {
	t.Parallel()
	const response = `{"T": "x", "I": 5, "F": 5.5, "Big": 9007199254740991, "B": true, "L": ["a"], "M": {"k": [1]}, "Ms": [{"k": 1}], "E": [], "Mixed": ["a", 1], "Null": null}`
	tests := map[string]struct {
		output  string
		want    []string // nil: unset
		failure string
	}{
		"String":        {output: "Selector: $.T, Type: String", want: []string{"x"}},
		"Integer":       {output: "Selector: $.I, Type: Integer", want: []string{"5"}},
		"large Integer": {output: "Selector: $.Big, Type: Integer", want: []string{"9007199254740991"}},
		"Boolean":       {output: "Selector: $.B, Type: Boolean", want: []string{"true"}},
		"StringList":    {output: "Selector: $.L, Type: StringList", want: []string{"a"}},
		"empty list":    {output: "Selector: $.E, Type: MapList", want: []string{}},
		"StringMap":     {output: "Selector: $.M, Type: StringMap", want: []string{`{"k":[1]}`}},
		"MapList":       {output: "Selector: $.Ms, Type: MapList", want: []string{`{"k":1}`}},
		"scan": {output: "Selector: $..k, Type: StringList",
			failure: `output O: [[1],1] is not of type StringList`},
		"missing":            {output: "Selector: $.No, Type: String"},
		"null":               {output: "Selector: $.Null, Type: String"},
		"no coercion to":     {output: "Selector: $.I, Type: String", failure: "output O: 5 is not of type String"},
		"no coercion from":   {output: "Selector: $.T, Type: Integer", failure: "output O: x is not of type Integer"},
		"fraction":           {output: "Selector: $.F, Type: Integer", failure: "output O: 5.5 is not of type Integer"},
		"text is no Boolean": {output: "Selector: $.T, Type: Boolean", failure: "is not of type Boolean"},
		"mixed list": {output: "Selector: $.Mixed, Type: StringList",
			failure: `["a",1] is not of type StringList`},
		"texts are no maps": {output: "Selector: $.L, Type: MapList", failure: "is not of type MapList"},
		"map is no list":    {output: "Selector: $.M, Type: MapList", failure: "is not of type MapList"},
		"list is no map":    {output: "Selector: $.Ms, Type: StringMap", failure: "is not of type StringMap"},
		"unknown type":      {output: "Selector: $.T, Type: Text", failure: `unknown type "Text"`},
		"whole response": {output: "Selector: $, Type: StringMap",
			want: []string{`{"B":true,"Big":9007199254740991,"E":[],"F":5.5,"I":5,"L":["a"],"M":{"k":[1]},"Mixed":["a",1],"Ms":[{"k":1}],"Null":null,"T":"x"}`}},
		"without $.":       {output: "Selector: M.k, Type: MapList", failure: "output O: [1] is not of type MapList"},
		"filter":           {output: `Selector: "$.Ms[?(@.k==1)].k", Type: Integer`, want: []string{"1"}},
		"filter to a list": {output: `Selector: "$.Ms[?(@.k==1)]", Type: MapList`, want: []string{`{"k":1}`}},
		"filter, no match": {output: `Selector: "$.Ms[?(@.k==2)].k", Type: Integer`},
		"wildcard":         {output: `Selector: "$.L[*]", Type: String`, failure: `output O: selector "$.L[*]"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, main(
				"  - {name: a, action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read}, outputs: [{Name: O, "+
					test.output+"}]}"), &world{api: answer(response)})
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			if diff := cmp.Diff(test.want, got.Steps[0].Outputs["O"]); diff != "" || got.Status != automation.Success {
				t.Errorf("%s, output (-want +got):\n%s", got.Status, diff)
			}
		})
	}
}

// A step that changes something must not fail because of what could be seen before.
func TestAWrongSelectorIsFoundBeforeTheCall(t *testing.T) {
	t.Parallel()
	w := &world{}
	wantFailure(t, execute(t,
		main(`  - {name: a, action: aws:executeAwsApi, inputs: {Service: ec2, Api: Write}, outputs: [{Name: O, Selector: "$.L[*]", Type: String}]}`), w), "output O: selector")
	if len(w.calls) > 0 {
		t.Errorf("calls %v, want none", w.calls)
	}
}

// An API may decode numbers in its own way.
func TestAPIOutputsOfOtherDecoders(t *testing.T) {
	t.Parallel()
	for want, number := range map[string]any{
		"1":                   1,
		"2":                   uint64(2),
		"3":                   3.0,
		"9223372036854775807": json.Number("9223372036854775807"),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			w := &world{api: func(context.Context, int, string, map[string]any) (any, error) {
				return map[string]any{"N": number}, nil
			}}
			got := execute(t, main(
				"  - {name: a, action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read}, outputs: [{Name: N, "+
					"Selector: $.N, Type: Integer}]}"), w)
			if diff := cmp.Diff([]string{want}, got.Steps[0].Outputs["N"]); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
	for _, number := range []any{uint64(math.MaxUint64), json.Number("1e400"), json.Number("1.5")} {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			w := &world{api: func(context.Context, int, string, map[string]any) (any, error) {
				return map[string]any{"N": number}, nil
			}}
			got := execute(t, main(
				"  - {name: a, action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read}, outputs: [{Name: N, "+
					"Selector: $.N, Type: Integer}]}"), w)
			wantFailure(t, got, "is not of type Integer")
		})
	}
}

func TestAPIInputs(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string]string{
		`{Api: Read}`:                    "input Service must be a text",
		`{Service: ec2}`:                 "input Api must be a text",
		`{Service: "", Api: Read}`:       "input Service must be a text",
		`{Service: ec2, Api: [Read]}`:    "input Api must be a text",
		`{Service: ec2, Api: "{{ N }}"}`: "{{ N }} is not defined",
	} {
		t.Run(inputs, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			wantFailure(t, execute(t, main("  - {name: a, action: aws:executeAwsApi, inputs: "+inputs+"}"), w), want)
			if len(w.calls) > 0 {
				t.Errorf("calls %v, want none", w.calls)
			}
		})
	}
}
