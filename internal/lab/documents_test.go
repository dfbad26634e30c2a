package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sleeper is a document that says which text it is, under the role runs.
func sleeper(says string) string {
	return fmt.Sprintf(`{"schemaVersion": "0.3", "description": %q, "assumeRole": "arn:aws:iam::%s:role/runs",
		"parameters": {"Note": {"type": "String", "default": "x"}},
		"mainSteps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": true}]}`, says,
		member)
}

func withDocuments(t *testing.T) world {
	t.Helper()
	w := up(t, stacks{runbooks: resources{"Doc": resource("AWS::SSM::Document",
		object{"Name": "deployed", "Content": sleeper("by a template")})}})
	w.role(t, member, "runs", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	return w
}

// runs starts a document and gives the version that ran.
func (w world) runs(t *testing.T, input object) any {
	t.Helper()
	id := w.call(t, member, "ssm", "StartAutomationExecution", input)["AutomationExecutionId"]
	w.quiet(t)
	e := at(w.call(t, member, "ssm", "GetAutomationExecution", object{"AutomationExecutionId": id}),
		"AutomationExecution").(object)
	if e["AutomationExecutionStatus"] != "Success" {
		t.Errorf("%v ended with %v: %v", input, e["AutomationExecutionStatus"], e["FailureMessage"])
	}
	return e["DocumentVersion"]
}

// A document that somebody makes by API is kept with its versions, and runs.
func TestDocumentsByAPI(t *testing.T) {
	t.Parallel()
	w := withDocuments(t)
	made := object{"Name": "mine", "DocumentType": "Automation", "Content": sleeper("one")}
	out := at(w.call(t, member, "ssm", "CreateDocument", made), "DocumentDescription")
	if at(out, "DocumentVersion") != "1" || at(out, "DefaultVersion") != "1" || at(out, "Owner") != member ||
		at(out, "Parameters", 0, "Name") != "Note" {
		t.Errorf("CreateDocument answers %v", out)
	}
	w.refused(t, member, "ssm", "CreateDocument", made, "DocumentAlreadyExists", "mine")
	out = at(w.call(t, member, "ssm", "UpdateDocument",
		object{"Name": "mine", "DocumentVersion": "$LATEST", "Content": sleeper("two")}), "DocumentDescription")
	if at(out, "DocumentVersion") != "2" || at(out, "DefaultVersion") != "1" {
		t.Errorf("UpdateDocument answers %v", out)
	}
	w.refused(t, member, "ssm", "UpdateDocument",
		object{"Name": "mine", "DocumentVersion": "$LATEST", "Content": sleeper("two")}, "DuplicateDocumentContent", "")
	w.refused(t, member, "ssm", "UpdateDocument",
		object{"Name": "mine", "DocumentVersion": "1", "Content": sleeper("three")}, "InvalidDocumentVersion", "")

	arn := "arn:aws:ssm:" + home + ":" + member + ":document/mine"
	for _, tc := range []struct {
		input object
		want  string
	}{
		{object{"DocumentName": "mine"}, "1"},
		{object{"DocumentName": "mine", "DocumentVersion": "$DEFAULT"}, "1"},
		{object{"DocumentName": "mine", "DocumentVersion": "$LATEST"}, "2"},
		{object{"DocumentName": "mine", "DocumentVersion": "2"}, "2"},
		{object{"DocumentName": arn}, "1"},
	} {
		if got := w.runs(t, tc.input); got != tc.want {
			t.Errorf("%v ran version %v, want %s", tc.input, got, tc.want)
		}
	}
	w.refused(t, member, "ssm", "StartAutomationExecution", object{"DocumentName": "mine", "DocumentVersion": "3"},
		"AutomationDefinitionVersionNotFoundException", "3")

	w.call(t, member, "ssm", "UpdateDocumentDefaultVersion", object{"Name": "mine", "DocumentVersion": "2"})
	if got := w.runs(t, object{"DocumentName": "mine"}); got != "2" {
		t.Errorf("the default is version %v", got)
	}
	if out := w.call(t, member, "ssm", "GetDocument",
		object{"Name": "mine", "DocumentVersion": "1"}); out["Content"] != sleeper("one") {
		t.Errorf("version 1 is %v", out)
	}
	w.refused(t, member, "ssm", "DescribeDocument", object{"Name": "mine", "DocumentVersion": "9"},
		"InvalidDocumentVersion", "")
	w.refused(t, member, "ssm", "DeleteDocument", object{"Name": "mine", "DocumentVersion": "2"},
		"InvalidDocumentOperation", "")
	w.call(t, member, "ssm", "DeleteDocument", object{"Name": "mine", "DocumentVersion": "1"})
	if list := at(w.call(t, member, "ssm", "ListDocumentVersions", object{"Name": "mine"}),
		"DocumentVersions").([]any); len(list) != 1 || at(list, 0, "DocumentVersion") != "2" {
		t.Errorf("versions are %v", list)
	}
	w.call(t, member, "ssm", "DeleteDocument", object{"Name": "mine"})
	w.refused(t, member, "ssm", "DescribeDocument", object{"Name": "mine"}, "InvalidDocument", "")
	w.refused(t, member, "ssm", "StartAutomationExecution", object{"DocumentName": "mine"},
		"AutomationDefinitionNotFoundException", "mine")
}

// Documents of other types are moto's, and all are listed together.
func TestListDocuments(t *testing.T) {
	t.Parallel()
	w := withDocuments(t)
	command := `{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "x", "inputs": {"runCommand": ["id"]}}]}`
	w.call(t, member, "ssm", "CreateDocument", object{"Name": "command", "DocumentType": "Command", "Content": command})
	w.call(t, member, "ssm", "CreateDocument",
		object{"Name": "mine", "DocumentType": "Automation", "Content": sleeper("one")})
	w.call(t, admin, "ssm", "CreateDocument",
		object{"Name": "admins", "DocumentType": "Automation", "Content": sleeper("one")})
	names := func(input object) []string {
		out := w.call(t, member, "ssm", "ListDocuments", input)
		var all []string
		for _, d := range at(out, "DocumentIdentifiers").([]any) {
			all = append(all, at(d, "Name").(string))
		}
		if token, ok := out["NextToken"].(string); ok {
			all = append(all, "then "+token)
		}
		return all
	}
	for says, tc := range map[string]struct {
		input object
		want  []string
	}{
		"all":        {object{}, []string{"command", "deployed", "mine"}},
		"Automation": {object{"Filters": []any{filter("DocumentType", "Automation")}}, []string{"deployed", "mine"}},
		"Command":    {object{"Filters": []any{filter("DocumentType", "Command")}}, []string{"command"}},
		"by name": {object{"Filters": []any{filter("Name", "mine", "command"), filter("Owner", "Self")}},
			[]string{"command", "mine"}},
		"of Amazon's": {object{"Filters": []any{filter("Owner", "Amazon")}}, nil},
		"a page":      {object{"MaxResults": 2}, []string{"command", "deployed", "then 2"}},
		"the last":    {object{"MaxResults": 2, "NextToken": "2"}, []string{"mine"}},
	} {
		if diff := cmp.Diff(tc.want, names(tc.input)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", says, diff)
		}
	}
	w.refused(t, member, "ssm", "StartAutomationExecution", object{"DocumentName": "command"},
		"AutomationDefinitionNotFoundException", "")
	w.refused(t, member, "ssm", "ListDocuments", object{"NextToken": "x"}, "InvalidNextToken", "x")
}

// A document has at most 64 KB, and the parameters of an execution count.
func TestDocumentSize(t *testing.T) {
	t.Parallel()
	w := withDocuments(t)
	const limit = 64 << 10
	padded := func(size int) string { return sleeper(strings.Repeat("x", size-len(sleeper("")))) }
	create := func(name, content string) object {
		return object{"Name": name, "DocumentType": "Automation", "Content": content}
	}
	w.refused(t, member, "ssm", "CreateDocument", create("large", padded(limit+1)), "MaxDocumentSizeExceeded", "64 KB")
	w.refused(t, member, "ssm", "CreateDocument", create("broken", "{"), "InvalidDocumentContent", "")
	w.refused(t, member, "ssm", "CreateDocument", create("old", strings.Replace(sleeper("x"), "0.3", "0.2", 1)),
		"InvalidDocumentSchemaVersion", "")
	w.call(t, member, "ssm", "CreateDocument", create("full", padded(limit)))
	w.refused(t, member, "ssm", "UpdateDocument", object{"Name": "full", "Content": padded(limit + 1)},
		"MaxDocumentSizeExceeded", "64 KB")
	w.call(t, member, "ssm", "CreateDocument", create("almost", padded(limit-100)))
	w.runs(t, object{"DocumentName": "almost", "Parameters": object{"Note": []any{"short"}}})
	w.refused(t, member, "ssm", "StartAutomationExecution",
		object{"DocumentName": "almost", "Parameters": object{"Note": []any{strings.Repeat("y", 100)}}},
		"InvalidAutomationExecutionParametersException", "64 KB")

	stack := object{"Resources": object{"Doc": resource("AWS::SSM::Document",
		object{"Name": "stacked", "DocumentType": "Automation", "Content": padded(limit + 1)})}}
	if status, reason := w.deployStack(t, member, "large", stack); status != "ROLLBACK_COMPLETE" ||
		!strings.Contains(reason, "64 KB") {
		t.Errorf("a stack with a large document ends with %s: %s", status, reason)
	}
}
