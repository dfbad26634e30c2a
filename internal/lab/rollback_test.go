package lab_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// failing is a template with some resources, and one more that fails when these are there.
func failing(t *testing.T, first resources) string {
	t.Helper()
	var before []any
	all := resources{}
	for id, r := range first {
		before, all[id] = append(before, id), r
	}
	broken := resource("AWS::SQS::Queue", object{"QueueName": "not a name"})
	broken["DependsOn"], all["Broken"] = before, broken
	text, err := json.Marshal(object{"Resources": all})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// kept is a resource with a deletion policy.
func kept(policy, kind string, properties object) object {
	r := resource(kind, properties)
	r["DeletionPolicy"] = policy
	return r
}

func ledger(protected bool) object {
	return object{
		"TableName": "ledger", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": protected,
		"KeySchema":            []any{object{"AttributeName": "pk", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{object{"AttributeName": "pk", "AttributeType": "S"}},
	}
}

// rolledBack waits until a template of failing has failed, and gives the status of its stack, with the reason.
func (w world) rolledBack(t *testing.T, name string) (status, reason string) {
	t.Helper()
	w.quiet(t)
	for _, e := range w.call(t, member, "cloudformation", "DescribeStackEvents",
		object{"StackName": name})["StackEvents"].([]any) {
		if at(e, "ResourceStatus") == "CREATE_FAILED" && at(e, "LogicalResourceId") != "Broken" {
			t.Errorf("%v failed: %v", at(e, "LogicalResourceId"), at(e, "ResourceStatusReason"))
		}
	}
	s := at(w.call(t, member, "cloudformation", "DescribeStacks", object{"StackName": name}), "Stacks", 0)
	status, _ = at(s, "StackStatus").(string)
	reason, _ = at(s, "StackStatusReason").(string)
	return status, reason
}

func (w world) tables(t *testing.T) any {
	t.Helper()
	return w.call(t, member, "dynamodb", "ListTables", object{})["TableNames"]
}

// The next creation finds the resources that a failed one left behind.
func TestRollBackOfACreation(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	log := func(name string) object { return object{"LogGroupName": name} }
	w.call(t, member, "cloudformation", "CreateStack",
		object{"StackName": "first", "TemplateBody": failing(t, resources{
			"Retained": kept("Retain", "AWS::Logs::LogGroup", log("retained")),
			"OnceUsed": kept("RetainExceptOnCreate", "AWS::Logs::LogGroup", log("once-used")),
			"Deleted":  resource("AWS::Logs::LogGroup", log("deleted")),
		})})
	if status, reason := w.rolledBack(t, "first"); status != "ROLLBACK_COMPLETE" {
		t.Errorf("the stack is %s: %s", status, reason)
	}
	groups := w.call(t, member, "logs", "DescribeLogGroups", object{})["logGroups"].([]any)
	if len(groups) != 1 || at(groups, 0, "logGroupName") != "retained" {
		t.Errorf("what is left is %v", groups)
	}
}

// DynamoDB refuses to delete a table that is protected, for CloudFormation too.
func TestRollBackOfAProtectedTable(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	w.call(t, member, "cloudformation", "CreateStack",
		object{"StackName": "first", "TemplateBody": failing(t, resources{
			"Ledger": kept("RetainExceptOnCreate", "AWS::DynamoDB::Table", ledger(true)),
		})})
	if status, reason := w.rolledBack(t, "first"); status != "ROLLBACK_FAILED" || !strings.Contains(reason, "Ledger") ||
		!strings.Contains(reason, "ValidationException") {
		t.Errorf("the stack is %s: %s", status, reason)
	}
	if diff := cmp.Diff(any([]any{"ledger"}), w.tables(t)); diff != "" {
		t.Errorf("tables after the rollback (-want +got):\n%s", diff)
	}
	// The deletion of the stack is not the operation that made the table.
	w.call(t, member, "cloudformation", "DeleteStack", object{"StackName": "first"})
	w.quiet(t)
	w.refused(t, member, "cloudformation", "DescribeStacks", object{"StackName": "first"}, "ValidationError",
		"does not exist")
	if diff := cmp.Diff(any([]any{"ledger"}), w.tables(t)); diff != "" {
		t.Errorf("tables after the deletion of the stack (-want +got):\n%s", diff)
	}
}

// A stack that takes over a table has not made it, so a rollback leaves it.
func TestRollBackOfAnImport(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	w.call(t, member, "dynamodb", "CreateTable", ledger(false))
	w.call(t, member, "cloudformation", "CreateChangeSet",
		object{"StackName": "first", "ChangeSetName": "take", "ChangeSetType": "CREATE",
			"ImportExistingResources": true,
			"TemplateBody": failing(t,
				resources{"Ledger": kept("RetainExceptOnCreate", "AWS::DynamoDB::Table", ledger(false))})})
	w.call(t, member, "cloudformation", "ExecuteChangeSet", object{"StackName": "first", "ChangeSetName": "take"})
	if status, reason := w.rolledBack(t, "first"); status != "ROLLBACK_COMPLETE" {
		t.Errorf("the stack is %s: %s", status, reason)
	}
	if diff := cmp.Diff(any([]any{"ledger"}), w.tables(t)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}
