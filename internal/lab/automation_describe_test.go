package lab_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

// branching is a document with a step that fails and leads elsewhere, and a loop.
const branching = `{"schemaVersion": "0.3", "assumeRole": "arn:aws:iam::222222222222:role/runs", "mainSteps": [
	{"name": "read", "action": "aws:executeAwsApi", "onFailure": "step:each", "isCritical": false, "maxAttempts": 1, "timeoutSeconds": 30,
	 "inputs": {"Service": "ec2", "Api": "DescribeVpcs", "VpcIds": ["vpc-0123"]}},
	{"name": "never", "action": "aws:sleep", "nextStep": "each", "inputs": {"Duration": "PT0S"}},
	{"name": "each", "action": "aws:loop", "isEnd": true, "inputs": {"Iterators": ["a", "b"], "Steps": [
		{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]}}]}`

// GetAutomationExecution describes each step with what the document says of it, what failed, and the
// iteration that it was in.
func TestStepsAreDescribed(t *testing.T) {
	t.Parallel()
	w := upAs(t, stacks{
		runbooks: resources{"Doc": resource("AWS::SSM::Document", object{"Name": "branching", "Content": branching})}},
		func(c *lab.Config) { c.Faults.PendingFor = lab.Duration(1500 * time.Millisecond) })
	w.role(t, member, "runs", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	w.grant(t, member, "runs", object{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"})
	id := w.call(t, member, "ssm", "StartAutomationExecution",
		object{"DocumentName": "branching"})["AutomationExecutionId"]
	get := func() object {
		e, _ := at(w.call(t, member, "ssm", "GetAutomationExecution", object{"AutomationExecutionId": id}),
			"AutomationExecution").(object)
		return e
	}
	if e := get(); e["AutomationExecutionStatus"] != "Pending" || e["ExecutionStartTime"] == nil ||
		e["ExecutionEndTime"] != nil {
		t.Errorf("just started, the execution is %v", e)
	}
	w.quiet(t)
	e := get()
	if e["AutomationExecutionStatus"] != "Success" || e["StepExecutionsTruncated"] != false {
		t.Errorf("the execution ends with %v: %v", e["AutomationExecutionStatus"], e["FailureMessage"])
	}
	var got []object
	for i := range e["StepExecutions"].([]any) {
		step := object{}
		for _, name := range []string{"StepName", "StepStatus", "OnFailure", "IsCritical", "IsEnd", "NextStep",
			"MaxAttempts", "TimeoutSeconds", "ValidNextSteps", "FailureDetails", "ParentStepDetails"} {
			if value := at(e, "StepExecutions", i, name); value != nil {
				step[name] = value
			}
		}
		got = append(got, step)
	}
	nap := func(iteration float64, value string) object {
		return object{"StepName": "nap", "StepStatus": "Success", "OnFailure": "Abort", "IsCritical": true,
			"IsEnd": false, "ParentStepDetails": object{
				"StepExecutionId": "step-2", "StepName": "each", "Action": "aws:loop", "Iteration": iteration,
				"IteratorValue": value}}
	}
	want := []object{
		{"StepName": "read", "StepStatus": "Failed", "OnFailure": "step:each", "IsCritical": false, "IsEnd": false,
			"MaxAttempts": 1.0, "TimeoutSeconds": 30.0,
			"ValidNextSteps": []any{"each", "never"},
			"FailureDetails": object{"FailureStage": "Invocation", "FailureType": "Action"}},
		{"StepName": "each", "StepStatus": "Success", "OnFailure": "Abort", "IsCritical": true, "IsEnd": true},
		nap(1, "a"), nap(2, "b"),
		{"StepName": "never", "StepStatus": "Pending", "OnFailure": "Abort", "IsCritical": true, "IsEnd": false,
			"NextStep": "each", "ValidNextSteps": []any{"each"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
