package lab_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"hubmend/internal/lab"
)

// tagVPC is a document with a step that calls AWS and a script, which names a VPC after
// its CIDR.
const tagVPC = `{
	"schemaVersion": "0.3", "assumeRole": "{{ AutomationAssumeRole }}",
	"parameters": {
		"AutomationAssumeRole": {"type": "String", "allowedPattern": "^arn:aws:iam::[0-9]{12}:role/[a-z-]+$"},
		"VpcId": {"type": "String", "allowedPattern": "^vpc-[0-9a-f]+$"},
		"Words": {"type": "StringList", "default": ["net"], "maxItems": 2}
	},
	"mainSteps": [
		{"name": "read", "action": "aws:executeAwsApi", "inputs": {"Service": "ec2", "Api": "DescribeVpcs", "VpcIds": ["{{ VpcId }}"]},
		 "outputs": [{"Name": "Cidr", "Selector": "$.Vpcs[0].CidrBlock", "Type": "String"}]},
		{"name": "decide", "action": "aws:executeScript", "inputs": {"Runtime": "python3.11", "Handler": "decide",
		 "InputPayload": {"cidr": "{{ read.Cidr }}", "words": "{{ Words }}"},
		 "Script": "def decide(events, context):\n    if events['words'] == ['bad']:\n        raise ValueError('that is a bad word')\n    return {'Name': '-'.join(events['words'] + [events['cidr']])}\n"},
		 "outputs": [{"Name": "Name", "Selector": "$.Payload.Name", "Type": "String"}]},
		{"name": "tag", "action": "aws:executeAwsApi", "isEnd": true,
		 "inputs": {"Service": "ec2", "Api": "CreateTags", "Resources": ["{{ VpcId }}"], "Tags": [{"Key": "Name", "Value": "{{ decide.Name }}"}]}}
	],
	"outputs": ["decide.Name"]
}`

// automated is a lab with the document in every account and Region.
type automated struct {
	world
	runs string // ARN of the role that the document may run under
	vpc  string
}

func startAutomated(t *testing.T) automated {
	t.Helper()
	w := up(t, stacks{runbooks: resources{"Doc": resource("AWS::SSM::Document",
		object{"Name": "tag-vpc", "Content": tagVPC})}})
	role := w.role(t, member, "runs",
		trust(object{"Service": "ssm.amazonaws.com"}, object{"StringEquals": object{"aws:SourceAccount": member}}))
	vpc, _ := at(w.call(t, member, "ec2", "CreateVpc", object{"CidrBlock": "10.1.0.0/16"}), "Vpc", "VpcId").(string)
	return automated{w, role, vpc}
}

// input is that of an execution, with some parameters changed; nil removes one.
func (a automated) input(changes object) object {
	parameters := object{"AutomationAssumeRole": []any{a.runs}, "VpcId": []any{a.vpc}}
	for name, value := range changes {
		parameters[name] = value
		if value == nil {
			delete(parameters, name)
		}
	}
	return object{"DocumentName": "tag-vpc", "Parameters": parameters}
}

func (a automated) start(t *testing.T, input object) (id string) {
	t.Helper()
	id, _ = a.call(t, member, "ssm", "StartAutomationExecution", input)["AutomationExecutionId"].(string)
	return id
}

// execution waits for an execution's end.
func (a automated) execution(t *testing.T, id string) object {
	t.Helper()
	a.quiet(t)
	e, _ := at(a.call(t, member, "ssm", "GetAutomationExecution", object{"AutomationExecutionId": id}),
		"AutomationExecution").(object)
	return e
}

func TestAutomation(t *testing.T) {
	t.Parallel()
	a := startAutomated(t)
	t.Run("start", a.testStartRefuses)
	t.Run("execution", a.testExecution)
	t.Run("steps", a.testSteps)
	t.Run("token", a.testClientToken)
}

