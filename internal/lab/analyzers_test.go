package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// summary returns an analyzer without the time of its creation, which is now.
func summary(t *testing.T, analyzer any) object {
	t.Helper()
	one, _ := analyzer.(object)
	if created := age(t, one["createdAt"]); !about(created, 0) {
		t.Errorf("it was created %v days ago", created)
	}
	delete(one, "createdAt")
	return one
}

// The answers are read by botocore, as its model of the service has them.
func TestAnalyzers(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	const arn = "arn:aws:access-analyzer:us-east-1:" + member + ":analyzer/own"
	call := func(api string, input object) object { return w.call(t, member, "accessanalyzer", api, input) }
	refused := func(api string, input object, code, message string) {
		t.Helper()
		w.refused(t, member, "accessanalyzer", api, input, code, message)
	}
	list := func() any { return at(call("ListAnalyzers", object{"type": "ACCOUNT"}), "analyzers") }

	if diff := cmp.Diff([]any{}, list()); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	own := object{"analyzerName": "own", "type": "ACCOUNT", "clientToken": "a"}
	for range 2 { // the second time with the same token
		if got := call("CreateAnalyzer", own)["arn"]; got != arn {
			t.Errorf("its ARN is %v", got)
		}
	}
	for _, status := range []string{"CREATING", "ACTIVE"} {
		want := object{"arn": arn, "name": "own", "type": "ACCOUNT", "status": status}
		if diff := cmp.Diff(want, summary(t, at(list(), 0))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
	others := at(w.call(t, admin, "accessanalyzer", "ListAnalyzers", object{}), "analyzers")
	if diff := cmp.Diff([]any{}, others); diff != "" {
		t.Errorf("the other account (-want +got):\n%s", diff)
	}
	refused("CreateAnalyzer", object{"analyzerName": "own", "type": "ORGANIZATION"}, "ConflictException", "own")
	refused("CreateAnalyzer", object{"analyzerName": "two", "type": "ACCOUNT"}, "ServiceQuotaExceededException", ": 1")
	refused("CreateAnalyzer", object{"analyzerName": "2", "type": "ACCOUNT"}, "ValidationException", "analyzerName")
	refused("CreateAnalyzer", object{"analyzerName": "two", "type": "ACCOUNT_UNUSED_ACCESS"}, "ValidationException",
		"ACCOUNT and ORGANIZATION")
	refused("CreateAnalyzer", object{"analyzerName": "two", "type": "ORGANIZATION", "tags": object{"a": "b"}},
		"ValidationException", "tags")
	refused("GetAnalyzer", object{"analyzerName": "own"}, "NotImplemented", "GetAnalyzer")
	call("DeleteAnalyzer", object{"analyzerName": "own"})
	refused("DeleteAnalyzer", object{"analyzerName": "own"}, "ResourceNotFoundException", "own")
	if diff := cmp.Diff([]any{}, list()); diff != "" {
		t.Errorf("at last (-want +got):\n%s", diff)
	}
}

const analyzing = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/ROLE"
mainSteps:
  - name: make
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        import boto3

        def main(events, context):
            return boto3.client("accessanalyzer").create_analyzer(analyzerName="own", type="ACCOUNT")
    outputs: [{Name: ARN, Selector: $.Payload.arn, Type: String}]
outputs: [make.ARN]
`

// The first analyzer of an account needs a service-linked role.
func TestAnalyzerNeedsTwoPermissions(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	const linked = "arn:aws:iam::222222222222:role/aws-service-role/access-analyzer.amazonaws.com/*"
	create := allows("arn:aws:access-analyzer:*:222222222222:analyzer/*", "access-analyzer:CreateAnalyzer")
	w.runner(t, "may-not", create)
	w.runner(t, "may", create, allows(linked, "iam:CreateServiceLinkedRole"))
	for role, want := range map[string]string{"may-not": "iam:CreateServiceLinkedRole", "may": ""} {
		w.create(t, "Analyze-"+role, strings.ReplaceAll(analyzing, "ROLE", role))
		e := w.rehearse(t, "Analyze-"+role, nil)
		message, _ := e["FailureMessage"].(string)
		if (e["AutomationExecutionStatus"] == "Success") != (want == "") || !strings.Contains(message, want) {
			t.Errorf("%s: %v: %s", role, e["AutomationExecutionStatus"], message)
		}
	}
}
