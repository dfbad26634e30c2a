package automation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

const looping = `
schemaVersion: "0.3"
parameters:
  List: {type: StringList, default: [a, b]}
  Maps: {type: MapList, default: [{k: 1}, {k: 2}]}
  Many: {type: StringList, default: []}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: Read}
    outputs: [{Name: Unset, Selector: $.Missing, Type: StringList}]
  - name: each
    action: aws:loop
    inputs:
      LOOP
      Steps:
        - name: act
          action: aws:executeAwsApi
          inputs: {Service: ec2, Api: Act, Pass: "{{ each.CurrentIteration }}", VALUE}
          outputs: [{Name: Again, Selector: $.Again, Type: Boolean}]
`

func TestLoop(t *testing.T) {
	t.Parallel()
	const value = `Value: "{{ each.CurrentIteratorValue }}"`
	tests := map[string]struct {
		loop    string
		value   string
		calls   []string // the parameters of each Act
		failure string
	}{
		"list": {loop: `Iterators: "{{ List }}"`, value: value,
			calls: []string{`{"Pass":1,"Value":"a"}`, `{"Pass":2,"Value":"b"}`}},
		"written list": {loop: `Iterators: [x, "{{ global:REGION }}"]`, value: value,
			calls: []string{`{"Pass":1,"Value":"x"}`, `{"Pass":2,"Value":"eu-west-1"}`}},
		"String": {loop: `Iterators: "{{ List }}", IteratorDataType: String`,
			value: `Value: "<{{ each.CurrentIteratorValue }}>"`,
			calls: []string{`{"Pass":1,"Value":"\u003ca\u003e"}`, `{"Pass":2,"Value":"\u003cb\u003e"}`}},
		"Integer": {loop: `Iterators: ["1", 2], IteratorDataType: Integer`, value: value,
			calls: []string{`{"Pass":1,"Value":1}`, `{"Pass":2,"Value":2}`}},
		"Boolean": {loop: `Iterators: ["true", false], IteratorDataType: Boolean`, value: value,
			calls: []string{`{"Pass":1,"Value":true}`, `{"Pass":2,"Value":false}`}},
		"StringMap": {loop: `Iterators: "{{ Maps }}", IteratorDataType: StringMap`, value: value,
			calls: []string{`{"Pass":1,"Value":{"k":1}}`, `{"Pass":2,"Value":{"k":2}}`}},
		"StringMap, texts": {loop: `Iterators: ['{"k":1}'], IteratorDataType: StringMap`, value: value,
			calls: []string{`{"Pass":1,"Value":{"k":1}}`}},
		"MaxIterations": {loop: `Iterators: "{{ List }}", MaxIterations: 1`, value: value,
			calls: []string{`{"Pass":1,"Value":"a"}`}},
		"no items": {loop: `Iterators: "{{ Many }}"`, value: value},

		"do while": {loop: `LoopCondition: {Variable: "{{ act.Again }}", BooleanEquals: true}`,
			value: "V: 1", calls: []string{`{"Pass":1,"V":1}`, `{"Pass":2,"V":1}`, `{"Pass":3,"V":1}`}},
		"do while, once": {loop: `LoopCondition: {Variable: "{{ act.Again }}", BooleanEquals: false}`,
			value: "V: 1", calls: []string{`{"Pass":1,"V":1}`}},
		"do while, at most": {
			loop: `LoopCondition: {Variable: "{{ act.Again }}", BooleanEquals: true}, MaxIterations: 2`, value: "V: 1",
			calls: []string{`{"Pass":1,"V":1}`, `{"Pass":2,"V":1}`}},
		"do while has no values": {loop: `LoopCondition: {Variable: "{{ act.Again }}", BooleanEquals: true}`,
			value: value, failure: "{{ each.CurrentIteratorValue }} is not defined"},
		"condition on the pass": {
			loop: `LoopCondition: {Not: {Variable: "{{ each.CurrentIteration }}", NumericEquals: 2}}`, value: "V: 1",
			calls: []string{`{"Pass":1,"V":1}`, `{"Pass":2,"V":1}`}},

		"neither": {loop: `MaxIterations: 1`, value: value, failure: "either Iterators or LoopCondition"},
		"both": {loop: `Iterators: [a], LoopCondition: {Variable: a, StringEquals: a}`, value: value,
			failure: "either Iterators or LoopCondition"},
		"101 items": {loop: `Iterators: [` + strings.Repeat("a, ", 101) + `]`, value: value,
			failure: "has 101 items, but at most 100"},
		"unset iterators": {loop: `Iterators: "{{ read.Unset }}"`, value: value,
			failure: "input Iterators must be a list"},
		"iterators are a text": {loop: `Iterators: a`, value: value, failure: "input Iterators must be a list"},
		"wrong item": {loop: `Iterators: [a], IteratorDataType: Integer`, value: value,
			failure: `item 1 of Iterators: "a" is not of type Integer`},
		"wrong item type": {loop: `Iterators: [1]`, value: value,
			failure: `item 1 of Iterators: 1 is not of type String`},
		"unknown type": {loop: `Iterators: [a], IteratorDataType: StringList`, value: value,
			failure: "IteratorDataType StringList is not"},
		"no passes": {loop: `Iterators: [a], MaxIterations: 0`, value: value,
			failure: "MaxIterations must be an integer from 1 to 100"},
		"too many passes": {loop: `Iterators: [a], MaxIterations: 101`, value: value,
			failure: "MaxIterations must be an integer from 1 to 100"},
		"passes as text": {loop: `Iterators: [a], MaxIterations: "3"`, value: value,
			failure: "MaxIterations must be an integer from 1 to 100"},
		"condition is a text": {loop: `LoopCondition: a`, value: value, failure: "LoopCondition must be a condition"},
		"undefined operand": {loop: `LoopCondition: {Variable: a, StringEquals: "{{ No }}"}`, value: "V: 1",
			failure: "LoopCondition: {{ No }} is not defined"},
		"undefined condition": {loop: `LoopCondition: {Variable: "{{ No }}", StringEquals: a}`, value: "V: 1",
			failure: "LoopCondition: {{ No }} is not defined"},
		"other input": {loop: `Iterators: [a], Parallel: true`, value: value,
			failure: "input Parallel of aws:loop is not supported"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: func(_ context.Context, call int, _ string, _ map[string]any) (any, error) {
				return fmt.Sprintf(`{"Again": %t}`, call < 4), nil // the first call is read
			}}
			loop := strings.NewReplacer(", IteratorDataType", "\n      IteratorDataType", ", MaxIterations",
				"\n      MaxIterations",
				", LoopCondition", "\n      LoopCondition", ", Parallel", "\n      Parallel").Replace(test.loop)
			got := execute(t, strings.NewReplacer("LOOP", loop, "VALUE", test.value).Replace(looping), w)
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			var calls []string
			for _, call := range w.calls[1:] {
				calls = append(calls, strings.TrimPrefix(call, "ec2:Act "))
			}
			if diff := cmp.Diff(test.calls, calls); diff != "" || got.Status != automation.Success {
				t.Errorf("%s (%s), calls (-want +got):\n%s", got.Status, got.FailureMessage, diff)
			}
			if want := 2 + len(calls); got.BilledSteps() != want {
				t.Errorf("%d billed steps, want %d", got.BilledSteps(), want)
			}
		})
	}
}

