package lint_test

import (
	"slices"
	"strings"
	"testing"
)

// around puts steps between what every document needs. The first step, read, gives Ids; {api} and
// {out} stand for a call and for an output of it.
func around(steps string) string {
	const head = `description: x
schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
parameters:
  AutomationAssumeRole: {type: String, allowedPattern: "^x$"}
mainSteps:
  - {name: read, {api}, outputs: [{Name: Before, {out}}, {Name: Change, {out}}]}
`
	const tail = "outputs: [read.Before, read.Change]\n"
	return strings.NewReplacer(
		"{api}", "action: 'aws:executeAwsApi', timeoutSeconds: 30, inputs: {Service: ec2, Api: DescribeSecurityGroups}",
		"{out}", `Selector: "$..GroupId", Type: StringList`,
		"{use a}", `action: 'aws:executeAwsApi', timeoutSeconds: 30, inputs: {Service: ec2, Api: DescribeSecurityGroups, GroupIds: "{{ aaa.Ids }}"}`,
		"{gives}", `outputs: [{Name: Ids, Selector: "$..GroupId", Type: StringList}]`,
		"{if}", `Variable: "{{ read.Before }}", StringEquals: x`,
		"{while a}", `LoopCondition: {Variable: "{{ aaa.Ids }}", StringEquals: x}`,
	).Replace(head + steps + tail)
}

const missing = "step use: {{ aaa.Ids }} is not defined on every way to this step"

func TestOutputsAreGivenOnEveryWay(t *testing.T) {
	t.Parallel()
	m := models(t)
	for name, tc := range map[string]struct {
		steps string
		want  []string
	}{
		"in a row": {`
  - {name: aaa, {api}, {gives}}
  - {name: use, {use a}}
`, nil},
		"on another branch": {`
  - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: aaa, {if}}], Default: use}}
  - {name: aaa, {api}, {gives}, isEnd: true}
  - {name: use, {use a}}
`, []string{missing}},
		"on one of two branches": {`
  - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: bbb, {if}}]}}
  - {name: aaa, {api}, {gives}, nextStep: use}
  - {name: bbb, {api}}
  - {name: use, {use a}}
`, []string{missing}},
		"before the branches": {`
  - {name: aaa, {api}, {gives}}
  - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: bbb, {if}}], Default: use}}
  - {name: bbb, {api}}
  - {name: use, {use a}}
`, nil},
		"the other branch ends": {`
  - {name: choose, action: 'aws:branch', isEnd: true, inputs: {Choices: [{NextStep: aaa, {if}}]}}
  - {name: aaa, {api}, {gives}}
  - {name: use, {use a}}
`, nil},
		"behind its failure": {`
  - {name: aaa, {api}, {gives}, onFailure: 'step:use'}
  - {name: use, {use a}}
`, []string{missing}},
		"its failure goes elsewhere": {`
  - {name: aaa, {api}, {gives}, onFailure: 'step:bbb'}
  - {name: use, {use a}, isEnd: true}
  - {name: bbb, {api}}
`, nil},
		"its failure does not matter": {`
  - {name: aaa, {api}, {gives}, onFailure: Continue}
  - {name: use, {use a}}
`, []string{missing}},
		"after the failure of a later step": {`
  - {name: aaa, {api}, {gives}}
  - {name: bbb, {api}, onFailure: 'step:use'}
  - {name: use, {use a}}
`, nil},
		"in a loop": {`
  - {name: aaa, {api}, {gives}}
  - {name: loop, action: 'aws:loop', inputs: {Iterators: "{{ read.Before }}", Steps: [{name: use, {use a}}]}}
`, nil},
		"after the loop that gives it": {`
  - {name: loop, action: 'aws:loop', inputs: {Iterators: "{{ read.Before }}", Steps: [{name: aaa, {api}, {gives}}]}}
  - {name: use, {use a}}
`, []string{missing}},
		"in the condition of its loop": {`
  - {name: loop, action: 'aws:loop', inputs: {{while a}, Steps: [{name: aaa, {api}, {gives}}, {name: bbb, {api}}]}}
`, nil},
		"skipped in a loop": {`
  - {name: loop, action: 'aws:loop', inputs: {{while a}, Steps: [{name: bbb, {api}, onFailure: 'step:ccc'}, {name: aaa, {api}, {gives}}, {name: ccc, {api}}]}}
`, []string{"step loop: {{ aaa.Ids }} is not defined on every way to this step"}},
		"a step that nothing leads to is one problem": {`
  - {name: aaa, {api}, {gives}, isEnd: true}
  - {name: use, {use a}}
`, []string{"step use: no step leads here"}},
		"behind a branch with a Default": {`
  - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: end, {if}}], Default: end}}
  - {name: use, {api}}
  - {name: end, {api}}
`, []string{"step use: no step leads here"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problems(t, m, around(tc.steps)); !slices.Equal(got, tc.want) {
				t.Errorf("problems %q, want %q", got, tc.want)
			}
		})
	}
}