func (a automated) testStartRefuses(t *testing.T) {
	elsewhere := a.role(t, member, "elsewhere",
		trust(object{"Service": "ssm.amazonaws.com"}, object{"StringEquals": object{"aws:SourceAccount": admin}}))
	lambda := a.role(t, member, "lambda", trust(object{"Service": "lambda.amazonaws.com"}, nil))
	const invalid = "InvalidAutomationExecutionParametersException"
	for name, tc := range map[string]struct {
		input      object
		code, says string
	}{
		"unknown document": {object{"DocumentName": "tag-vpc2"}, "AutomationDefinitionNotFoundException",
			"tag-vpc2"},
		"missing parameter":   {a.input(object{"VpcId": nil}), invalid, "VpcId"},
		"unknown parameter":   {a.input(object{"VpcIdd": []any{"x"}}), invalid, "VpcIdd"},
		"against its pattern": {a.input(object{"VpcId": []any{"vpc-1 or so"}}), invalid, "allowed pattern"},
		"two values":          {a.input(object{"VpcId": []any{"vpc-1", "vpc-2"}}), invalid, "VpcId"},
		"too many items":      {a.input(object{"Words": []any{"a", "b", "c"}}), invalid, "at most 2"},
		"no role":             {a.input(object{"AutomationAssumeRole": nil}), invalid, "AutomationAssumeRole"},
		"role does not exist": {a.input(object{"AutomationAssumeRole": []any{a.runs + "-not"}}), invalid,
			"does not exist"},
		"role of a function": {a.input(object{"AutomationAssumeRole": []any{lambda}}), invalid,
			"does not allow ssm.amazonaws.com"},
		"for another account": {a.input(object{"AutomationAssumeRole": []any{elsewhere}}), invalid,
			"does not allow ssm.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			a.refused(t, member, "ssm", "StartAutomationExecution", tc.input, tc.code, tc.says)
		})
	}
	if got := a.Executions(); len(got) != 0 {
		t.Errorf("%d executions started all the same", len(got))
	}
}

