package templates_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
)

// permissions of the functions: the actions, and on what. Every line is there because the
// code makes that call; whoever adds one here should find the call too.
var permissions = map[string][]string{
	"hubmend-dispatch": {
		"dynamodb:GetItem dynamodb:PutItem on dynamodb table/hubmend-ledger",
		"dynamodb:UpdateItem on dynamodb table/hubmend-ledger",
		"events:PutEvents on events event-bus/default",
		"logs:CreateLogStream logs:PutLogEvents on /aws/lambda/hubmend-dispatch",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"organizations:ListParents on organizations::*:account/* organizations::*:ou/*",
		"organizations:ListTagsForResource on organizations::*:account/*",
		"securityhub:DescribeSecurityHubV2 on *",
		"securityhub:GetFindings securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"sns:Publish on hubmend-notifications",
		"sqs:ChangeMessageVisibility on hubmend-findings",
		"sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes on hubmend-findings",
		"sqs:SendMessage on hubmend-findings-dlq",
		"ssm:GetParameter on ssm parameter/hubmend/switch",
		"sts:AssumeRole on role/hubmend-dispatch",
	},
	"hubmend-settle": {
		"dynamodb:GetItem dynamodb:PutItem on dynamodb table/hubmend-ledger",
		"events:PutEvents on events event-bus/default",
		"logs:CreateLogStream logs:PutLogEvents on /aws/lambda/hubmend-settle",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"securityhub:DescribeSecurityHubV2 on *",
		"securityhub:GetFindings securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"sns:Publish on hubmend-notifications",
		"sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes on hubmend-outcomes",
		"sqs:SendMessage on hubmend-outcomes", "sqs:SendMessage on hubmend-outcomes-dlq",
		"sts:AssumeRole on role/hubmend-settle",
	},
	"hubmend-sweep": {
		"dynamodb:BatchGetItem on dynamodb table/hubmend-ledger",
		"dynamodb:GetItem dynamodb:PutItem on dynamodb table/hubmend-ledger",
		"dynamodb:Query on dynamodb table/hubmend-ledger", "dynamodb:Query on dynamodb table/hubmend-ledger/index/open",
		"events:PutEvents on events event-bus/default",
		"logs:CreateLogStream logs:PutLogEvents on /aws/lambda/hubmend-sweep",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"never securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"securityhub:DescribeSecurityHubV2 on *",
		"securityhub:GetFindings securityhub:BatchUpdateFindings on securityhub hub/default securityhub hubv2/*",
		"sns:Publish on hubmend-notifications",
		"sqs:SendMessage on hubmend-findings hubmend-outcomes",
		"ssm:GetParameter on ssm parameter/hubmend/switch",
	},
	"hubmend-custom-action": {
		"logs:CreateLogStream logs:PutLogEvents on /aws/lambda/hubmend-custom-action",
		"securityhub:CreateActionTarget securityhub:UpdateActionTarget securityhub:DeleteActionTarget " +
			"securityhub:DescribeActionTargets on securityhub hub/default",
	},
}

func TestFunctionsMayDoWhatTheyDo(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	got := map[string][]string{}
	for _, f := range stack.all("AWS::Lambda::Function") {
		name, _ := f.Properties["FunctionName"].(string)
		role := stack.behind(f.Properties["Role"])
		if diff := cmp.Diff(trust(object{"Service": "lambda.amazonaws.com"}, nil),
			role.Properties["AssumeRolePolicyDocument"]); diff != "" {
			t.Errorf("%s: trust (-want +got):\n%s", name, diff)
		}
		for _, s := range statements(t, role) {
			got[name] = append(got[name], stack.permission(s))
		}
		slices.Sort(got[name])
	}
	if diff := cmp.Diff(permissions, got); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	if roles := len(stack.all("AWS::IAM::Role")); roles != len(permissions)+1 {
		t.Errorf("%d roles, want %d, one for each function and the launch role", roles, len(permissions)+1)
	}
}

