package automation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab/automation"
)

const checking = "  - {name: check, action: ACTION, inputs: {Service: kms, Api: GetKeyRotationStatus, KeyId: k, " +
	"PropertySelector: $.On, DesiredValues: [DESIRED]}}"

func TestAssert(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response string
		desired  string
		failure  string
	}{
		"text":           {response: `{"On": "a"}`, desired: "a"},
		"one of several": {response: `{"On": "b"}`, desired: "a, b"},
		"Boolean":        {response: `{"On": true}`, desired: `"True"`},
		"Boolean, false": {response: `{"On": false}`, desired: `"False"`},
		"number":         {response: `{"On": 14}`, desired: `"14"`},
		"other text": {response: `{"On": "c"}`, desired: "a, b",
			failure: "$.On of GetKeyRotationStatus is c, but must be a or b"},
		"other Boolean": {response: `{"On": false}`, desired: `"True"`,
			failure: "$.On of GetKeyRotationStatus is False, but must be True"},
		"Boolean, spelling": {response: `{"On": true}`, desired: `"true"`, failure: "is True, but must be true"},
		"missing":           {response: `{}`, desired: `"True"`, failure: "is nothing, but must be True"},
		"null":              {response: `{"On": null}`, desired: `"True"`, failure: "is nothing, but must be True"},
		"list":              {response: `{"On": ["a"]}`, desired: "a", failure: `is ["a"], but must be a`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: answer(test.response)}
			got := execute(t, main(strings.NewReplacer("ACTION", "aws:assertAwsResourceProperty", "DESIRED",
				test.desired).Replace(checking)), w)
			if len(w.calls) != 1 || w.calls[0] != `kms:GetKeyRotationStatus {"KeyId":"k"}` {
				t.Errorf("calls %v, want one with KeyId only", w.calls)
			}
			if test.failure == "" {
				if got.Status != automation.Success {
					t.Errorf("status %s: %s", got.Status, got.FailureMessage)
				}
				return
			}
			wantFailure(t, got, test.failure)
			if kind := got.Steps[0].FailureType; kind != automation.VerificationFailure {
				t.Errorf("failure type %s, want Verification", kind)
			}
		})
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step   string
		on     int // the call that first answers True; 0 never
		want   automation.Status
		kind   automation.FailureType
		after  time.Duration
		reason string
	}{
		"at once":     {on: 1, want: automation.Success},
		"after polls": {on: 4, want: automation.Success, after: 3 * time.Second},
		"default timeout": {want: automation.TimedOut, kind: automation.VerificationFailure, after: time.Hour,
			reason: "step check ran longer than 1h0m0s: $.On of GetKeyRotationStatus is False, but must be True"},
		"own timeout": {step: "timeoutSeconds: 5, name: check", want: automation.TimedOut,
			kind: automation.VerificationFailure, after: 5 * time.Second,
			reason: "step check ran longer than 5s: $.On of GetKeyRotationStatus is False, but must be True"},
		"failing call": {on: -1, want: automation.Failed, kind: automation.PermissionFailure, after: time.Second,
			reason: "An error occurred (AccessDenied) when calling the GetKeyRotationStatus operation: no"},
	}
	for _, fast := range []bool{false, true} {
		for name, test := range tests {
			if fast {
				name += ", fast clock"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := &world{api: func(ctx context.Context, call int, api string, _ map[string]any) (any, error) {
					switch {
					case test.on < 0 && call == 2:
						return refuse("AccessDenied", "no")(ctx, call, api, nil)
					case test.on > 0 && call >= test.on:
						return `{"On": true}`, nil
					}
					return `{"On": false}`, nil
				}}
				if fast {
					w.clock = &fastClock{now: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)}
				}
				document := strings.NewReplacer("ACTION", "aws:waitForAwsResourceProperty", "DESIRED",
					`"True"`).Replace(checking)
				if test.step != "" {
					document = strings.ReplaceAll(document, "name: check", test.step)
				}
				got := execute(t, main(document), w)
				if got.Status != test.want || got.End.Sub(got.Start) != test.after || got.Reason() != test.reason ||
					got.Steps[0].FailureType != test.kind {
					t.Errorf("%s (%s) after %s: %s\nwant %s (%s) after %s: %s", got.Status, got.Steps[0].FailureType,
						got.End.Sub(got.Start), got.Reason(),
						test.want, test.kind, test.after, test.reason)
				}
			})
		}
	}
}

func TestPropertyInputs(t *testing.T) {
	t.Parallel()
	for inputs, want := range map[string]string{
		`DesiredValues: [a]`:                                      "input PropertySelector must be a text",
		`PropertySelector: "$.On[*]", DesiredValues: [a]`:         `selector "$.On[*]"`,
		`PropertySelector: $.On`:                                  "DesiredValues must be a list of texts",
		`PropertySelector: $.On, DesiredValues: []`:               "DesiredValues must be a list of texts",
		`PropertySelector: $.On, DesiredValues: [true]`:           `a Boolean is "True" or "False"`,
		`PropertySelector: $.On, DesiredValues: a`:                "DesiredValues must be a list of texts",
		`PropertySelector: $.On, DesiredValues: ["{{ Nobody }}"]`: "{{ Nobody }} is not defined",
	} {
		for _, action := range []string{"aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty"} {
			t.Run(action+" "+inputs, func(t *testing.T) {
				t.Parallel()
				w := &world{}
				wantFailure(t, execute(t,
					main("  - {name: a, action: "+action+", inputs: {Service: s3, Api: Get, "+inputs+"}}"), w), want)
				if len(w.calls) > 0 {
					t.Errorf("calls %v, want none", w.calls)
				}
			})
		}
	}
}
