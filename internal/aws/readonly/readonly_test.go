package readonly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/authz/reference"
	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
)

func TestCall(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]bool{
		"ec2:DescribeSecurityGroups": true, "iam:GetAccountPasswordPolicy": true, "s3:HeadBucket": true,
		"cloudtrail:LookupEvents": true,
		"iam:ListAccessKeys":      true, "codebuild:BatchGetBuilds": true, "kms:GetKeyRotationStatus": true,
		"iam:GetCredentialReport": true,

		"ec2:RevokeSecurityGroupIngress": false, "iam:UpdateAccessKey": false, "s3:PutBucketPolicy": false,
		"kms:EnableKeyRotation":        false,
		"iam:GenerateCredentialReport": false, "sns:Publish": false, "lambda:Invoke": false,
		"sqs:ReceiveMessage": false,

		// The verb lies.
		"sts:GetSessionToken": false, "sts:GetFederationToken": false, "cognito-identity:GetId": false,
		"redshift:GetClusterCredentials": false,
		"stepfunctions:GetActivityTask":  false, "lightsail:GetInstanceAccessDetails": false,
		"emr:GetOnClusterAppUIPresignedURL": false,

		// Not as botocore spells it, so nothing is known of it.
		"ec2:describe_vpcs": false, "ec2:describeVpcs": false, "ec2:Get": false, "ec2:Getaway": false, "ec2:": false,
		":": false, "x/y:GetZ": false,
		"ec2:DescribeVpcs/x": false,
	} {
		service, api, _ := strings.Cut(call, ":")
		if got := readonly.Call(service, api); got != want {
			t.Errorf("%s: reads only is %v", call, got)
		}
	}
}

// AWS says of its managed policy ReadOnlyAccess that it gives read-only access to all services, so
// what runbooks read must be in it, and nothing that they write.
func TestAWSAgrees(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs the policies that moto ships")
	}
	allowed := readOnlyAccess(t)
	n := 0
	for _, call := range calls() {
		service, api, _ := strings.Cut(call, ":")
		p, own := catalog.Embedded().Permissions[call]
		if !own {
			var err error
			if p, err = runbook.Derive(call, nil); err != nil {
				t.Fatal(err)
			}
		}
		if known, ok := reference.Lookup(service, api); ok &&
			readonly.Call(service, api) != slices.Contains([]string{"Read", "List"}, known.Level) {
			t.Errorf("%s: reads only is %v, its access level is %s", call, readonly.Call(service, api), known.Level)
		}
		for _, action := range p.Actions {
			if action == "iam:PassRole" {
				continue // which goes with calls of all kinds
			}
			n++
			if got, want := readonly.Call(service, api), allowed.MatchString(strings.ToLower(action)); got != want {
				t.Errorf("%s: reads only is %v, ReadOnlyAccess has %s: %v", call, got, action, want)
			}
		}
	}
	if n < 30 {
		t.Errorf("compared %d actions", n)
	}
}

// calls lists what the runbooks call.
func calls() []string {
	var all []string
	for _, r := range catalog.Embedded().Runbooks {
		all = append(all, runbook.Calls(r.Document)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readOnlyAccess returns a pattern of the actions in the policy, in lower case.
func readOnlyAccess(t *testing.T) *regexp.Regexp {
	t.Helper()
	found, err := filepath.Glob("../../../.venv/lib/python3*/site-packages/moto/iam/aws_managed_policies.py")
	if err != nil || len(found) == 0 {
		t.Fatal("there is no moto; run `make tools`")
	}
	source, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	text = text[strings.Index(text, `"""`)+3 : strings.LastIndex(text, `"""`)]
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Document struct {
			Statement []struct {
				Action []string
			}
		}
	}
	if err := json.Unmarshal(raw["ReadOnlyAccess"], &policy); err != nil {
		t.Fatal(err)
	}
	var patterns []string
	for _, s := range policy.Document.Statement {
		for _, action := range s.Action {
			patterns = append(patterns, strings.ReplaceAll(regexp.QuoteMeta(strings.ToLower(action)), `\*`, ".*"))
		}
	}
	slices.Sort(patterns)
	return regexp.MustCompile("^(" + strings.Join(patterns, "|") + ")$")
}
