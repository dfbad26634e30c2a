package automation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

// failing is an API whose calls fail when their name begins with Fail, and hang when it
// begins with Hang.
func failing(ctx context.Context, _ int, api string, _ map[string]any) (any, error) {
	switch {
	case strings.HasPrefix(api, "Fail"):
		return nil, &smithy.GenericAPIError{Code: "Bad", Message: "no"}
	case strings.HasPrefix(api, "Hang"):
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return `{}`, nil
}

func TestSequence(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		steps   string // NAME is replaced by the name, action and inputs of a step
		want    []string
		status  automation.Status
		decided string
	}{
		"in order": {
			steps: `[{OK a}, {OK b}]`, want: []string{"a Success", "b Success"}, status: automation.Success,
		},
		"nextStep": {
			steps: `[{OK a, nextStep: c}, {OK b}, {OK c}]`, want: []string{"a Success", "c Success"},
			status: automation.Success,
		},
		"nextStep backwards, but no cycle": {
			steps: `[{OK a, nextStep: c}, {OK b, isEnd: true}, {OK c, nextStep: b}]`,
			want:  []string{"a Success", "c Success", "b Success"}, status: automation.Success,
		},
		"isEnd": {
			steps: `[{OK a, isEnd: true}, {OK b}]`, want: []string{"a Success"}, status: automation.Success,
		},
		"Abort is the default": {
			steps: `[{FAIL a, nextStep: b}, {OK b}]`, want: []string{"a Failed"}, status: automation.Failed,
			decided: "a",
		},
		"Abort": {
			steps: `[{FAIL a, onFailure: Abort}, {OK b}]`, want: []string{"a Failed"}, status: automation.Failed,
			decided: "a",
		},
		"Abort although not critical": {
			steps: `[{FAIL a, isCritical: false}, {OK b}]`, want: []string{"a Failed"}, status: automation.Failed,
			decided: "a",
		},
		"Continue is not critical": {
			steps: `[{FAIL a, onFailure: Continue}, {OK b}]`, want: []string{"a Failed", "b Success"},
			status: automation.Success,
		},
		"Continue goes to the next in order": {
			steps: `[{FAIL a, onFailure: Continue, nextStep: c}, {OK b}, {OK c}]`,
			want:  []string{"a Failed", "b Success", "c Success"}, status: automation.Success,
		},
		"Continue, critical": {
			steps: `[{FAIL a, onFailure: Continue, isCritical: true}, {OK b}]`, want: []string{"a Failed", "b Success"},
			status: automation.Failed, decided: "a",
		},
		"step": {
			steps: `[{FAIL a, onFailure: "step:c"}, {OK b}, {OK c}]`, want: []string{"a Failed", "c Success"},
			status: automation.Failed, decided: "a",
		},
		"step, not critical": {
			steps: `[{FAIL a, onFailure: "step:c", isCritical: false}, {OK b}, {OK c}]`,
			want:  []string{"a Failed", "c Success"}, status: automation.Success,
		},
		"step is not taken on success": {
			steps: `[{OK a, onFailure: "step:c"}, {OK b, isEnd: true}, {OK c}]`,
			want:  []string{"a Success", "b Success"}, status: automation.Success,
		},
		"isEnd ends after a failure too": {
			steps: `[{FAIL a, onFailure: "step:b", isEnd: true}, {OK b}]`, want: []string{"a Failed"},
			status: automation.Failed, decided: "a",
		},
		"isEnd, Continue": {
			steps: `[{FAIL a, onFailure: Continue, isEnd: true}, {OK b}]`, want: []string{"a Failed"},
			status: automation.Success,
		},
		"the first failure decides": {
			steps: `[{HANG a, timeoutSeconds: 3, onFailure: "step:b"}, {FAIL b}]`,
			want:  []string{"a TimedOut", "b Failed"}, status: automation.TimedOut, decided: "a",
		},
		"a later failure decides when the first is not critical": {
			steps: `[{FAIL a, onFailure: Continue}, {FAIL b}]`, want: []string{"a Failed", "b Failed"},
			status: automation.Failed, decided: "b",
		},
		"timeout": {
			steps: `[{HANG a, timeoutSeconds: 3}, {OK b}]`, want: []string{"a TimedOut"}, status: automation.TimedOut,
			decided: "a",
		},
		"timeout, not critical": {
			steps: `[{HANG a, timeoutSeconds: 3, onFailure: "step:b", isCritical: false}, {OK b}]`,
			want:  []string{"a TimedOut", "b Success"}, status: automation.Success,
		},
		"cycle": {
			steps: `[{OK a}, {OK b}, {OK c, nextStep: b}]`, want: []string{"a Success", "b Success", "c Success"},
			status: automation.Failed, decided: "c",
		},
		"cycle by failure": {
			steps: `[{OK a}, {FAIL b, onFailure: "step:a", isCritical: false}]`,
			want:  []string{"a Success", "b Failed"}, status: automation.Failed, decided: "b",
		},
		"unknown nextStep": {
			steps: `[{OK a, nextStep: z}, {OK b}]`, want: []string{"a Success"}, status: automation.Failed,
			decided: "a",
		},
		"unknown onFailure": {
			steps: `[{FAIL a, onFailure: Ignore, isCritical: false}, {OK b}]`, want: []string{"a Failed"},
			status: automation.Failed, decided: "a",
		},
		"unknown action": {
			steps: `[{name: a, action: "aws:runCommand", inputs: {}}, {OK b}]`, want: []string{"a Failed"},
			status: automation.Failed, decided: "a",
		},
	}
	expand := strings.NewReplacer(
		"OK ", "action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read}, name: ",
		"FAIL ", "action: aws:executeAwsApi, inputs: {Service: ec2, Api: Fail}, name: ",
		"HANG ", "action: aws:executeAwsApi, inputs: {Service: ec2, Api: Hang}, name: ",
	)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, main("  "+expand.Replace(test.steps)), &world{api: failing})
			if diff := cmp.Diff(test.want, story(got)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if got.Status != test.status || got.FailureStep != test.decided ||
				(got.FailureMessage == "") != (test.status == automation.Success) {
				t.Errorf("status %s by %q (%s), want %s by %q", got.Status, got.FailureStep, got.FailureMessage,
					test.status, test.decided)
			}
		})
	}
}

