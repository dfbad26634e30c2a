package lint_test

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/catalog/runbook/lint"
)

var find = sync.OnceValues(func() (*apimodel.Models, error) {
	return apimodel.Find(cmp.Or(os.Getenv("HUBMEND_VENV"), "../../../../.venv"))
})

// models are those of the project's Python environment.
func models(t *testing.T) *apimodel.Models {
	t.Helper()
	m, err := find()
	if err != nil {
		t.Fatalf("%v: run make tools", err)
	}
	return m
}

// good is a document without a problem that has one of everything the linter looks at.
const good = `description: Closes a thing.
schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
parameters:
  AutomationAssumeRole: {type: String, allowedPattern: "^arn:aws:iam::[0-9]{12}:role/x$"}
  GroupId: {type: String, allowedPattern: "^sg-[0-9a-f]{8,17}$"}
  Mode: {type: String, allowedValues: [a, b]}
  Count: {type: Integer, default: 3}
variables:
  seen: {type: String, default: none}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    timeoutSeconds: 30
    inputs: {Service: ec2, Api: DescribeSecurityGroups, GroupIds: ["{{ GroupId }}"]}
    outputs:
      - {Name: Name, Selector: "$.SecurityGroups[0].GroupName", Type: String}
      - {Name: Ids, Selector: "$..GroupId", Type: StringList}
  - name: decide
    action: aws:executeScript
    timeoutSeconds: 30
    inputs:
      Runtime: python3.11
      Handler: decide
      InputPayload: {name: "{{ read.Name }}", at: "{{ global:DATE_TIME }}", by: "{{ automation:EXECUTION_ID }}", count: "{{ Count }}"}
      Script: |
        import json

        def decide(events, context):
            return {"Change": json.dumps(events), "Before": []}
    outputs:
      - {Name: Change, Selector: $.Payload.Change, Type: String}
      - {Name: Before, Selector: $.Payload.Before, Type: MapList}
  - name: choose
    action: aws:branch
    isEnd: true
    inputs:
      Choices:
        - {NextStep: each, Variable: "{{ decide.Change }}", StringEquals: x}
        - {NextStep: pause, And: [{Variable: "{{ Mode }}", StringEquals: a}, {Not: {Variable: "{{ Count }}", NumericGreater: 2}}]}
  - name: pause
    action: aws:sleep
    inputs: {Duration: PT1S}
    nextStep: each
  - name: each
    action: aws:loop
    inputs:
      Iterators: "{{ read.Ids }}"
      IteratorDataType: String
      MaxIterations: 100
      Steps:
        - name: revoke
          action: aws:executeAwsApi
          timeoutSeconds: 30
          onFailure: Continue
          inputs: {Service: ec2, Api: RevokeSecurityGroupIngress, GroupId: "{{ each.CurrentIteratorValue }}", IpPermissions: [{IpProtocol: tcp, FromPort: 22, ToPort: 22}]}
  - name: poll
    action: aws:loop
    inputs:
      MaxIterations: 3
      LoopCondition: {Variable: "{{ again.Name }}", StringEquals: x}
      Steps:
        - name: again
          action: aws:executeAwsApi
          timeoutSeconds: 30
          inputs: {Service: ec2, Api: DescribeSecurityGroups, GroupIds: ["{{ GroupId }}"]}
          outputs: [{Name: Name, Selector: "$.SecurityGroups[0].GroupName", Type: String}]
  - name: note
    action: aws:updateVariable
    inputs: {Name: "variable:seen", Value: "{{ Mode }} after {{ variable:seen }}"}
  - name: verify
    action: aws:assertAwsResourceProperty
    timeoutSeconds: 30
    isEnd: true
    inputs: {Service: ec2, Api: DescribeSecurityGroups, GroupIds: ["{{ GroupId }}"], PropertySelector: "$.SecurityGroups[0].GroupName", DesiredValues: [x]}
outputs: [decide.Before, decide.Change]
`

func problems(t *testing.T, m *apimodel.Models, text string) []string {
	t.Helper()
	doc, err := runbook.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range lint.Document(doc, []byte(text), m) {
		all = append(all, p.String())
	}
	return all
}

func TestGoodDocumentIsSilent(t *testing.T) {
	t.Parallel()
	if all := problems(t, models(t), good); len(all) > 0 {
		t.Errorf("%s", strings.Join(all, "\n"))
	}
}

func TestRunbooksAreGood(t *testing.T) {
	t.Parallel()
	m := models(t)
	for _, r := range catalog.Embedded().Runbooks {
		for _, p := range lint.Document(r.Document, r.Text, m) {
			t.Errorf("%s: %s", r.Name, p)
		}
	}
}

