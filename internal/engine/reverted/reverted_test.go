package reverted_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/reverted"
)

var undoing = []string{"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"}

// role is the userIdentity of a session of a role in the account of the resource.
func role(name, session string) string {
	return fmt.Sprintf(`{"type": "AssumedRole", "principalId": "AROAEXAMPLE:%[2]s",
		"arn": "arn:aws:sts::222222222222:assumed-role/%[1]s/%[2]s", "accountId": "222222222222",
		"sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::222222222222:role/%[1]s",
		"accountId": "222222222222", "userName": "%[1]s"}, "attributes": {}}}`, name, session)
}

const (
	alice = `{"type": "IAMUser", "arn": "arn:aws:iam::222222222222:user/alice", "accountId": "222222222222",
		"userName": "alice"}`
	terraform = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.57.0 " +
		"(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.1 os/linux lang/go#1.22.4 " +
		"md/GOOS#linux md/GOARCH#amd64 api/ec2#1.56.1"
	cli2 = "aws-cli/2.32.0 md/awscrt#0.28.4 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.9 " +
		"md/pyimpl#CPython m/b,AA,Z,E cfg/retry-mode#standard md/installer#exe sid/35033f4ca1bd md/prompt#off " +
		"md/command#ec2.authorize-security-group-ingress"
)

// event is the CloudTrailEvent of a call. more are further fields.
func event(identity, agent, name, at, more string) string {
	return fmt.Sprintf(`{"eventVersion": "1.11", "userIdentity": %s, "eventTime": "2026-11-29T%s:00Z",
		"eventSource": "ec2.amazonaws.com", "eventName": %q, "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
		"userAgent": %q, "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true,
		"recipientAccountId": "222222222222"%s}`, identity, at, name, agent, more)
}

func opened(identity, agent, more string) string {
	return event(identity, agent, "AuthorizeSecurityGroupIngress", "10:12", more)
}

