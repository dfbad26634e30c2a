package automation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

const branching = `
schemaVersion: "0.3"
parameters:
  S: {type: String, default: Windows}
  N: {type: Integer, default: 10}
  B: {type: Boolean, default: false}
  L: {type: StringList, default: [a]}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: Read}
    outputs: [{Name: Unset, Selector: $.Missing, Type: String}]
  - name: choose
    action: aws:branch
    isEnd: true
    inputs:
      Choices:
        - CONDITION
  - {name: yes, action: aws:sleep, inputs: {Duration: PT1S}}
`

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		condition string
		want      bool
		failure   string
	}{
		"StringEquals":                {condition: `Variable: "{{ S }}", StringEquals: Windows`, want: true},
		"StringEquals, case":          {condition: `Variable: "{{ S }}", StringEquals: windows`},
		"StringEquals, reference":     {condition: `Variable: "{{ S }}", StringEquals: "{{ S }}"`, want: true},
		"StringEquals, embedded":      {condition: `Variable: "a-{{ S }}", StringEquals: a-Windows`, want: true},
		"EqualsIgnoreCase":            {condition: `Variable: "{{ S }}", EqualsIgnoreCase: WINDOWS`, want: true},
		"EqualsIgnoreCase, not":       {condition: `Variable: "{{ S }}", EqualsIgnoreCase: Window`},
		"StartsWith":                  {condition: `Variable: "{{ S }}", StartsWith: Win`, want: true},
		"StartsWith, not":             {condition: `Variable: "{{ S }}", StartsWith: dows`},
		"EndsWith":                    {condition: `Variable: "{{ S }}", EndsWith: dows`, want: true},
		"EndsWith, not":               {condition: `Variable: "{{ S }}", EndsWith: Win`},
		"Contains":                    {condition: `Variable: "{{ S }}", Contains: ndo`, want: true},
		"Contains, not":               {condition: `Variable: "{{ S }}", Contains: x`},
		"NumericEquals":               {condition: `Variable: "{{ N }}", NumericEquals: 10`, want: true},
		"NumericEquals, not":          {condition: `Variable: "{{ N }}", NumericEquals: 10.5`},
		"NumericGreater":              {condition: `Variable: "{{ N }}", NumericGreater: 9`, want: true},
		"NumericGreater, equal":       {condition: `Variable: "{{ N }}", NumericGreater: 10`},
		"NumericLesser":               {condition: `Variable: "{{ N }}", NumericLesser: 10.1`, want: true},
		"NumericLesser, equal":        {condition: `Variable: "{{ N }}", NumericLesser: 10`},
		"NumericGreaterOrEquals":      {condition: `Variable: "{{ N }}", NumericGreaterOrEquals: 10`, want: true},
		"NumericGreaterOrEquals, not": {condition: `Variable: "{{ N }}", NumericGreaterOrEquals: 11`},
		"NumericLesserOrEquals":       {condition: `Variable: "{{ N }}", NumericLesserOrEquals: 10`, want: true},
		"NumericLesserOrEquals, not":  {condition: `Variable: "{{ N }}", NumericLesserOrEquals: 9`},
		"BooleanEquals":               {condition: `Variable: "{{ B }}", BooleanEquals: false`, want: true},
		"BooleanEquals, not":          {condition: `Variable: "{{ B }}", BooleanEquals: true`},
		"And": {
			condition: `And: [{Variable: "{{ B }}", BooleanEquals: false}, {Variable: "{{ N }}", NumericEquals: 10}]`,
			want:      true},
		"And, one false": {
			condition: `And: [{Variable: "{{ B }}", BooleanEquals: false}, {Variable: "{{ N }}", NumericEquals: 1}]`},
		"Or": {
			condition: `Or: [{Variable: "{{ B }}", BooleanEquals: true}, {Variable: "{{ N }}", NumericEquals: 10}]`,
			want:      true},
		"Or, none": {
			condition: `Or: [{Variable: "{{ B }}", BooleanEquals: true}, {Variable: "{{ N }}", NumericEquals: 1}]`},
		"Not":       {condition: `Not: {Variable: "{{ B }}", BooleanEquals: true}`, want: true},
		"Not, true": {condition: `Not: {Variable: "{{ B }}", BooleanEquals: false}`},
		"nested": {
			condition: `And: [{Not: {Or: [{Variable: "{{ N }}", NumericEquals: 1}]}}, {Variable: "{{ S }}", StartsWith: W}]`, want: true},
		"unset is its own text": {condition: `Variable: "{{ read.Unset }}", StartsWith: "{{"`, want: true},
		"unset is no Boolean":   {condition: `Variable: "{{ read.Unset }}", BooleanEquals: false`},
		"unset is no number": {condition: `Not: {Variable: "{{ read.Unset }}", NumericEquals: 0}`,
			want: true},
		"unset is false": {condition: `Variable: "{{ read.Unset }}", StringEquals: ""`},
		"unset, negated": {condition: `Not: {Variable: "{{ read.Unset }}", StringEquals: a}`,
			want: true},
		"unset operand": {condition: `Variable: a, StringEquals: "{{ read.Unset }}"`},
		"text is no number": {condition: `Variable: "{{ N }}", NumericEquals: "10"`,
			failure: "NumericEquals cannot compare 10 with 10"},
		"number is no text": {condition: `Variable: "{{ N }}", StringEquals: "10"`,
			failure: "StringEquals cannot compare"},
		"text is no Boolean": {condition: `Variable: "{{ B }}", BooleanEquals: "false"`,
			failure: "BooleanEquals cannot compare"},
		"no list membership": {condition: `Variable: "{{ L }}", Contains: a`,
			failure: "Contains cannot compare"},
		"mismatch fails inside Not too": {condition: `Not: {Variable: "{{ N }}", StringEquals: a}`,
			failure: "StringEquals cannot compare"},
		"undefined": {condition: `Variable: "{{ Nobody }}", StringEquals: a`,
			failure: "{{ Nobody }} is not defined"},
		"unknown operator": {condition: `Variable: "{{ S }}", Matches: a`,
			failure: "operator Matches is not supported"},
		"two operators": {condition: `Variable: "{{ S }}", StartsWith: a, EndsWith: b`,
			failure: "Variable with one operator, but this has EndsWith, StartsWith, Variable"},
		"no operator": {condition: `Variable: "{{ S }}"`, failure: "but this has Variable"},
		"no variable": {condition: `StringEquals: "{{ S }}"`, failure: "but this has StringEquals"},
		"And beside a Variable": {condition: `Variable: "{{ S }}", And: []`,
			failure: "operator And is not supported"},
		"empty Or": {condition: `Or: []`, failure: "must hold a list of conditions"},
		"And of a map": {condition: `And: {Variable: "{{ S }}", StartsWith: a}`,
			failure: "must hold a list of conditions"},
		"Not of a list": {condition: `Not: [{Variable: "{{ S }}", StartsWith: a}]`,
			failure: "Not must hold one condition"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, strings.ReplaceAll(branching, "CONDITION", "{NextStep: yes, "+test.condition+"}"),
				&world{})
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			if got.Status != automation.Success {
				t.Fatalf("status %s: %s", got.Status, got.FailureMessage)
			}
			if jumped := len(got.Steps) == 3; jumped != test.want {
				t.Errorf("condition holds = %t, want %t", jumped, test.want)
			}
		})
	}
}