func TestSequenceMessages(t *testing.T) {
	t.Parallel()
	for want, steps := range map[string]string{
		"the document has a cycle: b -> c -> b":                           `[{name: a, D}, {name: b, D}, {name: c, nextStep: b, D}]`,
		"step a goes on with step z, which does not exist here":           `[{name: a, nextStep: z, D}]`,
		"action aws:runCommand is not supported by this executor":         `[{name: a, action: "aws:runCommand", inputs: {}}]`,
		"action aws:approve is not supported by this executor":            `[{name: a, action: "aws:approve", inputs: {Approvers: [x]}}]`,
		`onFailure of step a is "Ignore", but must be Abort, Continue or`: `[{name: a, action: "aws:x", onFailure: Ignore, isCritical: false, inputs: {}}]`,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			steps := strings.ReplaceAll(steps, "D}", "action: aws:sleep, inputs: {Duration: PT1S}}")
			wantFailure(t, execute(t, main("  "+steps), &world{}), want)
		})
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	const step = `
  - name: a
    action: aws:executeAwsApi
    maxAttempts: 3
    timeoutSeconds: 3
    inputs: {Service: ec2, Api: Read}
    outputs: [{Name: N, Selector: $.N, Type: Integer}]
`
	tests := map[string]struct {
		answers []string // per call: an error code, "hang", or JSON; the last one repeats
		want    automation.Status
		calls   int
	}{
		"first":                    {answers: []string{`{"N": 1}`}, want: automation.Success, calls: 1},
		"third":                    {answers: []string{"Bad", "hang", `{"N": 1}`}, want: automation.Success, calls: 3},
		"none":                     {answers: []string{"Bad"}, want: automation.Failed, calls: 3},
		"none in time":             {answers: []string{"hang"}, want: automation.TimedOut, calls: 3},
		"output of the wrong type": {answers: []string{`{"N": "1"}`}, want: automation.Failed, calls: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: func(ctx context.Context, call int, _ string, _ map[string]any) (any, error) {
				switch answer := test.answers[min(call, len(test.answers))-1]; {
				case answer == "hang":
					<-ctx.Done()
					return nil, ctx.Err()
				case answer[0] != '{':
					return nil, &smithy.GenericAPIError{Code: answer}
				default:
					return answer, nil
				}
			}}
			got := execute(t, main(step), w)
			if got.Status != test.want || len(w.calls) != test.calls || got.BilledSteps() != 1 {
				t.Errorf("status %s, %d calls, %d billed steps; want %s, %d, 1", got.Status, len(w.calls),
					got.BilledSteps(), test.want, test.calls)
			}
		})
	}
}