type rule struct{ old, new, want string }

// revoke are the inputs of a step of the good document.
const revoke = `{Service: ec2, Api: RevokeSecurityGroupIngress, GroupId: "{{ each.CurrentIteratorValue }}", IpPermissions: [{IpProtocol: tcp, FromPort: 22, ToPort: 22}]}`

// broken breaks the good document in one place each; want is all that the linter may say.
var broken = map[string]rule{
	"schema":      {`schemaVersion: "0.3"`, `schemaVersion: "2.2"`, `schemaVersion must be "0.3"`},
	"description": {"description: Closes a thing.", "description: ''", "description is missing"},
	"assumeRole": {`assumeRole: "{{ AutomationAssumeRole }}"`,
		`assumeRole: "arn:aws:iam::222222222222:role/x"`, "assumeRole must be"},
	"no assumeRole": {`assumeRole: "{{ AutomationAssumeRole }}"`, "", "assumeRole must be"},
	"parameter type": {"Count: {type: Integer, default: 3}", "Count: {type: Number}",
		`parameter Count: type "Number" does not exist`},
	"parameter is open": {`{type: String, allowedPattern: "^sg-[0-9a-f]{8,17}$"}`, "{type: String}",
		"parameter GroupId needs an allowedPattern"},
	"list is open": {`{type: String, allowedPattern: "^sg-[0-9a-f]{8,17}$"}`, "{type: StringList}",
		"parameter GroupId needs an allowedPattern"},
	"pattern is none": {`"^sg-[0-9a-f]{8,17}$"`, `"^sg-[$"`,
		"parameter GroupId: allowedPattern: error parsing"},
	"pattern without beginning": {`"^sg-[0-9a-f]{8,17}$"`, `"sg-[0-9a-f]{8,17}$"`, "must begin with ^"},
	"pattern without end":       {`"^sg-[0-9a-f]{8,17}$"`, `"^sg-[0-9a-f]{8,17}"`, "must begin with ^"},
	"variable type": {"seen: {type: String, default: none}", "seen: {type: Text, default: none}",
		`variable seen: type "Text" does not exist`},
	"variable without a default": {"seen: {type: String, default: none}", "seen: {type: String}",
		"variable seen needs a default"},
	"variable that is not declared": {"after {{ variable:seen }}", "after {{ variable:other }}",
		"{{ variable:other }} is not defined by then"},
	"update of another variable": {`Name: "variable:seen"`, `Name: "variable:other"`,
		`step note: Name must be variable:<name> of a declared variable, not "variable:other"`},
	"update without a prefix": {`Name: "variable:seen"`, `Name: seen`, `not "seen"`},
	"update without a value": {`, Value: "{{ Mode }} after {{ variable:seen }}"`, "",
		"step note: Value is missing"},
	"update with something else": {`inputs: {Name: "variable:seen",`, `inputs: {Name: "variable:seen", Other: 1,`,
		"aws:updateVariable has no input Other"},
	"step name":       {"name: pause", "name: pa-use", "step pa-use: the name must be"},
	"step name twice": {"name: revoke", "name: verify", "the name is used twice"},
	"jump to nowhere": {"nextStep: each", "nextStep: nowhere",
		`step pause: leads to "nowhere", which is not a later step`},
	"jump back": {"nextStep: each", "nextStep: read",
		`step pause: leads to "read", which is not a later step`},
	"jump to itself": {"nextStep: each", "nextStep: pause",
		`leads to "pause", which is not a later step`},
	"jump into a loop": {"nextStep: each", "nextStep: revoke",
		`leads to "revoke", which is not a later step`},
	"jump out of a loop": {"onFailure: Continue", "onFailure: step:verify",
		`step revoke: leads to "verify", which is not a later step`},
	"failure to nowhere": {"onFailure: Continue", "onFailure: step:nowhere", `leads to "nowhere"`},
	"onFailure": {"onFailure: Continue", "onFailure: Ignore",
		`step revoke: onFailure "Ignore" is not`},
	"end and next": {"nextStep: each", "nextStep: each\n    isEnd: true",
		"step pause: has both isEnd and nextStep"},
	"action that does not exist": {"action: aws:sleep", "action: aws:slep",
		`step pause: action "aws:slep" is not one`},
	"action that is not used": {"action: aws:sleep", "action: aws:runCommand",
		`step pause: action "aws:runCommand" is not one`},
	"no such service": {"{Service: ec2, Api: RevokeSecurityGroupIngress,",
		"{Service: ecc2, Api: RevokeSecurityGroupIngress,", `step revoke: service "ecc2" not found`},
	"no service": {"{Service: ec2, Api: RevokeSecurityGroupIngress,",
		"{Api: RevokeSecurityGroupIngress,", "step revoke: service \"<nil>\" not found"},
	"no such API": {"Api: RevokeSecurityGroupIngress,", "Api: RevokeSecurityGroupIngres,",
		"step revoke: service ec2 has no API RevokeSecurityGroupIngres"},
	"API in another spelling": {"Api: RevokeSecurityGroupIngress,", "Api: revoke_security_group_ingress,",
		"step revoke: service ec2 has no API"},
	"no such parameter": {"{IpProtocol: tcp,", "{Protocol: tcp,",
		"step revoke: IpPermissions[0] has no parameter Protocol"},
	"bucket of anybody": {revoke, "{Service: s3, Api: GetBucketLogging, Bucket: b}",
		`step revoke: ExpectedBucketOwner must be "{{ global:ACCOUNT_ID }}"`},
	"bucket of another account": {revoke,
		`{Service: s3, Api: GetBucketLogging, Bucket: b, ExpectedBucketOwner: "{{ GroupId }}"}`,
		`step revoke: ExpectedBucketOwner must be "{{ global:ACCOUNT_ID }}"`},
	"parameter of another type": {"FromPort: 22, ToPort: 22}]", "FromPort: 22, ToPort: 22, IpRanges: x}]",
		"step revoke: IpPermissions[0].IpRanges must be a list"},
	"API without timeout": {"timeoutSeconds: 30\n          onFailure: Continue", "onFailure: Continue",
		"step revoke: timeoutSeconds is missing"},
	"output of nothing": {`"$.SecurityGroups[0].GroupName", Type: String}]`,
		`"$.SecurityGroups[0].Name", Type: String}]`,
		"step again: the response of DescribeSecurityGroups has nothing at $.SecurityGroups[0].Name"},
	"output type": {`"$..GroupId", Type: StringList`, `"$..GroupId", Type: Strings`,
		`step read: output Ids: type "Strings" does not exist`},
	"output with a filter": {`"$..GroupId", Type: StringList`, `"$..GroupId[?(@.x)]", Type: StringList`,
		"step read: output Ids: selector"},
	"property of nothing": {`PropertySelector: "$.SecurityGroups[0].GroupName"`,
		`PropertySelector: "$.SecurityGroups[0].Name"`,
		"step verify: the response of DescribeSecurityGroups has nothing at"},
	"property with a wildcard": {`PropertySelector: "$.SecurityGroups[0].GroupName"`,
		`PropertySelector: "$..Tags[*]"`, "step verify: PropertySelector: selector"},
	"no desired values": {"DesiredValues: [x]", "DesiredValues: []",
		"step verify: DesiredValues must be a list"},
	"runtime": {"Runtime: python3.11", "Runtime: python3.8",
		`step decide: Runtime "python3.8" is not one of`},
	"handler missing": {"Handler: decide", "Handler: decides",
		"step decide: Script defines no function decides"},
	"handler with one parameter": {"def decide(events, context):", "def decide(events):",
		"step decide: Script defines no function decide with two parameters"},
	"reference in a script": {`json.dumps(events), "Before"`, `"{{ GroupId }}", "Before"`,
		"step decide: Script contains {{"},
	"script without timeout": {"aws:executeScript\n    timeoutSeconds: 30", "aws:executeScript",
		"step decide: timeoutSeconds is missing"},
	"operator": {`"{{ decide.Change }}", StringEquals: x`, `"{{ decide.Change }}", Equals: x`,
		`step choose: operator "Equals" does not exist`},
	"operator inside And and Not": {"NumericGreater: 2", "NumericMore: 2",
		`step choose: operator "NumericMore" does not exist`},
	"loop without steps": {"name: poll\n    action: aws:loop\n    inputs:",
		"name: poll\n    action: aws:loop\n    inputs: {MaxIterations: 3, LoopCondition: {Variable: '{{ Mode }}', " +
			"StringEquals: a}}\n  - name: poll2\n    action: aws:loop\n    inputs:",
		"step poll: Steps must be a list of steps"},
	"undefined": {`GroupId: "{{ each.CurrentIteratorValue }}"`, `GroupId: "{{ Group }}"`,
		"step revoke: {{ Group }} is not defined by then"},
	"undefined system variable": {"{{ global:DATE_TIME }}", "{{ global:TIME }}",
		"step decide: {{ global:TIME }} is not defined by then"},
	"output of a later step": {`name: "{{ read.Name }}"`, `name: "{{ again.Name }}"`,
		"step decide: {{ again.Name }} is not defined by then"},
	"output of no step": {`name: "{{ read.Name }}"`, `name: "{{ read.Names }}"`,
		"step decide: {{ read.Names }} is not defined by then"},
	"iterator of another loop": {"{{ each.CurrentIteratorValue }}", "{{ poll.CurrentIteratorValue }}",
		"{{ poll.CurrentIteratorValue }} is not defined by then"},
	"nothing between braces": {"{{ each.CurrentIteratorValue }}", "{{ }}", "is not defined by then"},
	"undefined in the condition": {"{{ again.Name }}", "{{ again.Nam }}",
		"step poll: {{ again.Nam }} is not defined by then"},
	"undefined in a branch": {`{Variable: "{{ Mode }}"`, `{Variable: "{{ Moda }}"`,
		"step choose: {{ Moda }} is not defined by then"},
	"undefined iterators": {`Iterators: "{{ read.Ids }}"`, `Iterators: "{{ read.Id }}"`,
		"step each: {{ read.Id }} is not defined by then"},
	"step that nothing leads to": {"nextStep: each",
		"nextStep: poll\n  - {name: lonely, action: aws:sleep, inputs: {Duration: PT1S}}",
		"step lonely: no step leads here"},
	"output that no step gives": {"outputs: [decide.Before, decide.Change]",
		"outputs: [decide.Before, decide.Change, read.Nothing]", `outputs: no step gives "read.Nothing"`},
	"no Before": {"outputs: [decide.Before, decide.Change]", "outputs: [decide.Change]",
		"outputs must have one <step>.Before"},
	"no Change": {"outputs: [decide.Before, decide.Change]", "outputs: [decide.Before]",
		"outputs must have one <step>.Change"},
	"Change twice": {"outputs: [decide.Before, decide.Change]",
		"outputs: [decide.Before, decide.Change, decide.Change]", "outputs must have one <step>.Change"},
	"alternatives in a pattern":     {`"^sg-[0-9a-f]{8,17}$"`, `"^sg-[0-9a-f]{8,17}|x$"`, "GroupId"},
	"condition without an operator": {`"{{ decide.Change }}", StringEquals: x`, `"{{ decide.Change }}"`, "choose"},
	"condition without a variable": {`{NextStep: each, Variable: "{{ decide.Change }}", StringEquals: x}`,
		`{NextStep: each, StringEquals: x}`, "choose"},
	"condition with two operators": {`"{{ decide.Change }}", StringEquals: x`,
		`"{{ decide.Change }}", StringEquals: x, Contains: y`, "choose"},
	"And of no list": {
		`And: [{Variable: "{{ Mode }}", StringEquals: a}, {Not: {Variable: "{{ Count }}", NumericGreater: 2}}]`,
		`And: x`, "choose"},
	"Not of a list":        {`{Not: {Variable: "{{ Count }}", NumericGreater: 2}}`, `{Not: [x]}`, "choose"},
	"loop over nothing":    {`Iterators: "{{ read.Ids }}"`, `Description: x`, "each"},
	"loop without end":     {"MaxIterations: 100", "MaxIterations: 101", "each"},
	"loop over a text":     {`Iterators: "{{ read.Ids }}"`, `Iterators: "{{ read.Name }}"`, "each"},
	"loop operator":        {`"{{ again.Name }}", StringEquals: x`, `"{{ again.Name }}", Equals: x`, "Equals"},
	"sleep for no time":    {"{Duration: PT1S}", "{Duration: soon}", "pause"},
	"sleep without inputs": {"{Duration: PT1S}", "{}", "pause"},
	"number for a port":    {"FromPort: 22,", "FromPort: ssh,", "FromPort"},
	"reference left open":  {"{{ each.CurrentIteratorValue }}", "{{ each.CurrentIteratorValue", "revoke"},
	"output twice": {`- {Name: Ids, Selector: "$..GroupId", Type: StringList}`,
		"- {Name: Name, Selector: \"$..GroupId\", Type: StringList}\n      - {Name: Ids, Selector: \"$..GroupId\", " +
			"Type: StringList}", "read"},
	"output outside the payload": {"Selector: $.Payload.Change", "Selector: $.Change", "decide"},
	"anchors of one alternative": {`"^sg-[0-9a-f]{8,17}$"`, `"^x|sg-[0-9a-f]{8,17}$"`,
		"parameter GroupId: allowedPattern must begin with ^"},
	"end that is a dollar sign": {`"^sg-[0-9a-f]{8,17}$"`, `"^sg-[0-9a-f]{8,17}\\$"`,
		"parameter GroupId: allowedPattern must begin with ^"},
	"choice of no map": {`{NextStep: each, Variable: "{{ decide.Change }}", StringEquals: x}`,
		"each\n        - {NextStep: each, Variable: x, StringEquals: x}", "step choose: a choice needs a NextStep"},
	"choice without NextStep": {`{NextStep: each, Variable: "{{ decide.Change }}", StringEquals: x}`,
		"{NextStep: each, Variable: x, StringEquals: x}\n        - {Variable: x, StringEquals: x}",
		"step choose: a choice needs a NextStep"},
	"Default of no name": {"    inputs:\n      Choices:", "    inputs:\n      Default: 3\n      Choices:",
		"step choose: Default must be"},
	"Variable beside an And": {`And: [{`, `Variable: x, And: [{`,
		"step choose: And takes conditions and no Variable"},
	"loop over two kinds": {`Iterators: "{{ read.Ids }}"`,
		"Iterators: \"{{ read.Ids }}\"\n      LoopCondition: {Variable: x, StringEquals: x}",
		"step each: a loop needs either"},
	"loop over a sentence": {`Iterators: "{{ read.Ids }}"`, `Iterators: "x {{ read.Ids }}"`,
		"step each: Iterators must be a list"},
	"loop over maps as texts": {`Iterators: "{{ read.Ids }}"`, `Iterators: "{{ decide.Before }}"`,
		"step each: Iterators must be a StringList"},
	"loop over a parameter": {`Iterators: "{{ read.Ids }}"`, `Iterators: "{{ Mode }}"`, "Mode is a String"},
	"loop condition is a text": {`LoopCondition: {Variable: "{{ again.Name }}", StringEquals: x}`,
		"LoopCondition: x", "step poll: x is not a condition"},
	"loop never": {"MaxIterations: 100", "MaxIterations: 0",
		"step each: MaxIterations must be 1 to 100"},
	"sleep for nothing": {"{Duration: PT1S}", "{Duration: PT}", `step pause: Duration "PT"`},
	"reference opened twice": {"{{ each.CurrentIteratorValue }}", "{{ {{ GroupId }}",
		"step revoke: {{ without }}"},
	"lonely step of a loop": {"{IpProtocol: tcp, FromPort: 22, ToPort: 22}]}",
		"{IpProtocol: tcp, FromPort: 22, ToPort: 22}]}\n          isEnd: true\n        - {name: lonely, action: " +
			"'aws:sleep', inputs: {Duration: PT1S}}", "step lonely: no step leads here"},
	"too large": {"description: Closes a thing.", "description: " + strings.Repeat("x", 64<<10),
		"Systems Manager takes 65536"},
}

