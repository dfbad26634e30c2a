package automation_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/automation"
	"hubmend/internal/ssmtext"
)

// planOf plans a document, and fails when a call went out that does not read.
func planOf(t *testing.T, document string, w *world) (e automation.Execution) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		executor := automation.Executor{API: w, Scripts: w, Plan: true}
		e = executor.Run(t.Context(), request(t, document, w.parameters))
	})
	for _, c := range w.calls {
		if !strings.HasPrefix(c, "ec2:Describe") {
			t.Errorf("it called %s", c)
		}
	}
	return e
}

// reasons are why steps did not run, by their names.
func reasons(e automation.Execution) map[string]string {
	m := map[string]string{}
	for _, s := range e.Steps {
		if s.Reason != "" {
			m[s.Name] = s.Reason
		}
	}
	return m
}

const (
	look   = "  - {name: %s, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeVpcs}, outputs: [{Name: Id, Selector: '$.Vpcs[0].VpcId', Type: String}]}\n"
	change = "  - {name: %s, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DeleteVpc, VpcId: '{{ look.Id }}'}, outputs: [{Name: Gone, Selector: $.Gone, Type: String}]}\n"
	decide = "  - {name: decide, action: aws:executeScript, inputs: {Runtime: python3.11, Handler: h, Script: s, InputPayload: {id: '{{ %s }}'}}, outputs: [{Name: Id, Selector: $.Payload.id, Type: String}]}\n"
)

func named(step, name string) string { return strings.Replace(step, "%s", name, 1) }

