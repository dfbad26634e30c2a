package authz_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/authz"
)

type object = map[string]any

func table(t *testing.T) authz.Table {
	t.Helper()
	all, err := authz.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func call(service, api string, input object) authz.Call {
	return authz.Call{Partition: "aws", Region: "eu-west-1", Account: "222222222222", Service: service, API: api,
		Input: input}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	const in = ":eu-west-1:222222222222:"
	for name, tc := range map[string]struct {
		call authz.Call
		want []string // action, on, resource; and the context
	}{
		"no resource level": {call("ec2", "DescribeVpcs", nil), []string{"ec2:DescribeVpcs on *"}},
		"a name": {call("kms", "DescribeKey", object{"KeyId": "k"}),
			[]string{"kms:DescribeKey on arn:aws:kms" + in + "key/k"}},
		"an ARN": {call("kms", "DescribeKey", object{"KeyId": "arn:aws:kms:x:3:key/k"}),
			[]string{"kms:DescribeKey on arn:aws:kms:x:3:key/k"}},
		"a trail elsewhere": {call("cloudtrail", "GetTrail", object{"Name": "arn:aws:cloudtrail:us-east-1:9:trail/t"}),
			[]string{"cloudtrail:GetTrail on arn:aws:cloudtrail:us-east-1:9:trail/t"}},
		"items of a list": {
			call("ec2", "CreateFlowLogs", object{"ResourceId": []any{"vpc-1", "vpc-2"}}),
			[]string{"ec2:CreateFlowLogs on arn:aws:ec2" + in + "vpc/vpc-1",
				"ec2:CreateFlowLogs on arn:aws:ec2" + in + "vpc/vpc-2",
				"ec2:CreateFlowLogs on arn:aws:ec2" + in + "vpc-flow-log/*"},
		},
		"starting, with a role": {
			call("ssm", "StartAutomationExecution",
				object{"DocumentName": "d",
					"Parameters": object{"AutomationAssumeRole": []any{"arn:aws:iam::2:role/r"}}}),
			[]string{
				"ssm:StartAutomationExecution on arn:aws:ssm" + in + "document/d",
				"ssm:StartAutomationExecution on arn:aws:ssm" + in + "automation-execution/*",
				"iam:PassRole on arn:aws:iam::2:role/r if iam:PassedToService=ssm.amazonaws.com",
			},
		},
		"starting a version": {
			call("ssm", "StartAutomationExecution", object{"DocumentName": "d", "DocumentVersion": "3"}),
			[]string{
				"ssm:StartAutomationExecution on arn:aws:ssm" + in + "document/d if ssm:DocumentVersion=3",
				"ssm:StartAutomationExecution on arn:aws:ssm" + in + "automation-execution/* if ssm:DocumentVersion=3",
			},
		},
		"starting another account's": {
			call("ssm", "StartAutomationExecution", object{"DocumentName": "arn:aws:ssm:x:9:document/d"}),
			[]string{"ssm:StartAutomationExecution on arn:aws:ssm:x:9:document/d",
				"ssm:StartAutomationExecution on arn:aws:ssm" + in + "automation-execution/*"},
		},
		"the table": {call("dynamodb", "Query", object{"TableName": "t"}),
			[]string{"dynamodb:Query on arn:aws:dynamodb" + in + "table/t"}},
		"tables": {call("dynamodb", "BatchGetItem", object{"RequestItems": object{"t": object{}}}),
			[]string{"dynamodb:BatchGetItem on arn:aws:dynamodb" + in + "table/t"}},
		"the index": {call("dynamodb", "Query", object{"TableName": "t", "IndexName": "i"}),
			[]string{"dynamodb:Query on arn:aws:dynamodb" + in + "table/t/index/i"}},
		"a queue's URL": {call("sqs", "SendMessageBatch", object{"QueueUrl": "http://localhost:1/111111111111/q"}),
			[]string{"sqs:SendMessage on arn:aws:sqs:eu-west-1:111111111111:q"}},
		"a context": {call("securityhub", "BatchUpdateFindings", object{"Workflow": object{"Status": "NEW"}}),
			[]string{"securityhub:BatchUpdateFindings on arn:aws:securityhub" + in +
				"hub/default if securityhub:ASFFSyntaxPath/Workflow.Status=NEW"}},
		"no context": {call("securityhub", "BatchUpdateFindings", object{"Note": object{}}),
			[]string{"securityhub:BatchUpdateFindings on arn:aws:securityhub" + in + "hub/default"}},
		"a status in the new Security Hub": {call("securityhub", "BatchUpdateFindingsV2",
			object{"StatusId": float64(3)}),
			[]string{"securityhub:BatchUpdateFindings on arn:aws:securityhub" + in +
				"hub/default if securityhub:OCSFSyntaxPath/StatusId=3",
				"securityhub:BatchUpdateFindings on arn:aws:securityhub" + in +
					"hubv2/default if securityhub:OCSFSyntaxPath/StatusId=3"}},
		"by the reference": {call("rds", "ModifyDBInstance",
			object{"DBInstanceIdentifier": "d", "DeletionProtection": "true"}),
			[]string{"rds:ModifyDBInstance on arn:aws:rds" + in + "db:d"}},
		"ids of any type": {call("ec2", "CreateTags", object{"ResourceId": []any{"i-1", "sg-2", "odd"}}),
			[]string{"ec2:CreateTags on arn:aws:ec2" + in + "instance/i-1",
				"ec2:CreateTags on arn:aws:ec2" + in + "security-group/sg-2",
				"ec2:CreateTags on arn:aws:ec2" + in + "*/odd"}},
		"an account": {call("organizations", "ListParents", object{"ChildId": "222222222222"}),
			[]string{"organizations:ListParents on arn:aws:organizations::*:account/o-*/222222222222"}},
		"an organizational unit": {call("organizations", "ListParents", object{"ChildId": "ou-ab12-payments"}),
			[]string{"organizations:ListParents on arn:aws:organizations::*:ou/o-*/ou-ab12-payments"}},
		"tags of any type": {call("resourcegroupstaggingapi", "GetResources",
			object{"ResourceARNList": []any{"arn:x"}}),
			[]string{"tag:GetResources on *"}},
		"nothing is named": {call("rds", "DescribeDBInstances", nil),
			[]string{"rds:DescribeDBInstances on arn:aws:rds" + in + "db:*"}},
		"made with tags": {call("ec2", "CreateVolume", object{"TagSpecification": []any{object{}}}),
			[]string{"ec2:CreateVolume on arn:aws:ec2" + in + "volume/*",
				"ec2:CreateTags on arn:aws:ec2" + in + "volume/*"}},
		"of S3 Control": {call("s3control", "PutPublicAccessBlock",
			object{"PublicAccessBlockConfiguration": object{}}), []string{"s3:PutAccountPublicAccessBlock on *"}},
		"nothing": {call("sts", "GetCallerIdentity", nil), nil},
		"one source": {call("events", "PutEvents",
			object{"Entries": []any{object{"EventBusName": "default", "Source": "a"},
				object{"EventBusName": "default", "Source": "a"}}}),
			[]string{"events:PutEvents on arn:aws:events" + in + "event-bus/default if events:source=a",
				"events:PutEvents on arn:aws:events" + in + "event-bus/default if events:source=a"}},
		"two sources": {call("events", "PutEvents",
			object{"Entries": []any{object{"EventBusName": "default", "Source": "a"},
				object{"EventBusName": "other", "Source": "b"}}}),
			[]string{"events:PutEvents on arn:aws:events" + in + "event-bus/default",
				"events:PutEvents on arn:aws:events" + in + "event-bus/other"}},
		"only with a tag": {call("ec2", "AuthorizeSecurityGroupIngress", object{"GroupId": "g"}),
			[]string{"ec2:AuthorizeSecurityGroupIngress on arn:aws:ec2" + in + "security-group/g"}},
		"a placeholder": {call("kms", "DescribeKey", object{"KeyId": "${KeyId}${account}"}),
			[]string{"kms:DescribeKey on arn:aws:kms" + in + "key/${KeyId}${account}"}},
		"a role": {call("cloudtrail", "UpdateTrail",
			object{"Name": "t", "CloudWatchLogsRoleArn": "arn:aws:iam::2:role/r",
				"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:2:log-group:g:*"}),
			[]string{"cloudtrail:UpdateTrail on arn:aws:cloudtrail" + in + "trail/t",
				"iam:PassRole on arn:aws:iam::2:role/r if iam:PassedToService=cloudtrail.amazonaws.com"}},
		"no role any more": {call("cloudtrail", "UpdateTrail", object{"Name": "t", "CloudWatchLogsRoleArn": ""}),
			[]string{"cloudtrail:UpdateTrail on arn:aws:cloudtrail" + in + "trail/t"}},
		"with a structure": {call("ec2", "CreateFlowLogs",
			object{"ResourceId": []any{"v"}, "TagSpecification": []any{object{"Tag": "x"}}}),
			[]string{"ec2:CreateFlowLogs on arn:aws:ec2" + in + "vpc/v",
				"ec2:CreateFlowLogs on arn:aws:ec2" + in + "vpc-flow-log/*",
				"ec2:CreateTags on arn:aws:ec2" + in + "vpc-flow-log/*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := table(t).Needs(tc.call)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, written(answer.Needs)); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

func written(needs []authz.Need) []string {
	var all []string
	for _, n := range needs {
		for _, resource := range n.Resources {
			line := n.Action + " on " + resource
			for key, value := range n.Context {
				line += " if " + key + "=" + value
			}
			all = append(all, line)
		}
	}
	return all
}

func TestActing(t *testing.T) {
	t.Parallel()
	answer, err := table(t).Needs(call("cloudtrail", "UpdateTrail", object{
		"Name": "t", "CloudWatchLogsRoleArn": "arn:aws:iam::2:role/r",
		"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:222222222222:log-group:g:*",
	}))
	if err != nil || len(answer.Acting) != 1 {
		t.Fatalf("Needs = %+v, %v", answer, err)
	}
	a := answer.Acting[0]
	if a.Role != "arn:aws:iam::2:role/r" || a.Service != "cloudtrail.amazonaws.com" {
		t.Errorf("acting = %+v", a)
	}
	stream := "arn:aws:logs:eu-west-1:222222222222:log-group:g:log-stream:222222222222_CloudTrail_eu-west-1"
	if diff := cmp.Diff([]string{"logs:CreateLogStream on " + stream, "logs:PutLogEvents on " + stream},
		written(a.Needs)); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	if answer, _ := table(t).Needs(call("cloudtrail", "UpdateTrail", object{"Name": "t"})); len(answer.Acting) != 0 ||
		len(answer.Needs) != 1 {
		t.Errorf("without a role: %+v", answer)
	}
}

func TestNeedsOfWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		call authz.Call
		want string
	}{
		"unknown call":    {call("ec2", "Terminate", nil), "ec2:Terminate"},
		"unknown service": {call("odd", "Do", nil), "odd:Do"},
		"no resource named": {call("ec2", "AuthorizeSecurityGroupIngress", object{"GroupName": "web"}),
			"no GroupId"},
		"a list for a text": {call("kms", "EnableKeyRotation", object{"KeyId": nil}), "no KeyId"},
		"a role is passed": {call("lambda", "UpdateFunctionConfiguration",
			object{"FunctionName": "f", "Role": "arn:aws:iam::222222222222:role/r"}), "passes a role"},
		"an ARN in the middle": {call("dynamodb", "Query",
			object{"TableName": "arn:aws:dynamodb:x:y:table/t", "IndexName": "i"}), "is an ARN"},
	} {
		if _, err := table(t).Needs(tc.call); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error = %v, want it to contain %q", name, err, tc.want)
		}
	}
}

func TestInput(t *testing.T) {
	t.Parallel()
	got, err := authz.QueryInput([]byte("Action=Do&A.1=x&A.2=y&B.member.1.C=z&B.member.2.C=w&D.E=1&F=%2Fu"))
	want := object{"Action": "Do", "A": []any{"x", "y"}, "B": []any{object{"C": "z"}, object{"C": "w"}},
		"D": object{"E": "1"}, "F": "/u"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("query input (-want +got), %v:\n%s", err, diff)
	}
	got, err = authz.JSONInput([]byte(`{"A":[1]}`))
	if diff := cmp.Diff(object{"A": []any{1.0}}, got); diff != "" || err != nil {
		t.Errorf("JSON input (-want +got), %v:\n%s", err, diff)
	}
	if got, err := authz.JSONInput(nil); err != nil || len(got) != 0 {
		t.Errorf("no input = %v, %v", got, err)
	}
	for _, text := range []string{"[]", "{"} {
		if _, err := authz.JSONInput([]byte(text)); err == nil {
			t.Errorf("%q is no input, and nobody says so", text)
		}
	}
	if _, err := authz.QueryInput([]byte("%zz")); err == nil {
		t.Error("a query that cannot be decoded is taken")
	}
}