func TestBranch(t *testing.T) {
	t.Parallel()
	const steps = `
  - {name: choose, action: aws:branch, BRANCH}
  - {name: a, action: aws:sleep, isEnd: true, inputs: {Duration: PT1S}}
  - {name: b, action: aws:sleep, isEnd: true, inputs: {Duration: PT1S}}
  - {name: c, action: aws:sleep, isEnd: true, inputs: {Duration: PT1S}}
`
	const no, yes = `Variable: x, StringEquals: y`, `Variable: x, StringEquals: x`
	tests := map[string]struct {
		branch, want, failure string
	}{
		"first true choice": {branch: `inputs: {Choices: [{NextStep: a, ` + no + `}, {NextStep: b, ` + yes +
			`}, {NextStep: c, ` + yes + `}]}`, want: "b"},
		"Default":              {branch: `inputs: {Choices: [{NextStep: a, ` + no + `}], Default: c}`, want: "c"},
		"choice beats Default": {branch: `inputs: {Choices: [{NextStep: b, ` + yes + `}], Default: c}`, want: "b"},
		"falls through":        {branch: `inputs: {Choices: [{NextStep: b, ` + no + `}]}`, want: "a"},
		"nextStep":             {branch: `nextStep: c, inputs: {Choices: [{NextStep: b, ` + no + `}]}`, want: "c"},
		"isEnd": {branch: `isEnd: true, inputs: {Choices: [{NextStep: b, ` + no + `}]}`,
			want: "choose"},
		"choice beats isEnd": {branch: `isEnd: true, inputs: {Choices: [{NextStep: b, ` + yes + `}]}`, want: "b"},
		"Default beats isEnd": {branch: `isEnd: true, inputs: {Choices: [{NextStep: b, ` + no + `}], Default: c}`,
			want: "c"},
		"unknown step": {branch: `inputs: {Choices: [{NextStep: z, ` + yes + `}]}`,
			failure: "step choose goes on with step z, which does not exist here"},
		"no NextStep":         {branch: `inputs: {Choices: [{` + yes + `}]}`, failure: "choice 1 has no NextStep"},
		"no choices":          {branch: `inputs: {Choices: []}`, failure: "Choices must be a list"},
		"choices are no list": {branch: `inputs: {Choices: {NextStep: a}}`, failure: "Choices must be a list"},
		"other input": {branch: `inputs: {Choices: [{NextStep: b, ` + yes + `}], Else: c}`,
			failure: "input Else of aws:branch is not supported"},
		"Default is no text": {branch: `inputs: {Choices: [{NextStep: b, ` + no + `}], Default: 1}`,
			failure: "input Default must be a text"},
		"undefined, choice after": {branch: `inputs: {Choices: [{NextStep: b, ` + yes +
			`}, {NextStep: b, Variable: "{{ No }}", StringEquals: a}]}`, failure: "{{ No }} is not defined"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, main(strings.ReplaceAll(steps, "BRANCH", test.branch)), &world{})
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				if diff := cmp.Diff("choose", got.FailureStep); diff != "" {
					t.Errorf("failure step (-want +got):\n%s", diff)
				}
				return
			}
			if last := got.Steps[len(got.Steps)-1].Name; got.Status != automation.Success || last != test.want {
				t.Errorf("status %s, last step %s; want Success and %s (%s)", got.Status, last, test.want,
					got.FailureMessage)
			}
		})
	}
}
