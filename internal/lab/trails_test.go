package lab_test

import (
	"strings"
	"testing"
)

// trailing calls CloudTrail as a runbook does, and reports the error by the name that botocore's model gives it.
const trailing = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/may"
parameters:
  Call: {type: String}
  Input: {type: String}
  Region: {type: String, default: us-east-1}
mainSteps:
  - name: call
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {Call: "{{ Call }}", Input: "{{ Input }}", Region: "{{ Region }}"}
      Script: |-
        import boto3
        import json

        def main(events, context):
            trails = boto3.client("cloudtrail", region_name=events["Region"])
            try:
                getattr(trails, events["Call"])(**json.loads(events["Input"]))
            except trails.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
                assert isinstance(error, getattr(trails.exceptions, code)), code
                return {"Code": code}
            return {"Code": "none"}
    outputs: [{Name: Code, Selector: $.Payload.Code, Type: String}]
outputs: [call.Code]
`

// CloudTrail refuses calls that moto accepts: with a bucket or a key whose policy does not allow CloudTrail, outside
// the home Region, and about trails that do not exist.
func TestTrails(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.runner(t, "may", allows("*", "cloudtrail:*"))
	w.create(t, "Call", trailing)
	const trail = "arn:aws:cloudtrail:us-east-1:222222222222:trail/"
	policy := func(resource, source string) string {
		return `{"Version": "2012-10-17", "Statement": [` +
			`{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",` +
			`"Resource": "arn:aws:s3:::` + resource + `"},` +
			`{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",` +
			`"Resource": "arn:aws:s3:::` + resource + `/AWSLogs/222222222222/*", "Condition": {"StringEquals":` +
			`{"aws:SourceArn": "` + source + `", "s3:x-amz-acl": "bucket-owner-full-control"}}}]}`
	}
	for bucket, text := range map[string]string{"bare": "", "other-trail": policy("other-trail", trail+"x"),
		"right": policy("right", trail+"main")} {
		w.call(t, member, "s3", "CreateBucket", object{"Bucket": bucket})
		if text != "" {
			w.call(t, member, "s3", "PutBucketPolicy", object{"Bucket": bucket, "Policy": text})
		}
	}
	key := func(actions string) string {
		arn, _ := at(w.call(t, member, "kms", "CreateKey", object{"Policy": `{"Version": "2012-10-17", "Statement": [` +
			`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "kms:*",` +
			`"Resource": "*"}, {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},` +
			`"Action": ` + actions + `, "Resource": "*", "Condition": {"StringEquals":` +
			`{"aws:SourceArn": "` + trail + `main"}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn":` +
			`"arn:aws:cloudtrail:*:222222222222:trail/*"}}}]}`}), "KeyMetadata", "Arn").(string)
		return arn
	}
	create := func(bucket string) string { return `{"Name": "main", "S3BucketName": "` + bucket + `"}` }
	encrypt := func(key string) string { return `{"Name": "` + trail + `main", "KmsKeyId": "` + key + `"}` }
	for _, tc := range []struct{ call, input, region, want string }{
		{"start_logging", `{"Name": "main"}`, home, "TrailNotFoundException"},
		{"delete_trail", `{"Name": "main"}`, home, "TrailNotFoundException"},
		{"create_trail", create("nowhere"), home, "S3BucketDoesNotExistException"},
		{"create_trail", create("bare"), home, "InsufficientS3BucketPolicyException"},
		{"create_trail", create("other-trail"), home, "InsufficientS3BucketPolicyException"},
		{"create_trail", create("right"), home, "none"},
		{"create_trail", create("right"), home, "TrailAlreadyExistsException"},
		{"update_trail", encrypt("arn:aws:kms:us-east-1:222222222222:key/none"), home,
			"InsufficientEncryptionPolicyException"},
		{"update_trail", encrypt(key(`"kms:DescribeKey"`)), home, "InsufficientEncryptionPolicyException"},
		{"update_trail", encrypt(key(`["kms:DescribeKey", "kms:GenerateDataKey*"]`)), home, "none"},
		{"update_trail", encrypt(""), home, "none"},
		{"start_logging", `{"Name": "` + trail + `main"}`, "eu-west-1", "InvalidHomeRegionException"},
		{"start_logging", `{"Name": "` + trail + `main"}`, home, "none"},
	} {
		t.Run(tc.call+"/"+tc.want, func(t *testing.T) {
			e := w.rehearse(t, "Call",
				object{"Call": []any{tc.call}, "Input": []any{tc.input}, "Region": []any{tc.region}})
			if got := at(e, "Outputs", "call.Code", 0); got != tc.want {
				t.Errorf("%s %s: %v, want %s: %v", tc.call, tc.input, got, tc.want,
					strings.TrimSpace(text(e["FailureMessage"])))
			}
		})
	}
	if on := w.call(t, member, "cloudtrail", "GetTrailStatus", object{"Name": "main"})["IsLogging"]; on != true {
		t.Errorf("the trail is logging: %v", on)
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