func (a automated) testExecution(t *testing.T) {
	id := a.start(t, a.input(nil))
	e := a.execution(t, id)
	if e["AutomationExecutionStatus"] != "Success" || at(e, "Outputs", "decide.Name", 0) != "net-10.1.0.0/16" {
		t.Errorf("status %v, outputs %v, %v", e["AutomationExecutionStatus"], e["Outputs"], e["FailureMessage"])
	}
	if e["DocumentName"] != "tag-vpc" || e["ExecutedBy"] != "arn:aws:iam::"+member+":user/lab-operator" ||
		at(e, "Parameters", "VpcId", 0) != a.vpc {
		t.Errorf("the execution is %v", e)
	}
	if diff := cmp.Diff([]string{"read Success", "decide Success", "tag Success"}, stepsOf(e)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if name := at(a.call(t, member, "ec2", "DescribeVpcs", object{"VpcIds": []any{a.vpc}}), "Vpcs", 0, "Tags", 0,
		"Value"); name != "net-10.1.0.0/16" {
		t.Errorf("the VPC is called %v", name)
	}
	if !slices.ContainsFunc(a.Calls(), func(c lab.APICall) bool {
		return c.API == "CreateTags" && c.Caller == "arn:aws:sts::"+member+":assumed-role/runs/Automation-"+id
	}) {
		t.Error("the steps did not call under the runbook's role")
	}

	t.Run("another account does not see it", func(t *testing.T) {
		a.refused(t, admin, "ssm", "GetAutomationExecution", object{"AutomationExecutionId": id},
			"AutomationExecutionNotFoundException", id)
		if list := a.call(t, admin, "ssm", "DescribeAutomationExecutions",
			object{})["AutomationExecutionMetadataList"]; at(list, 0) != nil {
			t.Errorf("it lists %v", list)
		}
	})
	t.Run("a script that raises", func(t *testing.T) {
		e := a.execution(t, a.start(t, a.input(object{"Words": []any{"bad"}})))
		if message, _ := e["FailureMessage"].(string); e["AutomationExecutionStatus"] != "Failed" ||
			!strings.Contains(message, "that is a bad word") {
			t.Errorf("status %v: %v", e["AutomationExecutionStatus"], message)
		}
	})
	t.Run("a call that AWS refuses", func(t *testing.T) {
		e := a.execution(t, a.start(t, a.input(object{"VpcId": []any{"vpc-0123"}})))
		if message, _ := e["FailureMessage"].(string); e["AutomationExecutionStatus"] != "Failed" ||
			!strings.Contains(message, "InvalidVpcID.NotFound") {
			t.Errorf("status %v: %v", e["AutomationExecutionStatus"], message)
		}
	})
	t.Run("an intervention", func(t *testing.T) {
		a.intervene(t, lab.Intervention{Before: "ec2:CreateTags", ErrorCode: "RequestLimitExceeded",
			ErrorMessage: "slow down",
			Call: &lab.Call{Account: member, Region: home, Service: "logs", API: "CreateLogGroup",
				Input: object{"logGroupName": "meanwhile"}}})
		e := a.execution(t, a.start(t, a.input(nil)))
		if message, _ := e["FailureMessage"].(string); !strings.Contains(message, "RequestLimitExceeded") {
			t.Errorf("status %v: %v", e["AutomationExecutionStatus"], message)
		}
		if at(a.call(t, member, "logs", "DescribeLogGroups", object{}), "logGroups", 0, "logGroupName") != "meanwhile" {
			t.Error("the call before it was not made")
		}
		if e := a.execution(t, a.start(t, a.input(nil))); e["AutomationExecutionStatus"] != "Success" {
			t.Errorf("it happens more often than once: %v", e["FailureMessage"])
		}
	})
}

// Steps that never started are listed as well, wherever they are asked for.
func (a automated) testSteps(t *testing.T) {
	id := a.start(t, a.input(object{"Words": []any{"bad"}}))
	e := a.execution(t, id)
	name := func(keys ...string) object { return filter("StepName", keys...) }
	status := func(keys ...string) object { return filter("StepExecutionStatus", keys...) }
	for says, tc := range map[string]struct {
		input object
		want  []string
	}{
		"all":            {object{}, []string{"read Success", "decide Failed", "tag Pending"}},
		"the last first": {object{"ReverseOrder": true}, []string{"tag Pending", "decide Failed", "read Success"}},
		"the last that ran": {object{"ReverseOrder": true, "MaxResults": 1,
			"Filters": []any{status("Success", "Failed")}}, []string{"decide Failed"}},
		"one by its name":    {object{"Filters": []any{name("read")}}, []string{"read Success"}},
		"one that is not so": {object{"Filters": []any{name("tag"), status("Success", "Failed")}}, nil},
		"a page":             {object{"MaxResults": 2}, []string{"read Success", "decide Failed"}},
		"the next page":      {object{"MaxResults": 2, "NextToken": "2"}, []string{"tag Pending"}},
	} {
		t.Run(says, func(t *testing.T) {
			tc.input["AutomationExecutionId"] = id
			out := a.call(t, member, "ssm", "DescribeAutomationStepExecutions", tc.input)
			if diff := cmp.Diff(tc.want, stepsOf(out)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if token := out["NextToken"]; (token == "2") != (says == "a page") {
				t.Errorf("the token is %v", token)
			}
		})
	}
	if diff := cmp.Diff([]string{"read Success", "decide Failed", "tag Pending"}, stepsOf(e)); diff != "" {
		t.Errorf("steps of the execution (-want +got):\n%s", diff)
	}
	asked := object{"AutomationExecutionId": id}
	a.refused(t, admin, "ssm", "DescribeAutomationStepExecutions", asked, "AutomationExecutionNotFoundException", id)
	asked["Filters"] = []any{filter("StartTimeAfter", "2020-01-01")}
	a.refused(t, member, "ssm", "DescribeAutomationStepExecutions", asked, "InvalidFilterKey", "StartTimeAfter")
}

func filter(key string, values ...string) object { return object{"Key": key, "Values": values} }

// stepsOf gives the names and statuses of the steps in an answer.
func stepsOf(answer object) []string {
	var steps []string
	list, _ := answer["StepExecutions"].([]any)
	for i := range list {
		steps = append(steps, at(list, i, "StepName").(string)+" "+at(list, i, "StepStatus").(string))
	}
	return steps
}

// A second request with the same token gets the execution that the first request started.
func (a automated) testClientToken(t *testing.T) {
	before := len(a.Executions())
	withToken := func(token string) object {
		in := a.input(nil)
		in["ClientToken"] = token
		return in
	}
	one, two := uuid.NewString(), uuid.NewString()
	first := a.start(t, withToken(one))
	if again := a.start(t, withToken(one)); again != first {
		t.Errorf("the same token starts %s, then %s", first, again)
	}
	a.quiet(t)
	if again := a.start(t, withToken(one)); again != first {
		t.Errorf("after its end the same token starts %s", again)
	}
	if other := a.start(t, withToken(two)); other == first {
		t.Error("another token gives the same execution")
	}
	a.start(t, a.input(nil))
	a.start(t, a.input(nil))
	a.quiet(t)
	if got := len(a.Executions()) - before; got != 4 {
		t.Errorf("%d executions, want one for each token and two without", got)
	}
	t.Run("with other parameters", func(t *testing.T) {
		in := withToken(one)
		in["Parameters"].(object)["Words"] = []any{"other"}
		a.refused(t, member, "ssm", "StartAutomationExecution", in, "IdempotentParameterMismatch", "")
	})
}

// Closing a lab ends what it runs.
func TestCloseEndsExecutions(t *testing.T) {
	t.Parallel()
	nap := `{"schemaVersion": "0.3", "assumeRole": "arn:aws:iam::222222222222:role/naps", "mainSteps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT6H"}, "isEnd": true}]}`
	l, err := lab.Start(t.Context(),
		config(t, stacks{runbooks: resources{"Doc": resource("AWS::SSM::Document",
			object{"Name": "nap", "Content": nap})}}.synthesize(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Deploy(t.Context()); err != nil {
		t.Error(err)
	}
	w := world{l}
	w.role(t, member, "naps", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	w.call(t, member, "ssm", "StartAutomationExecution", object{"DocumentName": "nap"})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := l.Quiet(ctx); err == nil {
		t.Error("the lab is quiet while a runbook runs")
	}
	begin := time.Now()
	if err := l.Close(); err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("Close took %v, %v", time.Since(begin), err)
	}
}