const twoVpcs = `{"Vpcs": [{"VpcId": "vpc-1"}]}`

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps string
		api   func(context.Context, int, string, map[string]any) (any, error)
		want  []string          // the steps with their statuses
		why   map[string]string // parts of the reasons
		may   []string
		calls int
	}{
		"a write is withheld, and a look at it is not made": {
			steps: named(look, "look") + named(change, "delete") + named(look, "again"),
			want:  []string{"look Success", "delete Withheld", "again Unknown"},
			why:   map[string]string{"delete": "ec2:DeleteVpc would change something", "again": "looks at what the repair changes"},
			calls: 1,
		},
		"the same read is made twice as long as nothing changes": {
			steps: named(look, "look") + named(look, "again"), want: []string{"look Success", "again Success"}, calls: 2,
		},
		"another read is made after a write": {
			steps: named(look, "look") + named(change, "delete") + "  - {name: other, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeSubnets}}\n",
			want:  []string{"look Success", "delete Withheld", "other Success"}, calls: 2,
		},
		"what needs the answer of a write does not run": {
			steps: named(look, "look") + named(change, "delete") + named(decide, "delete.Gone") + "  - {name: next, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeSubnets, SubnetIds: ['{{ decide.Id }}']}}\n",
			want:  []string{"look Success", "delete Withheld", "decide Unknown", "next Unknown"},
			why:   map[string]string{"decide": "needs delete.Gone", "next": "needs decide.Id"}, calls: 1,
		},
		"a write that needs the answer of another is withheld too": {
			steps: named(look, "look") + named(change, "delete") + "  - {name: second, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DeleteSubnet, SubnetId: 'x-{{ delete.Gone }}'}}\n",
			want:  []string{"look Success", "delete Withheld", "second Withheld"}, calls: 1,
		},
		"a branch on what is not known ends the way, and says what may follow": {
			steps: named(look, "look") + named(change, "delete") +
				"  - {name: choose, action: aws:branch, inputs: {Choices: [{NextStep: more, Variable: '{{ delete.Gone }}', StringEquals: x}], Default: more}}\n" +
				"  - {name: more, action: aws:executeAwsApi, inputs: {Service: ec2, Api: CreateVpc}}\n" + strings.Replace(change, "%s", "same", 1),
			want: []string{"look Success", "delete Withheld", "choose Unknown"}, may: []string{"ec2:CreateVpc"}, calls: 1,
		},
		"a loop goes on after a write, once": {
			steps: named(look, "look") + `  - name: each
    action: aws:loop
    inputs:
      Iterators: [a, b]
      Steps:
        - {name: read, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeSubnets, SubnetIds: ["{{ each.CurrentIteratorValue }}"]}}
        - {name: delete, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DeleteSubnet, SubnetId: "{{ each.CurrentIteratorValue }}"}}
  - name: confirm
    action: aws:loop
    inputs:
      MaxIterations: 5
      LoopCondition: {Variable: "{{ reread.Id }}", StringEquals: vpc-1}
      Steps:
        - {name: reread, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeVpcs}, outputs: [{Name: Id, Selector: "$.Vpcs[0].VpcId", Type: String}]}
`,
			want: []string{
				"look Success", "each Success", "each#1(a)/read Success", "each#1(a)/delete Withheld", "each#2(b)/read Success", "each#2(b)/delete Withheld",
				"confirm Success", "confirm#1()/reread Unknown",
			},
			calls: 3,
		},
		"a loop over what is not known does not run, and says what may follow": {
			steps: named(look, "look") + named(change, "delete") + `  - name: each
    action: aws:loop
    inputs: {Iterators: "{{ delete.Gone }}", Steps: [{name: inner, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DeleteSubnet, SubnetId: "{{ each.CurrentIteratorValue }}"}}]}
`,
			want: []string{"look Success", "delete Withheld", "each Unknown"}, may: []string{"ec2:DeleteSubnet"}, calls: 1,
		},
		"a wait after a write would wait for ever": {
			steps: named(look, "look") + named(change, "delete") +
				"  - {name: wait, action: aws:waitForAwsResourceProperty, inputs: {Service: ec2, Api: DescribeSubnets, PropertySelector: $.X, DesiredValues: [x]}}\n",
			want: []string{"look Success", "delete Withheld", "wait Unknown"}, calls: 1,
		},
		"nothing needs time": {
			steps: named(look, "look") + "  - {name: sleep, action: aws:sleep, inputs: {Duration: P6D}}\n", want: []string{"look Success", "sleep Success"}, calls: 1,
		},
		"a step that fails after a write may fail because of that": {
			steps: named(look, "look") + named(change, "delete") + "  - {name: other, action: aws:executeAwsApi, inputs: {Service: ec2, Api: DescribeSubnets}}\n",
			api: func(_ context.Context, n int, _ string, _ map[string]any) (any, error) {
				if n == 2 {
					return nil, errDisconnected
				}
				return twoVpcs, nil
			},
			want: []string{"look Success", "delete Withheld", "other Unknown"}, why: map[string]string{"other": "fails while nothing is changed: "}, calls: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: tc.api}
			if w.api == nil {
				w.api = answer(twoVpcs)
			}
			e := planOf(t, main(tc.steps), w)
			if e.Status != automation.Success {
				t.Fatalf("%s: %s", e.Status, e.Reason())
			}
			if diff := cmp.Diff(tc.want, story(e)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.may, e.MayCall); diff != "" {
				t.Errorf("may call: %s", diff)
			}
			for step, part := range tc.why {
				if got := reasons(e)[step]; !strings.Contains(got, part) {
					t.Errorf("%s: %q, want %q", step, got, part)
				}
			}
			if len(w.calls) != tc.calls {
				t.Errorf("made the calls %q", w.calls)
			}
		})
	}
}

// What fails before anything is withheld fails in the repair too.
func TestPlanFailsAsTheRepairWould(t *testing.T) {
	t.Parallel()
	w := &world{api: refuse("InvalidVpcID.NotFound", "there is no VPC")}
	e := planOf(t, main(named(look, "look")+named(change, "delete")), w)
	wantFailure(t, e, "(InvalidVpcID.NotFound)")
	if len(e.Steps) != 1 {
		t.Errorf("ran %q", story(e))
	}
}