func TestWho(t *testing.T) {
	t.Parallel()
	const console = `, "sessionCredentialFromConsole": "true"`
	byService := func(identity, service string) string {
		return strings.TrimSuffix(identity, "}") + fmt.Sprintf(`, "invokedBy": %q}`, service)
	}
	sso := role("AWSReservedSSO_AdministratorAccess_0123456789abcdef", "alice@example.com")
	for name, tc := range map[string]struct{ record, want string }{
		"Terraform": {opened(role("deploy-prod", "aws-go-sdk-1732875131445672000"), terraform, ""),
			"role deploy-prod with Terraform"},
		"OpenTofu, where it says so": {opened(alice, "APN/1.0 HashiCorp/1.0 OpenTofu/1.8.0", ""),
			"user alice with OpenTofu"},
		"AWS Cloud Control provider": {opened(alice, "APN/1.0 HashiCorp/1.0 terraform-provider-awscc/1.0", ""),
			"user alice with Terraform"},
		"Pulumi": {opened(role("ci", "pulumi-prod"), "APN/1.0 Pulumi/1.0 PulumiAwsNative/1.12", ""),
			"pulumi-prod (role ci) with Pulumi"},
		"CloudFormation": {opened(byService(role("stack-deploy", "AWSCloudFormation"), "cloudformation.amazonaws.com"),
			"cloudformation.amazonaws.com", ""), "role stack-deploy with CloudFormation"},
		"CloudFormation, as a user": {opened(byService(alice, "cloudformation.amazonaws.com"),
			"cloudformation.amazonaws.com", ""), "user alice with CloudFormation"},
		"CDK": {opened(byService(role("cdk-hnb659fds-cfn-exec-role-222222222222-us-east-1", "AWSCloudFormation"),
			"cloudformation.amazonaws.com"), "cloudformation.amazonaws.com", ""),
			"role cdk-hnb659fds-cfn-exec-role-222222222222-us-east-1 with the AWS CDK"},
		"CDK hotswap": {opened(alice, "aws-cdk/2.1030.0 aws-sdk-js/3.750.0 ua/2.1", ""), "user alice with the AWS CDK"},
		"Service Catalog": {opened(byService(role("launch", "servicecatalog"), "cloudformation.amazonaws.com"),
			"cloudformation.amazonaws.com", ""), "role launch with Service Catalog"},
		"CLI": {opened(role("ops", "botocore-session-1732875131"), cli2, ""), "role ops with the AWS CLI"},
		"CLI of CloudShell": {opened(sso, "aws-cli/2.15.30 Python/3.11.8 exec-env/CloudShell botocore/2.0.0", console),
			"alice@example.com (permission set AdministratorAccess) with the AWS CLI"},
		"boto3": {opened(role("fix", "open-ports"), "Boto3/1.34.0 md/Botocore#1.34.0 exec-env/AWS_Lambda", ""),
			"open-ports (role fix) with the AWS SDK for Python"},
		"SDK for Go": {opened(alice, "aws-sdk-go-v2/1.30.1 os/linux lang/go#1.22.4", ""),
			"user alice with the AWS SDK for Go"},
		"Ansible":       {opened(alice, "APN/1.0 Ansible/2.16.1 Boto3/1.34.0", ""), "user alice with Ansible"},
		"unknown agent": {opened(alice, "my-tool/1", ""), "user alice"},
		"console": {opened(sso, "AWS Internal", console),
			"alice@example.com (permission set AdministratorAccess) in the AWS console"},
		"console in a browser": {opened(alice, "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0", console),
			"user alice in the AWS console"},
		"console by its name": {opened(alice, "console.amazonaws.com", ""), "user alice in the AWS console"},
		"old console":         {opened(alice, "console.ec2.amazonaws.com", ""), "user alice in the AWS console"},
		"console of S3": {opened(alice, "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10]", console),
			"user alice in the AWS console"},
		"agent in brackets": {opened(alice, "[aws-cli/2.15.30 botocore/2.0.0]", ""), "user alice with the AWS CLI"},
		"Systems Manager": {opened(byService(role("automation", "Automation_0123456789abcdef"), "ssm.amazonaws.com"),
			"ssm.amazonaws.com", ""), "role automation with Systems Manager"},
		"another service": {opened(byService(role("AWSServiceRoleForX", "x"), "autoscaling.amazonaws.com"),
			"autoscaling.amazonaws.com", ""),
			"x (role AWSServiceRoleForX) with the AWS service autoscaling.amazonaws.com"},
		"a service itself": {opened(`{"type": "AWSService", "invokedBy": "eks.amazonaws.com"}`, "", ""),
			"AWS service eks.amazonaws.com"},
		"root": {opened(`{"type": "Root", "arn": "arn:aws:iam::222222222222:root", "accountId": "222222222222"}`,
			"AWS Internal", console), "the root user in the AWS console"},
		"federated user": {opened(`{"type": "FederatedUser", "arn": "arn:aws:sts::222222222222:federated-user/bob"}`,
			cli2, ""), "federated user bob with the AWS CLI"},
		"another account": {opened(`{"type": "IAMUser", "userName": "carol", "accountId": "333333333333"}`, cli2, ""),
			"user carol of account 333333333333 with the AWS CLI"},
		"a source identity": {opened(strings.Replace(role("ops", "i-0abc123"), `"sessionContext": {`,
			`"sessionContext": {"sourceIdentity": "dora", `, 1), cli2, ""), "dora (role ops) with the AWS CLI"},
		"an instance": {opened(role("web", "i-0abc123"), cli2, ""), "role web with the AWS CLI"},
		"no identity": {opened(`{"type": "Unknown"}`, "", ""), "an unknown identity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := "Reverted by " + tc.want + " at 2026-11-29 10:12 UTC (AuthorizeSecurityGroupIngress)."
			if diff := cmp.Diff(want, reverted.Latest([]string{tc.record}, undoing).Sentence()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	deploy := role("deploy-prod", "aws-go-sdk-1732875131445672000")
	for name, tc := range map[string]struct {
		records []string
		want    string
	}{
		"nothing": {nil, ""},
		"the latest": {[]string{opened(alice, cli2, ""), event(deploy, terraform, undoing[0], "09:00", "")},
			"Reverted by user alice with the AWS CLI at 2026-11-29 10:12 UTC (AuthorizeSecurityGroupIngress). " +
				"1 other principal changed it, too."},
		"the same principal twice": {[]string{opened(alice, cli2, ""),
			event(alice, terraform, undoing[1], "09:00", "")},
			"Reverted by user alice with the AWS CLI at 2026-11-29 10:12 UTC (AuthorizeSecurityGroupIngress)."},
		"a later call that is not about the setting": {
			[]string{opened(alice, cli2, ""), event(deploy, terraform, "ModifyNetworkInterfaceAttribute", "11:00", "")},
			"Reverted by user alice with the AWS CLI at 2026-11-29 10:12 UTC (AuthorizeSecurityGroupIngress)."},
		"no call of the undo": {[]string{event(deploy, terraform, "ModifySecurityGroupRules", "11:00", "")},
			"Changed after the repair by role deploy-prod with Terraform at 2026-11-29 11:00 UTC " +
				"(ModifySecurityGroupRules)."},
		"an event with the version of its API": {[]string{event(alice, cli2, "RevokeSecurityGroupIngress2020_05_31",
			"10:12", "")},
			"Reverted by user alice with the AWS CLI at 2026-11-29 10:12 UTC (RevokeSecurityGroupIngress)."},
		"Hubmend's own": {[]string{opened(role("hubmend-CloseSecurityGroupPorts", "Automation-1"), cli2, ""),
			opened(role("hubmend-UndoCloseSecurityGroupPorts", "Automation-2"), cli2, "")}, ""},
		"failed": {[]string{opened(alice, cli2, `, "errorCode": "Client.UnauthorizedOperation"`)}, ""},
		"read-only": {[]string{strings.Replace(opened(alice, cli2, ""), `"readOnly": false`, `"readOnly": true`, 1),
			strings.Replace(opened(alice, cli2, ""), `"readOnly": false`, `"readOnly": "true"`, 1)}, ""},
		"tags": {[]string{event(alice, cli2, "CreateTags", "10:12", ""), event(alice, cli2, "TagResource", "10:12", ""),
			event(alice, cli2, "AddTagsToResource", "10:12", ""), event(alice, cli2, "PutBucketTagging", "10:12", ""),
			event(alice, cli2, "RemoveTagsFromStream", "10:12", "")}, ""},
		"not tags": {[]string{event(alice, cli2, "PutImageTagMutability", "10:12", "")},
			"Changed after the repair by user alice with the AWS CLI at 2026-11-29 10:12 UTC (PutImageTagMutability)."},
		"broken": {[]string{"", "{", "[]", `{"eventName": 5}`, "{}"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reverted.Latest(tc.records, undoing)
			if diff := cmp.Diff(tc.want, got.Sentence()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.IsZero() != (tc.want == "") {
				t.Errorf("IsZero() = %v", got.IsZero())
			}
		})
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	sso := role("AWSReservedSSO_Deploy_Prod_0123456789abcdef", "0123456789abcdef0")
	want := reverted.By{Principal: "permission set Deploy_Prod", Person: "0123456789abcdef0",
		ARN:  "arn:aws:iam::222222222222:role/AWSReservedSSO_Deploy_Prod_0123456789abcdef",
		Tool: "Terraform", Event: undoing[0], Likely: true, At: time.Date(2026, 11, 29, 10, 12, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, reverted.Latest([]string{opened(sso, terraform, "")}, undoing)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A member's principals choose names and user agents, and the words end in notes and emails.
func TestHostileRecords(t *testing.T) {
	t.Parallel()
	hostile := `<b>x</b> https://evil.example \u0000\n{{ssm:x}} ` + strings.Repeat("x", 3000)
	var record string
	for _, part := range []string{"eventName", "userAgent", "userName", "arn", "accountId", "invokedBy"} {
		record += fmt.Sprintf(`, "%s": "%s"`, part, hostile)
	}
	identity := strings.TrimPrefix(record, ", ")
	for _, kind := range []string{"IAMUser", "AssumedRole", "AWSService", "FederatedUser", hostile} {
		text := fmt.Sprintf(`{"eventTime": "2026-11-29T10:12:00Z", "userIdentity": {"type": "%s", %s,
			"sessionContext": {"sessionIssuer": {%s}, "sourceIdentity": "%s"}}%s}`, kind, identity, identity,
			hostile, record)
		sentence := reverted.Latest([]string{text}, nil).Sentence()
		if len(sentence) == 0 || len(sentence) > 800 || strings.ContainsAny(sentence, "<>{}\n\x00") ||
			strings.Contains(sentence, "://") {
			t.Errorf("%s: %d characters: %q", kind, len(sentence), sentence)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	deploy := reverted.By{Principal: "role deploy-prod", Tool: "Terraform", Event: "X", Likely: true}
	console := reverted.By{Principal: "user alice", Tool: reverted.Console, Event: "X", Likely: true}
	unsure := reverted.By{Principal: "user alice", Event: "X"}
	for want, all := range map[string][]reverted.By{
		"": {{}, {}},
		"Reverted once by user alice in the AWS console.":          {{}, console},
		"Reverted three times by role deploy-prod with Terraform.": {deploy, deploy, {}, deploy},
		"Reverted 6 times by role deploy-prod with Terraform.":     {deploy, deploy, deploy, deploy, deploy, deploy},
		"Changed after the repair twice by user alice.":            {unsure, unsure},
		"Reverted three times: twice by role deploy-prod with Terraform, once by user alice in the AWS console.": {
			console, deploy, deploy},
	} {
		if got := reverted.Summary(all); got != want {
			t.Errorf("Summary = %q, want %q", got, want)
		}
	}
}

func TestManager(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tags map[string]string
		tool reverted.Tool
		want string
	}{
		"tags come first": {map[string]string{"aws:cloudformation:stack-name": "x"}, "Terraform", "cloudformation"},
		"last writer":     {nil, "Terraform", "terraform"},
		"CDK":             {nil, reverted.CDK, "cdk"},
		"CloudFormation":  {map[string]string{"Name": "x"}, "CloudFormation", "cloudformation"},
		"a person":        {nil, reverted.Console, ""},
		"nothing":         {nil, "", ""},
	} {
		if got := reverted.Manager(tc.tags, reverted.By{Tool: tc.tool}); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
