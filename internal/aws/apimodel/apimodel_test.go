package apimodel_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/apimodel"
)

var find = sync.OnceValues(func() (*apimodel.Models, error) {
	return apimodel.Find(cmp.Or(os.Getenv("HUBMEND_VENV"), "../../../.venv"))
})

func operation(t *testing.T, service, api string) apimodel.Operation {
	t.Helper()
	m, err := find()
	if err != nil {
		t.Fatalf("%v: run make tools", err)
	}
	op, err := m.Operation(service, api)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

type object = map[string]any

func TestCheckInput(t *testing.T) {
	t.Parallel()
	permission := func(edits object) object {
		p := object{"IpProtocol": "tcp", "FromPort": uint64(22), "IpRanges": []any{object{"CidrIp": "0.0.0.0/0"}}}
		for k, v := range edits {
			p[k] = v
		}
		return object{"IpPermissions": []any{p}}
	}
	for name, tc := range map[string]struct {
		service, api string
		in           object
		want         []string
	}{
		"right":                     {"ec2", "RevokeSecurityGroupIngress", permission(nil), nil},
		"nothing, nothing required": {"ec2", "DescribeSecurityGroups", object{}, nil},
		"unknown": {"ec2", "DescribeSecurityGroups", object{"GroupID": []any{}, "Groups": 1},
			[]string{"the API has no parameter GroupID", "the API has no parameter Groups"}},
		"unknown in a nested list": {"ec2", "RevokeSecurityGroupIngress",
			permission(object{"IpRanges": []any{object{"CidrIp": "x"}, object{"Cidr": "x"}}}),
			[]string{"IpPermissions[0].IpRanges[1] has no parameter Cidr"}},
		"required": {"kms", "ScheduleKeyDeletion", object{"PendingWindowInDays": 7},
			[]string{"the API needs the parameter KeyId"}},
		"required in a nested list": {"securityhub", "BatchUpdateFindings",
			object{"FindingIdentifiers": []any{object{"Id": "x"}}},
			[]string{"FindingIdentifiers[0] needs the parameter ProductArn"}},
		"text for a list": {"ec2", "DescribeSecurityGroups", object{"GroupIds": "sg-1"},
			[]string{"GroupIds must be a list"}},
		"map for a list": {"ec2", "DescribeSecurityGroups", object{"GroupIds": object{}},
			[]string{"GroupIds must be a list"}},
		"number for a text": {"ec2", "DescribeSecurityGroups", object{"GroupIds": []any{1}},
			[]string{"GroupIds[0] must be a text"}},
		"nothing for a text": {"ec2", "DescribeSecurityGroups", object{"GroupIds": []any{nil}},
			[]string{"GroupIds[0] must be a text"}},
		"text for a structure": {"ec2", "RevokeSecurityGroupIngress", object{"IpPermissions": []any{"x"}},
			[]string{"IpPermissions[0] must be a map"}},
		"text for a boolean": {"ec2", "DescribeSecurityGroups", object{"DryRun": "true"},
			[]string{"DryRun must be true or false"}},
		"boolean": {"ec2", "DescribeSecurityGroups", object{"DryRun": true}, nil},
		"list for a map": {"ssm", "StartAutomationExecution",
			object{"DocumentName": "x", "Parameters": []any{}}, []string{"Parameters must be a map"}},
		"map": {"ssm", "StartAutomationExecution",
			object{"DocumentName": "x", "Parameters": object{"any name": []any{"x"}}}, nil},
		"reference for anything": {"ec2", "RevokeSecurityGroupIngress",
			object{"IpPermissions": "{{ decide.Close }}", "DryRun": "{{ x }}"}, nil},
		"reference in a nested list": {"ec2", "RevokeSecurityGroupIngress",
			permission(object{"IpRanges": []any{"{{ x }}"}, "FromPort": "{{ y }}"}), nil},
		"reference for the required": {"kms", "ScheduleKeyDeletion", object{"KeyId": "{{ x }}"}, nil},
		"numbers": {"cloudwatch", "PutMetricAlarm",
			object{"AlarmName": "x", "EvaluationPeriods": uint64(1), "ComparisonOperator": "LessThanThreshold",
				"Threshold": 1.5}, nil},
		"whole for a fraction": {"cloudwatch", "PutMetricAlarm",
			object{"AlarmName": "x", "EvaluationPeriods": int64(1), "ComparisonOperator": "LessThanThreshold",
				"Threshold": 1}, nil},
		"key of a map that exists": {"sqs", "SetQueueAttributes",
			object{"QueueUrl": "x", "Attributes": object{"DelaySeconds": "1"}}, nil},
		"no parameters": {"iam", "GenerateCredentialReport", object{}, nil},
		"parameters to none": {"iam", "GenerateCredentialReport", object{"X": 1},
			[]string{"the API takes no parameters"}},
		"several at once": {"kms", "ScheduleKeyDeletion", object{"X": 1, "Y": 1},
			[]string{"the API has no parameter X", "the API has no parameter Y", "the API needs the parameter KeyId"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := gocmp.Diff(tc.want, operation(t, tc.service, tc.api).CheckInput(tc.in)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// Each of these fails only when the step runs.
func TestCheckInputOfOtherTypes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service, api string
		in           object
		want         string
	}{
		"text for a number": {"kms", "ScheduleKeyDeletion", object{"KeyId": "x", "PendingWindowInDays": "seven"},
			"PendingWindowInDays"},
		"digits for a number": {"kms", "ScheduleKeyDeletion", object{"KeyId": "x", "PendingWindowInDays": "7"},
			"PendingWindowInDays"},
		"fraction of a number": {"kms", "ScheduleKeyDeletion", object{"KeyId": "x", "PendingWindowInDays": 7.5},
			"PendingWindowInDays"},
		"value in a map": {"ssm", "StartAutomationExecution",
			object{"DocumentName": "x", "Parameters": object{"a": "text"}}, "Parameters"},
		"item of a map": {"ssm", "StartAutomationExecution",
			object{"DocumentName": "x", "Parameters": object{"a": []any{1}}}, "Parameters.a[0] must be a text"},
		"key of a map": {"sqs", "SetQueueAttributes",
			object{"QueueUrl": "x", "Attributes": object{"Delay": "1"}}, "the key Delay of Attributes must be one of"},
		"text for a fraction": {"cloudwatch", "PutMetricAlarm",
			object{"AlarmName": "x", "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold",
				"Threshold": "1.5"}, "Threshold must be a number"},
		"enum of very many": {"ec2", "RunInstances", object{"MinCount": 1, "MaxCount": 1, "InstanceType": "t2"},
			"values that the API knows"},
		"enum": {"securityhub", "BatchUpdateFindings",
			object{"FindingIdentifiers": []any{}, "Workflow": object{"Status": "DONE"}}, "Workflow.Status"},
	} {
		if got := strings.Join(operation(t, tc.service, tc.api).CheckInput(tc.in), "\n"); !strings.Contains(got,
			tc.want) {
			t.Errorf("%s: problems %q", name, got)
		}
	}
}

func TestHasOutput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service, api, selector string
		want                   bool
	}{
		"structure": {"ec2", "DescribeSecurityGroups", "$.NextToken", true},
		"list":      {"ec2", "DescribeSecurityGroups", "$.SecurityGroups", true},
		"item":      {"ec2", "DescribeSecurityGroups", "$.SecurityGroups[0]", true},
		"member of an item": {"ec2", "DescribeSecurityGroups", "$.SecurityGroups[0].IpPermissions[1].IpRanges",
			true},
		"member without an index": {"ec2", "DescribeSecurityGroups", "$.SecurityGroups.GroupId", false},
		"index of no list":        {"ec2", "DescribeSecurityGroups", "$.NextToken[0]", false},
		"member of a text":        {"ec2", "DescribeSecurityGroups", "$.NextToken.X", false},
		"no such member":          {"ec2", "DescribeSecurityGroups", "$.Groups", false},
		"another spelling":        {"ec2", "DescribeSecurityGroups", "$.securityGroups", false},
		"deep scan":               {"ec2", "DescribeSecurityGroups", "$..Anything", true},
		"map":                     {"ssm", "GetAutomationExecution", "$.AutomationExecution.Outputs", true},
		"value in a map":          {"ssm", "GetAutomationExecution", "$.AutomationExecution.Outputs.anything", true},
		"item of a value":         {"ssm", "GetAutomationExecution", "$.AutomationExecution.Outputs.anything[0]", true},
		"no response at all":      {"kms", "DisableKey", "$.KeyId", false},
	} {
		if got := operation(t, tc.service, tc.api).HasOutput(tc.selector); got != tc.want {
			t.Errorf("%s: HasOutput(%s) = %t", name, tc.selector, got)
		}
	}
}

func TestOperationThatDoesNotExist(t *testing.T) {
	t.Parallel()
	operation(t, "ec2", "DescribeSecurityGroups")
	m, _ := find()
	for _, tc := range []struct{ service, api, want string }{
		{"ec2", "Describe", "service ec2 has no API Describe"},
		{"ec2", "", "has no API"},
		{"EC2", "DescribeSecurityGroups", `service "EC2" not found`},
		{"", "DescribeSecurityGroups", `service "" not found`},
		{"..", "DescribeSecurityGroups", `service ".." not found`},
	} {
		if _, err := m.Operation(tc.service, tc.api); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Operation(%q, %q) error = %v", tc.service, tc.api, err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	if m, err := apimodel.Find(t.TempDir()); m != nil || err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("Find of nothing = %v, %v", m, err)
	}
	root := t.TempDir()
	data := filepath.Join(root, "lib", "python3.12", "site-packages", "botocore", "data")
	model := func(service, version, text string) {
		dir := filepath.Join(data, service, version)
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "service-2.json.gz"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	model("x", "2014-01-01", zip(t, `{"operations":{"Old":{}}}`))
	model("x", "2026-01-01", zip(t, `{"operations":{"New":{}}}`))
	model("text", "2026-01-01", `{"operations":{}}`)
	model("cut", "2026-01-01", zip(t, `{"operations":`))
	m, err := apimodel.Find(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Operation("x", "New"); err != nil {
		t.Error(err)
	}
	if _, err := m.Operation("x", "Old"); err == nil {
		t.Error("an older version of the service was read")
	}
	for _, service := range []string{"text", "cut"} {
		if _, err := m.Operation(service, "X"); err == nil ||
			!strings.Contains(err.Error(), filepath.Join(service, "2026-01-01")) {
			t.Errorf("Operation of the broken %s = %v; want the file named", service, err)
		}
	}
}

func zip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
