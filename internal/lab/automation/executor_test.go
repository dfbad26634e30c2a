package automation_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/lab/automation"
)

const readAndRevoke = `
schemaVersion: "0.3"
parameters:
  GroupId: {type: String}
  Ports: {type: StringList, default: ["22"]}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: DescribeSecurityGroups, GroupIds: ["{{ GroupId }}"]}
    outputs:
      - {Name: Rules, Selector: "$.SecurityGroups[0].IpPermissions", Type: MapList}
      - {Name: Name, Selector: "$.SecurityGroups[0].GroupName", Type: String}
      - {Name: Vpc, Selector: "$.SecurityGroups[0].VpcId", Type: String}
  - name: decide
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: decide
      InputPayload: {rules: "{{ read.Rules }}", ports: "{{ Ports }}"}
      Script: def decide(e, c)
    outputs:
      - {Name: Rules, Selector: $.Payload.rules, Type: MapList}
      - {Name: Ports, Selector: $.Payload.ports, Type: StringList}
      - {Name: First, Selector: "$.Payload.rules[0]", Type: StringMap}
      - {Name: From, Selector: "$.Payload.rules[0].FromPort", Type: Integer}
      - {Name: Wide, Selector: "$.Payload.rules[0].Wide", Type: Boolean}
  - name: skip
    action: aws:branch
    isEnd: true
    inputs:
      Choices:
        - {NextStep: revoke, Variable: "{{ read.Name }}", StringEquals: db}
  - name: revoke
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: RevokeSecurityGroupIngress, GroupId: "{{ GroupId }}", IpPermissions: "{{ decide.Rules }}"}
    outputs:
      - {Name: Return, Selector: $.Return, Type: Boolean}
outputs: [read.Name, read.Vpc, decide.Rules, decide.Ports, decide.First, decide.From, decide.Wide, revoke.Return, nobody.Knows]
`

const webGroup = `{"SecurityGroups": [{"GroupName": "web", "IpPermissions": [{"FromPort": 22, "Wide": false}, {"FromPort": 443, "Note": "<a>"}]}]}`