// What is known of the input of a withheld call is told; the rest stays a reference.
func TestPlanTellsTheInput(t *testing.T) {
	t.Parallel()
	e := planOf(t, main(named(look, "look")+named(change, "delete")+
		"  - {name: tag, action: aws:executeAwsApi, inputs: {Service: ec2, Api: CreateTags, Resources: ['{{ look.Id }}', 'a/{{ delete.Gone }}'], DryRun: '{{ delete.Gone }}'}}\n"),
		&world{api: answer(twoVpcs)})
	want := map[string]any{"Service": "ec2", "Api": "CreateTags", "Resources": []any{"vpc-1", "a/{{ delete.Gone }}"}, "DryRun": "{{ delete.Gone }}"}
	if diff := cmp.Diff(want, e.Steps[2].Inputs); diff != "" {
		t.Error(diff)
	}
}

func TestPlanForgetsAVariableThatIsNotKnown(t *testing.T) {
	t.Parallel()
	document := `schemaVersion: "0.3"
variables: {note: {type: String, default: old}}
mainSteps:
` + named(look, "look") + named(change, "delete") + `
  - {name: set, action: aws:updateVariable, inputs: {Name: variable:note, Value: "{{ delete.Gone }}"}}
  - {name: use, action: aws:executeScript, inputs: {Runtime: python3.11, Handler: h, Script: s, InputPayload: {id: "{{ variable:note }}"}}}
  - {name: reset, action: aws:updateVariable, inputs: {Name: variable:note, Value: new}}
  - {name: again, action: aws:executeScript, inputs: {Runtime: python3.11, Handler: h, Script: s, InputPayload: {id: "{{ variable:note }}"}}}
outputs: [look.Id, delete.Gone]
`
	w := &world{api: answer(twoVpcs)}
	e := planOf(t, document, w)
	if diff := cmp.Diff([]string{"look Success", "delete Withheld", "set Unknown", "use Unknown", "reset Success", "again Success"}, story(e)); diff != "" {
		t.Error(diff)
	}
	if len(w.scripts) != 1 || !strings.Contains(w.scripts[0], `"id":"new"`) {
		t.Errorf("ran the scripts %q", w.scripts)
	}
	if diff := cmp.Diff(map[string][]string{"look.Id": {"vpc-1"}, "delete.Gone": {ssmtext.NoOutput}}, e.Outputs); diff != "" {
		t.Error(diff)
	}
}

// Systems Manager does not know the execution of a plan.
func TestPlanRemembersItself(t *testing.T) {
	t.Parallel()
	w := &world{api: refuse("NoSuchThing", "none")}
	e := planOf(t, main(`
  - {name: read, action: aws:executeAwsApi, onFailure: Continue, isCritical: false, inputs: {Service: ec2, Api: DescribeVpcs}}
  - name: recall
    action: aws:executeAwsApi
    inputs: {Service: ssm, Api: GetAutomationExecution, AutomationExecutionId: "{{ automation:EXECUTION_ID }}"}
    outputs: [{Name: Failure, Selector: "$.AutomationExecution.StepExecutions[0].FailureMessage", Type: String}, {Name: Status, Selector: "$.AutomationExecution.StepExecutions[0].StepStatus", Type: String}]
`), w)
	if e.Status != automation.Success || len(w.calls) != 1 {
		t.Fatalf("%s: %s, after %q", e.Status, e.Reason(), w.calls)
	}
	if got := e.Steps[1].Outputs; got["Status"][0] != "Failed" || !strings.Contains(got["Failure"][0], "(NoSuchThing)") {
		t.Errorf("it recalls %v", got)
	}
}

// Without Plan everything is as ever: nothing is withheld.
func TestARunWritesAndReadsAgain(t *testing.T) {
	t.Parallel()
	w := &world{api: answer(twoVpcs)}
	e := execute(t, main(named(look, "look")+named(change, "delete")+named(look, "again")), w)
	if diff := cmp.Diff([]string{"look Success", "delete Success", "again Success"}, story(e)); diff != "" || len(w.calls) != 3 {
		t.Error(diff, w.calls)
	}
}