func TestLoopSteps(t *testing.T) {
	t.Parallel()
	const act = `action: aws:executeAwsApi, outputs: [{Name: X, Selector: $.X, Type: String}], inputs: {Service: ec2, Api: `
	tests := map[string]struct {
		loop    string // properties of the loop
		inner   string // its steps
		after   string // the value of a step after the loop
		want    []string
		status  automation.Status
		decided string
		reason  string
		call    int // the call, counted from 1, whose parameters have the text
		sees    string
	}{
		"recorded under the loop": {
			inner: `[{name: a, ` + act + `Read}}, {name: b, ` + act + `Read, V: "{{ a.X }}"}}]`,
			want: []string{"each Success", "each#1(x)/a Success", "each#1(x)/b Success", "each#2(y)/a Success",
				"each#2(y)/b Success", "after Success"},
			status: automation.Success,
		},
		"branch inside": {
			inner: `[{name: pick, action: "aws:branch", inputs: {Choices: [{NextStep: b, Variable: "{{ each.CurrentIteratorValue }}", StringEquals: y}]}},
			         {name: a, ` + act + `Read}}, {name: b, ` + act + `Read}}]`,
			want: []string{"each Success", "each#1(x)/pick Success", "each#1(x)/a Success", "each#1(x)/b Success",
				"each#2(y)/pick Success", "each#2(y)/b Success", "after Success"},
			status: automation.Success,
		},
		"a pass does not see the pass before": {
			inner: `[{name: pick, action: "aws:branch", inputs: {Choices: [{NextStep: b, Variable: "{{ each.CurrentIteratorValue }}", StringEquals: y}]}},
			         {name: a, ` + act + `Read}}, {name: b, ` + act + `Read, V: "{{ a.X }}"}}]`,
			want: []string{"each Success", "each#1(x)/pick Success", "each#1(x)/a Success", "each#1(x)/b Success",
				"each#2(y)/pick Success", "each#2(y)/b Success", "after Success"},
			status: automation.Success, call: 3, sees: `"V":"{{ a.X }}"`,
		},
		"steps after see no inner outputs": {
			inner: `[{name: a, ` + act + `Read}}]`, after: "{{ a.X }}",
			want:   []string{"each Success", "each#1(x)/a Success", "each#2(y)/a Success", "after Success"},
			status: automation.Success, call: 3, sees: `"{{ a.X }}"`,
		},
		"steps after see no loop values": {
			inner: `[{name: a, ` + act + `Read}}]`, after: "{{ each.CurrentIteration }}",
			want:   []string{"each Success", "each#1(x)/a Success", "each#2(y)/a Success", "after Failed"},
			status: automation.Failed, decided: "after", reason: "{{ each.CurrentIteration }} is not defined",
		},
		"abort inside": {
			inner:  `[{name: a, ` + act + `Fail}}]`,
			want:   []string{"each Failed", "each#1(x)/a Failed"},
			status: automation.Failed, decided: "a", reason: "An error occurred (Bad)",
		},
		"abort inside is stronger than the loop's onFailure": {
			loop: "onFailure: Continue, maxAttempts: 3, ", inner: `[{name: a, ` + act + `Fail}}]`,
			want:   []string{"each Failed", "each#1(x)/a Failed"},
			status: automation.Failed, decided: "a", reason: "An error occurred (Bad)",
		},
		"Continue inside": {
			inner: `[{name: a, onFailure: Continue, ` + act + `Fail}}, {name: b, ` + act + `Read}}]`,
			want: []string{"each Success", "each#1(x)/a Failed", "each#1(x)/b Success", "each#2(y)/a Failed",
				"each#2(y)/b Success", "after Success"},
			status: automation.Success,
		},
		"critical inside": {
			inner:  `[{name: a, onFailure: Continue, isCritical: true, ` + act + `Fail}}]`,
			want:   []string{"each Success", "each#1(x)/a Failed", "each#2(y)/a Failed", "after Success"},
			status: automation.Failed, decided: "a", reason: "An error occurred (Bad)",
		},
		"step inside": {
			inner: `[{name: a, onFailure: "step:c", isCritical: false, ` + act + `Fail}}, {name: b, ` + act +
				`Read}}, {name: c, ` + act + `Read}}]`,
			want: []string{"each Success", "each#1(x)/a Failed", "each#1(x)/c Success", "each#2(y)/a Failed",
				"each#2(y)/c Success", "after Success"},
			status: automation.Success,
		},
		"no jump out of a loop": {
			inner:  `[{name: a, nextStep: after, ` + act + `Read}}]`,
			want:   []string{"each Failed", "each#1(x)/a Success"},
			status: automation.Failed, decided: "a",
			reason: "step a goes on with step after, which does not exist here",
		},
		"the loop's own error follows its onFailure": {
			loop: `onFailure: Continue, `, inner: `[]`,
			want:   []string{"each Failed", "after Success"},
			status: automation.Success,
		},
		"isEnd inside ends the pass": {
			inner: `[{name: pick, action: "aws:branch", isEnd: true, inputs: {Choices: [{NextStep: b, Variable: "{{ each.CurrentIteratorValue }}", StringEquals: y}]}},
			         {name: b, isEnd: true, ` + act + `Read}}, {name: c, ` + act + `Read}}]`,
			want: []string{"each Success", "each#1(x)/pick Success", "each#2(y)/pick Success", "each#2(y)/b Success",
				"after Success"},
			status: automation.Success,
		},
		"no steps": {
			inner: `[]`, want: []string{"each Failed"},
			status: automation.Failed, decided: "each", reason: "input Steps must hold at least one step",
		},
		"steps that are none": {
			inner: `[{nome: a}]`, want: []string{"each Failed"},
			status: automation.Failed, decided: "each", reason: "read the steps of the loop",
		},
		"timeout in a call": {
			loop:   "timeoutSeconds: 3, ",
			inner:  `[{name: a, onFailure: Continue, maxAttempts: 5, ` + act + `Hang}}, {name: b, ` + act + `Read}}]`,
			want:   []string{"each TimedOut", "each#1(x)/a TimedOut"},
			status: automation.TimedOut, decided: "each", reason: "step each ran longer than 3s",
		},
		"timeout in a sleep, with a way out": {
			loop:   `timeoutSeconds: 3, onFailure: "step:after", isCritical: false, `,
			inner:  `[{name: a, action: "aws:sleep", inputs: {Duration: PT2S}}]`,
			want:   []string{"each TimedOut", "each#1(x)/a Success", "each#2(y)/a TimedOut", "after Success"},
			status: automation.Success,
		},
		"timeout before that of the step inside": {
			loop:   `timeoutSeconds: 3, `,
			inner:  `[{name: a, timeoutSeconds: 60, action: "aws:sleep", inputs: {Duration: PT20S}}]`,
			want:   []string{"each TimedOut", "each#1(x)/a TimedOut"},
			status: automation.TimedOut, decided: "each", reason: "step each ran longer than 3s",
		},
		"timeout of the step inside before that of the loop": {
			loop:   `timeoutSeconds: 60, `,
			inner:  `[{name: a, timeoutSeconds: 3, action: "aws:sleep", inputs: {Duration: PT20S}}]`,
			want:   []string{"each TimedOut", "each#1(x)/a TimedOut"},
			status: automation.TimedOut, decided: "a", reason: "step a ran longer than 3s",
		},
		"loop in a loop": {
			inner: `[{name: in, action: "aws:loop", inputs: {Iterators: [p, q], Steps: [
			          {name: a, ` + act + `Read, V: "{{ each.CurrentIteratorValue }}{{ in.CurrentIteratorValue }}"}}]}}]`,
			want: []string{"each Success", "each#1(x)/in Success", "in#1(p)/a Success", "in#2(q)/a Success",
				"each#2(y)/in Success", "in#1(p)/a Success", "in#2(q)/a Success", "after Success"},
			status: automation.Success,
		},
	}
	for _, fast := range []bool{false, true} {
		for name, test := range tests {
			if fast {
				if strings.Contains(test.inner, "Hang") {
					continue // a hanging call costs the time of the machine
				}
				name += ", fast clock"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := &world{api: func(ctx context.Context, call int, api string, p map[string]any) (any, error) {
					if api == "Read" {
						return `{"X": "x"}`, nil
					}
					return failing(ctx, call, api, p)
				}}
				if fast {
					w.clock = &fastClock{now: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)}
				}
				got := execute(t, main(
					fmt.Sprintf("  - {name: each, action: aws:loop, %sinputs: {Iterators: [x, y], Steps: %s}}\n"+
						"  - {name: after, action: aws:executeAwsApi, inputs: {Service: ec2, Api: Read, V: \"%s\"}}\n",
						test.loop, test.inner, test.after)), w)
				if diff := cmp.Diff(test.want, story(got)); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
				if got.Status != test.status || got.FailureStep != test.decided ||
					!strings.HasPrefix(got.Reason(), test.reason) {
					t.Errorf("%s by %q: %s\nwant %s by %q: %s", got.Status, got.FailureStep, got.Reason(), test.status,
						test.decided, test.reason)
				}
				if test.sees != "" && (len(w.calls) < test.call || !strings.Contains(w.calls[test.call-1], test.sees)) {
					t.Errorf("calls %v; want %s in call %d", w.calls, test.sees, test.call)
				}
			})
		}
	}
}

// The throttling of one call must not be taken for that of the whole loop.
func TestLoopFailureType(t *testing.T) {
	t.Parallel()
	w := &world{api: func(context.Context, int, string, map[string]any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "Throttling", Message: "slow"}
	}}
	got := execute(t, main(
		`  - {name: each, action: aws:loop, inputs: {Iterators: [x], Steps: [{name: a, action: "aws:executeAwsApi", inputs: {Service: ec2, Api: Act}}]}}`), w)
	for _, step := range got.Steps {
		if step.FailureType != automation.ThrottlingFailure {
			t.Errorf("failure type of %s is %s, want Throttling", step.Name, step.FailureType)
		}
	}
}
