package lab_test

import (
	"testing"

	"hubmend/internal/lab"
)

const meddled = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/runs"
mainSteps:
  - name: call
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        import boto3
        from botocore.exceptions import ClientError

        def code(call, **parameters):
            try:
                call(**parameters)
                return "fine"
            except ClientError as error:
                return error.response["Error"]["Code"]

        def main(events, context):
            s3, control = boto3.client("s3"), boto3.client("s3control")
            alarms = boto3.client("cloudwatch")
            return {"Codes": [
                code(s3.get_bucket_logging, Bucket="things"),
                code(s3.get_bucket_logging, Bucket="things"),
                code(s3.get_public_access_block, Bucket="things"),
                code(control.get_public_access_block, AccountId=context["global:ACCOUNT_ID"]),
                code(s3.put_bucket_tagging, Bucket="things", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
                code(s3.get_bucket_tagging, Bucket="things"),
                code(alarms.describe_alarms),
            ]}
    outputs: [{Name: Codes, Selector: $.Payload.Codes, Type: StringList}]
outputs: [call.Codes]
`

// An intervention names a call as botocore does, also when its request has only a method and a path,
// and is signed for a name that services share.
func TestInterventionsInScripts(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.runner(t, "runs", allows("*", "s3:GetBucketLogging", "s3:GetBucketPublicAccessBlock",
		"s3:GetAccountPublicAccessBlock",
		"s3:PutBucketTagging", "s3:GetBucketTagging", "cloudwatch:DescribeAlarms"))
	w.create(t, "Call", meddled)
	w.call(t, member, "s3", "CreateBucket", object{"Bucket": "things"})
	for _, i := range []lab.Intervention{
		{Before: "s3:GetBucketLogging", ErrorCode: "OperationAborted"},
		{Before: "s3control:GetPublicAccessBlock", ErrorCode: "MalformedXML"},
		{After: "s3:PutBucketTagging", ErrorCode: "OperationAborted"},
		{Before: "cloudwatch:DescribeAlarms", ErrorCode: "Meddled"},
	} {
		w.intervene(t, i)
	}
	e := w.rehearse(t, "Call", nil)
	if e["AutomationExecutionStatus"] != "Success" {
		t.Fatal(e["FailureMessage"])
	}
	for i, want := range []string{"OperationAborted", "fine", "NoSuchPublicAccessBlockConfiguration", "MalformedXML",
		"OperationAborted", "fine", "Meddled"} {
		if got := at(e, "Outputs", "call.Codes", i); got != want {
			t.Errorf("call %d: %v, want %s", i+1, got, want)
		}
	}
	if left := w.Unused(); left != nil {
		t.Errorf("interventions still to come are %q", left)
	}
}

// A step whose call was made may miss its answer too.
func TestInterventionAfterAStep(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.runner(t, "runs", allows("*", "ec2:CreateVpc"))
	w.create(t, "Make", `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/runs"
mainSteps:
  - {name: make, action: aws:executeAwsApi, maxAttempts: 1, inputs: {Service: ec2, Api: CreateVpc, CidrBlock: 10.9.0.0/16}}`)
	w.intervene(t, lab.Intervention{After: "ec2:CreateVpc", ErrorCode: "Lost"})
	e := w.rehearse(t, "Make", nil)
	made := w.call(t, member, "ec2", "DescribeVpcs",
		object{"Filters": []any{object{"Name": "cidr", "Values": []any{"10.9.0.0/16"}}}})
	if e["AutomationExecutionStatus"] != "Failed" || len(made["Vpcs"].([]any)) != 1 {
		t.Errorf("%v, %v", e["AutomationExecutionStatus"], made)
	}
}
