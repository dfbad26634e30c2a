package lint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/catalog/runbook/lint"
)

// foreign is a document in the way of AWS's own, which breaks many of this project's rules.
const foreign = `schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
files: {tools.zip: {checksums: {sha256: x}}}
parameters:
  AutomationAssumeRole: {type: String, default: ""}
  InstanceId: {type: String, displayType: textfield, minChars: 1, maxChars: 40}
  Path: {type: String, default: "{{ ssm:/some/path }}"}
mainSteps:
  - name: start
    action: aws:branch
    inputs:
      Choices: [{NextStep: late, Variable: "{{ InstanceId }}", StringEquals: ""}]
      Default: early
  - name: late
    action: aws:executeScript
    onCancel: step:done
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {a: "{{ early.Found }}", b: {c: ["{{ early.OutputPayload }}"]}}
      Script: |
        import boto3, os, time

        def main(events, context) -> dict:
            return {"text": f'{{"a":"{os.sep}"}}', "nested": {"a": {"b": 1}}}
    nextStep: done
    outputs: [{Name: Text, Selector: "Payload.text", Type: String}, {Name: All, Selector: $, Type: StringMap}]
  - name: early
    action: aws:executeAwsApi
    nextStep: each
    inputs: {Service: cloudformation, Api: describe_stacks, StackName: x}
    outputs:
      - {Name: Found, Selector: "$.Stacks[0].Outputs[?(@.OutputKey=='X')].OutputValue", Type: String}
      - {Name: Status, Selector: $.ResponseMetadata.HTTPStatusCode, Type: Integer}
  - name: each
    action: aws:loop
    inputs:
      Iterators: [a, b]
      Steps:
        - {name: pick, action: aws:branch, isEnd: true, inputs: {Choices: [{NextStep: inner, Variable: "{{ each.CurrentIteratorValue }}", StringEquals: a}]}}
        - {name: inner, isEnd: true, action: aws:sleep, inputs: {Timestamp: "2026-01-01T00:00:00Z"}}
  - {name: run, action: aws:runCommand, inputs: {DocumentName: AWS-RunShellScript, InstanceIds: ["{{ InstanceId }}"], Parameters: {commands: ["echo {{ global:REGION }}"]}}}
  - {name: shell, action: aws:executeScript, inputs: {Runtime: PowerShell 7.4, Script: "Write-Output 1"}}
  - {name: zip, action: aws:executeScript, inputs: {Runtime: python3.11, Handler: tools.main, Attachment: tools.zip}}
  - {name: done, action: aws:sleep, isEnd: true, inputs: {Duration: "{{ run.Output }}"}}
outputs: [run.Output, late.Text]
`

func service(t *testing.T, text string) []string {
	t.Helper()
	doc, err := runbook.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range lint.Service(doc, []byte(text), models(t)) {
		all = append(all, p.String())
	}
	return all
}

func TestServiceTakesWhatAWSWrites(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"foreign": foreign, "good": good} {
		if all := service(t, text); len(all) > 0 {
			t.Errorf("%s:\n%s", name, strings.Join(all, "\n"))
		}
	}
}

func TestServiceRefuses(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]rule{
		"schema": {`schemaVersion: "0.3"`, `schemaVersion: "2.2"`, `schemaVersion must be "0.3"`},
		"role": {"{{ AutomationAssumeRole }}", "{{ Role }}",
			"{{ Role }} is no parameter, no variable and no output of a step"},
		"size": {"import boto3", "import boto3 # " + strings.Repeat("x", 65536),
			"Systems Manager takes 65536"},
		"parameter type": {"InstanceId: {type: String,", "InstanceId: {type: Text,",
			`parameter InstanceId: type "Text" does not exist`},
		"runtime": {"Runtime: python3.11\n", "Runtime: python3.8\n",
			`step late: Runtime "python3.8" is not one of`},
		"handler":   {"Handler: main\n", "Handler: start\n", `step late: Script defines no function "start"`},
		"reference": {"{{ early.Found }}", "{{ nobody.Found }}", "step late: {{ nobody.Found }} is no parameter"},
		"Parameter Store": {"{{ early.Found }}", "{{ ssm:/a }}",
			"step late: {{ ssm:/a }} may stand only in the default of a parameter"},
		"in the script": {"{os.sep}", "{{ InstanceId }}", "step late: Script contains {{ InstanceId }}"},
		"API": {"describe_stacks", "describe_stakcs",
			"step early: service cloudformation has no API describe_stakcs"},
		"input":       {"StackName: x", "Stack: x", "step early: "},
		"selector":    {"OutputKey=='X'", "OutputKey like 'X'", "step early: output Found: selector"},
		"output type": {"Type: Integer", "Type: Number", `step early: output Status: type "Number" does not exist`},
		"operator": {`"{{ InstanceId }}", StringEquals`, `"{{ InstanceId }}", Matches`,
			`step start: operator "Matches" does not exist`},
		"cycle":    {"nextStep: done", "nextStep: start", "the steps form a cycle: start -> late -> start"},
		"nowhere":  {"Default: early", "Default: never", `step start: leads to "never"`},
		"duration": {`Duration: "{{ run.Output }}"`, "Duration: 10", `step done: Duration`},
		"loop": {"Iterators: [a, b]", "Iterators: [a, b]\n      MaxIterations: 101",
			"step each: MaxIterations must be 1 to 100"},
		"document output": {"outputs: [run.Output", "outputs: [ran.Output",
			`outputs: there is no step for "ran.Output"`},
	} {
		text := strings.Replace(foreign, r.old, r.new, 1)
		if text == foreign {
			t.Errorf("%s: nothing to replace", name)
		}
		all := service(t, text)
		if len(all) == 0 || !strings.Contains(strings.Join(all, "\n"), r.want) {
			t.Errorf("%s: %s (%s)", name, cmp.Diff(r.want, strings.Join(all, "\n")), r.want)
		}
	}
}