// permission writes a statement as the table above does.
func (t template) permission(statement any) string {
	var words []string
	if at(statement, "Effect") == "Deny" {
		words = append(words, "never")
	}
	for _, action := range list(at(statement, "Action")) {
		words = append(words, action.(string))
	}
	words = append(words, "on")
	for _, r := range list(at(statement, "Resource")) {
		words = append(words, t.named(r))
	}
	return strings.Join(words, " ")
}

// named writes what a reference is to: a resource of the template by its name, and an ARN
// without what is the same in all of them.
func (t template) named(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	if text, ok := at(v, "Fn::Sub").(string); ok {
		return strings.NewReplacer("arn:${AWS::Partition}:", "", ":${AWS::Region}:${AWS::AccountId}:", " ", "iam::*:",
			"").Replace(text)
	}
	if parts := list(at(v, "Fn::Join", 1)); parts != nil {
		var texts []string
		for _, part := range parts {
			texts = append(texts, t.named(part))
		}
		return strings.Join(texts, at(v, "Fn::Join", 0).(string))
	}
	for _, name := range []string{"TableName", "QueueName", "LogGroupName", "TopicName", "FunctionName"} {
		if text, ok := t.behind(v).Properties[name].(string); ok {
			return text
		}
	}
	return "?"
}

func TestFunctionsReachOnlyTheirMemberRole(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	for function, member := range map[string]string{"hubmend-dispatch-function": "hubmend-dispatch",
		"hubmend-settle-function": "hubmend-settle"} {
		var assume, forbidden []any
		for _, s := range statements(t, stack.one(t, "AWS::IAM::Role", "RoleName", function)) {
			switch {
			case at(s, "Action") == "sts:AssumeRole":
				assume = append(assume, s)
			case at(s, "Effect") == "Deny":
				forbidden = append(forbidden, at(s, "Condition"))
			}
		}
		want := []any{object{
			"Sid": "Member", "Effect": "Allow", "Action": "sts:AssumeRole",
			"Resource": sub("arn:${AWS::Partition}:iam::*:role/" + member),
			"Condition": object{"StringEquals": object{"Fn::If": []any{
				"HasOrganization", object{"aws:ResourceOrgID": ref("OrganizationId")},
				object{"aws:ResourceAccount": ref("AWS::AccountId")},
			}}},
		}}
		if diff := cmp.Diff(want, assume); diff != "" {
			t.Errorf("%s (-want +got):\n%s", function, diff)
		}
		never := []any{
			object{"StringEquals": object{"securityhub:ASFFSyntaxPath/Workflow.Status": "SUPPRESSED"}},
			object{"StringEquals": object{"securityhub:OCSFSyntaxPath/StatusId": []any{"3", "5"}}},
			object{"Null": object{"securityhub:OCSFSyntaxPath/SeverityId": "false"}},
		}
		if diff := cmp.Diff(never, forbidden); diff != "" {
			t.Errorf("%s may suppress findings or change their severity (-want +got):\n%s", function, diff)
		}
	}
}

// Consumers trust events with Hubmend's source, so no other source may be used, and only for Hubmend's events.
func TestFunctionsAnnounceAsThemselves(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	for _, function := range []string{"dispatch", "settle", "sweep"} {
		var announce []any
		for _, s := range statements(t, stack.one(t, "AWS::IAM::Role", "RoleName", "hubmend-"+function+"-function")) {
			if at(s, "Sid") == "Announce" {
				announce = append(announce, at(s, "Condition"))
			}
		}
		if diff := cmp.Diff([]any{object{"StringEquals": object{"events:source": "hubmend"}}}, announce); diff != "" {
			t.Errorf("%s (-want +got):\n%s", function, diff)
		}
		f := stack.one(t, "AWS::Lambda::Function", "FunctionName", "hubmend-"+function)
		if bus := at(f.Properties, "Environment", "Variables", "HUBMEND_EVENT_BUS"); bus != "default" {
			t.Errorf("%s puts events on %v", function, bus)
		}
	}
}