func TestEachRuleFires(t *testing.T) {
	t.Parallel()
	m := models(t)
	for name, r := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(good, r.old) != 1 {
				t.Fatalf("%q is in the document %d times", r.old, strings.Count(good, r.old))
			}
			all := problems(t, m, strings.Replace(good, r.old, r.new, 1))
			if !slices.ContainsFunc(all, func(p string) bool { return strings.Contains(p, r.want) }) {
				t.Errorf("the linter does not say %q but %q", r.want, all)
			}
		})
	}
}

func TestOneMistakeIsOneProblem(t *testing.T) {
	t.Parallel()
	m := models(t)
	// A step of another name is also missed by what leads to it.
	twice := []string{"step name"}
	for name, r := range broken {
		if slices.Contains(twice, name) {
			continue
		}
		if all := problems(t, m, strings.Replace(good, r.old, r.new, 1)); len(all) != 1 {
			t.Errorf("%s: %d problems: %q", name, len(all), all)
		}
	}
}

func TestEmptyDocument(t *testing.T) {
	t.Parallel()
	all := strings.Join(problems(t, models(t), "schemaVersion: '0.3'"), "\n")
	for _, want := range []string{"mainSteps is empty", "parameter AutomationAssumeRole is missing",
		"outputs must have one"} {
		if !strings.Contains(all, want) {
			t.Errorf("the linter does not say %q but\n%s", want, all)
		}
	}
}

func TestProblemsComeInOneOrder(t *testing.T) {
	t.Parallel()
	m := models(t)
	text := strings.NewReplacer("type: String,", "type: Text,", "type: Integer", "type: Number", "read.Name",
		"read.None", "global:DATE_TIME", "none", "{{ Count }}", "{{ Cont }}").Replace(good)
	first := problems(t, m, text)
	for range 20 {
		if again := problems(t, m, text); !slices.Equal(first, again) {
			t.Fatalf("%q, then %q", first, again)
		}
	}
}
