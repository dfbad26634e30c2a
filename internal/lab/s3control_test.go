package lab_test

import (
	"strings"
	"testing"

	"hubmend/internal/lab"
)

const blocking = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/ROLE"
mainSteps:
  - name: block
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        import boto3

        def main(events, context):
            s3, account = boto3.client("s3control"), context["global:ACCOUNT_ID"]
            wanted = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
            s3.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=wanted)
            return s3.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"]
    outputs: [{Name: Blocks, Selector: $.Payload.BlockPublicAcls, Type: Boolean}]
outputs: [block.Blocks]
`

// The settings of an account are at a host name of the account's own.
func TestS3Control(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	get := func() (string, error) {
		out, err := w.Call(t.Context(),
			lab.Call{Account: member, Region: home, Service: "s3control", API: "GetPublicAccessBlock",
				Input: object{"AccountId": member}})
		blocks, _ := at(out, "PublicAccessBlockConfiguration", "RestrictPublicBuckets").(bool)
		return map[bool]string{true: "blocked", false: "open"}[blocks], err
	}
	if _, err := get(); err == nil || !strings.Contains(err.Error(), "NoSuchPublicAccessBlockConfiguration") {
		t.Errorf("the account has a block: %v", err)
	}
	w.runner(t, "may-read", allows("*", "s3:GetAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock"))
	w.runner(t, "may", allows("*", "s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"))
	w.create(t, "Denied", strings.ReplaceAll(blocking, "ROLE", "may-read"))
	w.create(t, "Block", strings.ReplaceAll(blocking, "ROLE", "may"))

	e := w.rehearse(t, "Denied", nil)
	if message, _ := e["FailureMessage"].(string); !strings.Contains(message,
		"(AccessDenied) when calling the PutPublicAccessBlock operation") ||
		!strings.Contains(message, "s3:PutAccountPublicAccessBlock on resource: *") {
		t.Errorf("%v: %s", e["AutomationExecutionStatus"], message)
	}
	e = w.rehearse(t, "Block", nil)
	if e["AutomationExecutionStatus"] != "Success" || at(e, "Outputs", "block.Blocks", 0) != "true" {
		t.Fatalf("%v: %v", e["AutomationExecutionStatus"], e["FailureMessage"])
	}
	if got, err := get(); got != "blocked" || err != nil {
		t.Errorf("the account is %s, %v", got, err)
	}
	w.refused(t, admin, "s3control", "GetPublicAccessBlock", object{"AccountId": member}, "AccessDenied",
		"Access Denied")
}
