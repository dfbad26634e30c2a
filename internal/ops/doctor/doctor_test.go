// The checks are tested where the command is, against a whole deployment in the lab.
package doctor_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/ops/doctor"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	const here = `{"Description": "d", "Resources": {"A": {"Type": "T", "Properties": {"x": [1, 2]}}, "B": {"Type": "T"}}}`
	for name, tc := range map[string]struct {
		deployed string
		want     []string
	}{
		"the same": {here, nil},
		"in another order": {
			`{"Resources": {"B": {"Type": "T"}, "A": {"Properties": {"x": [1, 2]}, "Type": "T"}}, "Description": "d"}`,
			nil},
		"a property": {
			`{"Description": "d", "Resources": {"A": {"Type": "T", "Properties": {"x": [2, 1]}}, "B": {"Type": "T"}}}`,
			[]string{"A"}},
		"a resource less": {`{"Description": "d", "Resources": {"A": {"Type": "T", "Properties": {"x": [1, 2]}}}}`,
			[]string{"B"}},
		"a resource more": {
			`{"Description": "d", "Resources": {"A": {"Type": "T", "Properties": {"x": [1, 2]}}, "B": {"Type": "T"}, "C": {}}}`, []string{"C"}},
		"sections": {
			`{"Parameters": {}, "Resources": {"A": {"Type": "T", "Properties": {"x": [1, 2]}}, "B": {"Type": "T"}}}`,
			[]string{"Description", "Parameters"}},
		"nothing in common":   {`{}`, []string{"Description", "A", "B"}},
		"resources of a kind": {`{"Description": "d", "Resources": []}`, []string{"A", "B"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := doctor.Differences([]byte(tc.deployed), []byte(here))
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	if _, err := doctor.Differences([]byte("Resources: {}"), []byte(here)); err == nil {
		t.Error("YAML is compared")
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	call := func(service, operation, code string) error {
		return fmt.Errorf("look: %w",
			&smithy.OperationError{ServiceID: service, OperationName: operation,
				Err: &smithy.GenericAPIError{Code: code, Message: "the\x1b[1m message\nof it"}})
	}
	for want, err := range map[string]error{
		"needs ssm:GetDocument":                      call("SSM", "GetDocument", "AccessDeniedException"),
		"needs events:ListRules":                     call("EventBridge", "ListRules", "AccessDeniedException"),
		"needs sns:ListSubscriptionsByTopic":         call("SNS", "ListSubscriptionsByTopic", "AuthorizationError"),
		"needs cloudformation:GetTemplate":           call("CloudFormation", "GetTemplate", "AccessDenied"),
		"Security Hub is not enabled":                call("SecurityHub", "DescribeHub", "InvalidAccessException"),
		"ThrottlingException: the [1m message of it": call("SSM", "GetDocument", "ThrottlingException"),
		"connection refused":                         errors.New("connection\nrefused"),
	} {
		if got := doctor.Why(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"": nil, "a, b": {"a", "b"},
		"a, b, c, d, e": {"a", "b", "c", "d", "e"}, "a, b, c, d, e and 2 more": {"a", "b", "c", "d", "e", "f", "g"}} {
		if got := doctor.Summary(names); got != want {
			t.Errorf("%v: %q", names, got)
		}
	}
}

// What `make dist` writes has shorter names.
func TestTemplate(t *testing.T) {
	t.Parallel()
	synthesized, dist := t.TempDir(), t.TempDir()
	for _, file := range []string{filepath.Join(synthesized, "hubmend-admin.template.json"),
		filepath.Join(dist, "admin.template.json")} {
		if err := os.WriteFile(file, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, text, err := doctor.TemplateOf(filepath.Dir(file), "hubmend-admin")
		if err != nil || got != file || string(text) != file {
			t.Errorf("%s: %s, %s, %v", file, got, text, err)
		}
	}
	nowhere := filepath.Join(dist, "nowhere")
	if _, _, err := doctor.TemplateOf(nowhere, "hubmend-admin"); err == nil ||
		err.Error() != filepath.Join(nowhere, "hubmend-admin.template.json")+" not found" {
		t.Errorf("nowhere: %v", err)
	}
}