func TestRun(t *testing.T) {
	t.Parallel()
	w := &world{api: answer(webGroup), parameters: map[string][]string{"GroupId": {"sg-1"}, "Ports": {"22", "3389"}}}
	got := execute(t, readAndRevoke, w)

	if diff := cmp.Diff([]string{"read Success", "decide Success", "skip Success"}, story(got)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if got.Status != automation.Success || got.FailureMessage != "" || got.FailureStep != "" || got.BilledSteps() != 3 {
		t.Errorf("status %s, failure %q of step %q, %d billed steps", got.Status, got.FailureMessage, got.FailureStep,
			got.BilledSteps())
	}
	wantOutputs := map[string][]string{
		"read.Name":     {"web"},
		"read.Vpc":      {ssmtext.NoOutput}, // the selector found nothing
		"decide.Rules":  {`{"FromPort":22,"Wide":false}`, `{"FromPort":443,"Note":"<a>"}`},
		"decide.Ports":  {"22", "3389"},
		"decide.First":  {`{"FromPort":22,"Wide":false}`},
		"decide.From":   {"22"},
		"decide.Wide":   {"false"},
		"revoke.Return": {ssmtext.NoOutput}, // the step did not run
		"nobody.Knows":  {ssmtext.NoOutput},
	}
	if diff := cmp.Diff(wantOutputs, got.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	wantScript := `python3.11 decide {"ports":["22","3389"],"rules":[{"FromPort":22,"Wide":false},{"FromPort":443,"Note":"\u003ca\u003e"}]} def decide(e, c)`
	if diff := cmp.Diff([]string{wantScript}, w.scripts); diff != "" {
		t.Errorf("scripts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`ec2:DescribeSecurityGroups {"GroupIds":["sg-1"]}`}, w.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	wantObserved := []string{"read InProgress", "read Success", "decide InProgress", "decide Success",
		"skip InProgress", "skip Success"}
	if diff := cmp.Diff(wantObserved, w.observed); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestStepExecution(t *testing.T) {
	t.Parallel()
	w := &world{clock: &fastClock{now: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)},
		api: answer(`{"Name": "web", "Id": null}`)}
	got := execute(t, `
schemaVersion: "0.3"
mainSteps:
  - {name: wait, action: aws:sleep, inputs: {Duration: PT5S}}
  - name: read
    action: aws:executeAwsApi
    onFailure: Continue
    nextStep: never
    isEnd: true
    inputs: {Service: ec2, Api: DescribeX, Max: 7}
    outputs:
      - {Name: Name, Selector: $.Name, Type: String}
      - {Name: Id, Selector: $.Id, Type: String}
`, w)
	at := func(second int) time.Time { return time.Date(2026, 1, 5, 10, 0, second, 0, time.UTC) }
	want := automation.Execution{
		Status: automation.Success, Start: at(0), End: at(5), Outputs: map[string][]string{},
		Steps: []automation.StepExecution{
			{
				Name: "wait", Action: "aws:sleep", Status: automation.Success, Start: at(0), End: at(5),
				Inputs: map[string]any{"Duration": "PT5S"}, Outputs: map[string][]string{},
				Flow: automation.Flow{OnFailure: "Abort", IsCritical: true},
			},
			{
				Name: "read", Action: "aws:executeAwsApi", Status: automation.Success, Start: at(5), End: at(5),
				Inputs:   map[string]any{"Service": "ec2", "Api": "DescribeX", "Max": int64(7)},
				Outputs:  map[string][]string{"Name": {"web"}},
				Response: map[string]any{"Name": "web", "Id": nil},
				Flow:     automation.Flow{OnFailure: "Continue", NextStep: "never", IsEnd: true},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("execution (-want +got):\n%s", diff)
	}
}

func TestRunRefusesWhatValidateRefuses(t *testing.T) {
	t.Parallel()
	w := &world{}
	got := execute(t, readAndRevoke, w)
	wantFailure(t, got, "parameter GroupId: is required")
	if len(got.Steps)+len(w.calls) != 0 || got.FailureStep != "" {
		t.Errorf("steps %v, calls %v, failure step %q; want nothing done", story(got), w.calls, got.FailureStep)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"in a sleep":  `{name: a, action: aws:sleep, onFailure: Continue, inputs: {Duration: PT1H}}`,
		"in a call":   `{name: a, action: aws:executeAwsApi, maxAttempts: 3, onFailure: "step:b", inputs: {Service: ec2, Api: Hang}}`,
		"in a script": `{name: a, action: aws:executeScript, inputs: {Runtime: python3.11, Handler: f, Script: x}}`,
		"in a wait":   `{name: a, action: aws:waitForAwsResourceProperty, inputs: {Service: ec2, Api: D, PropertySelector: $.X, DesiredValues: [a]}}`,
		"in a loop":   `{name: a, action: aws:loop, inputs: {Iterators: [x, y], Steps: [{name: s, action: aws:sleep, inputs: {Duration: PT1H}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{
				api: func(ctx context.Context, _ int, api string, _ map[string]any) (any, error) {
					if api == "Hang" {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return `{}`, nil
				},
				script: func(ctx context.Context, _ int, _ map[string]any) (any, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				},
			}
			text := "schemaVersion: \"0.3\"\nmainSteps:\n  - " + document +
				"\n  - {name: b, action: aws:sleep, inputs: {Duration: PT1S}}\n"
			var got automation.Execution
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				got = executeIn(ctx, t, text, w)
			})
			if got.Status != automation.Cancelled || got.Steps[0].Status != automation.Cancelled {
				t.Errorf("execution %s, steps %v; want Cancelled", got.Status, story(got))
			}
			if len(w.calls) > 1 && strings.Contains(document, "Hang") {
				t.Errorf("%d calls, want no further attempt", len(w.calls))
			}
			if last := got.Steps[len(got.Steps)-1].Name; last == "b" {
				t.Errorf("step b ran after the execution was cancelled")
			}
		})
	}
}

// Neither what a step bears with nor what failed before hides that an execution was cancelled.
func TestCancelWins(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string]string{
		"in a last step with Continue": "  - {name: a, action: aws:sleep, onFailure: Continue, inputs: " +
			"{Duration: PT1H}}",
		"after a failure": "  - {name: a, action: aws:none, onFailure: \"step:b\", inputs: {}}\n" +
			"  - {name: b, action: aws:sleep, inputs: {Duration: PT1H}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if got := executeIn(ctx, t, main(steps), &world{}); got.Status != automation.Cancelled {
					t.Errorf("status %s, want Cancelled", got.Status)
				}
			})
		})
	}
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	const document = `
schemaVersion: "0.3"
assumeRole: %ROLE%
parameters:
  Role: {type: String, default: ""}
mainSteps: []
`
	tests := map[string]struct {
		role    string
		given   map[string][]string
		want    string
		wantErr bool
	}{
		"none":     {role: `""`, want: ""},
		"constant": {role: "arn:aws:iam::222222222222:role/fix", want: "arn:aws:iam::222222222222:role/fix"},
		"parameter": {role: `"{{ Role }}"`,
			given: map[string][]string{"Role": {"arn:aws-cn:iam::222222222222:role/a/b"}},
			want:  "arn:aws-cn:iam::222222222222:role/a/b"},
		"empty default":  {role: `"{{ Role }}"`, want: ""},
		"system":         {role: `"arn:{{global:AWS_PARTITION}}:iam::{{ global:ACCOUNT_ID }}:role/fix-{{global:REGION}}"`, want: "arn:aws:iam::222222222222:role/fix-eu-west-1"},
		"no role ARN":    {role: "fix", wantErr: true},
		"undefined":      {role: `"{{ Other }}"`, wantErr: true},
		"time":           {role: `"{{ global:DATE }}"`, wantErr: true},
		"bad parameters": {role: `"{{ Role }}"`, given: map[string][]string{"Other": {"x"}}, wantErr: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := request(t, strings.ReplaceAll(document, "%ROLE%", test.role), test.given).AssumeRole()
			if got != test.want || (err != nil) != test.wantErr {
				t.Errorf("AssumeRole() = %q, %v; want %q, error %t", got, err, test.want, test.wantErr)
			}
		})
	}
}
