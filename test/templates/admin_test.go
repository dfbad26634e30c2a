package templates_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
)

// behind returns the resource that a property refers to.
func (t template) behind(v any) resource {
	for _, id := range []any{at(v, "Ref"), at(v, "Fn::GetAtt", 0)} {
		if id, ok := id.(string); ok {
			return t.Resources[id]
		}
	}
	return resource{}
}

func TestQueuesLoseNothing(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	queues := stack.all("AWS::SQS::Queue")
	if len(queues) != 4 {
		t.Errorf("%d queues, want 4", len(queues))
	}
	receives := map[string]any{"hubmend-findings": 20.0, "hubmend-outcomes": 5.0}
	for _, q := range queues {
		name, _ := q.Properties["QueueName"].(string)
		if q.Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted", name)
		}
		if strings.HasSuffix(name, "-dlq") {
			if q.Properties["MessageRetentionPeriod"] != 14*24*3600.0 {
				t.Errorf("%s keeps messages for %v s, want 14 days", name, q.Properties["MessageRetentionPeriod"])
			}
			continue
		}
		dead := stack.behind(at(q.Properties, "RedrivePolicy", "deadLetterTargetArn"))
		if dead.Properties["QueueName"] != name+"-dlq" ||
			at(q.Properties, "RedrivePolicy", "maxReceiveCount") != receives[name] {
			t.Errorf("%s: RedrivePolicy = %v", name, q.Properties["RedrivePolicy"])
		}
	}
}

func TestQueuesTakeOnlyEventsOfTheirRules(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	rules := map[string]string{"hubmend-findings": "hubmend-*", "hubmend-outcomes": "hubmend-events/hubmend-*"}
	policies := stack.all("AWS::SQS::QueuePolicy")
	for _, policy := range policies {
		queue, _ := stack.behind(at(policy.Properties, "Queues", 0)).Properties["QueueName"].(string)
		granted := list(at(policy.Properties, "PolicyDocument", "Statement"))
		if at(granted, 0, "Effect") != "Deny" || at(granted, 0, "Condition", "Bool", "aws:SecureTransport") != "false" {
			t.Errorf("%s may be used without TLS", queue)
		}
		want := object{
			"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")},
			"ArnLike":      object{"aws:SourceArn": local("events:rule/" + rules[strings.TrimSuffix(queue, "-dlq")])},
		}
		if diff := cmp.Diff(any(want), at(granted, 1, "Condition")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", queue, diff)
		}
		if len(granted) != 2 || at(granted, 1, "Action") != "sqs:SendMessage" ||
			at(granted, 1, "Principal", "Service") != "events.amazonaws.com" {
			t.Errorf("%s: policy = %v", queue, granted)
		}
	}
	if len(policies) != 4 {
		t.Errorf("%d queue policies, want 4", len(policies))
	}
}

func TestOrganizationMayReport(t *testing.T) {
	t.Parallel()
	policies := templates[app.Admin].all("AWS::Events::EventBusPolicy")
	if len(policies) != 1 || policies[0].Condition != "HasOrganization" {
		t.Fatalf("bus policies = %v, want one with the condition HasOrganization", policies)
	}
	want := object{"StringEquals": object{"aws:PrincipalOrgID": ref("OrganizationId")}}
	if diff := cmp.Diff(any(want), at(policies[0].Properties, "Statement", "Condition")); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
}

func TestLedgerOutlivesTheStack(t *testing.T) {
	t.Parallel()
	table := templates[app.Admin].one(t, "AWS::DynamoDB::Table", "TableName", "hubmend-ledger")
	if table.DeletionPolicy != "RetainExceptOnCreate" || table.UpdateReplacePolicy != "Retain" ||
		table.Properties["DeletionProtectionEnabled"] != true ||
		at(table.Properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Errorf("the ledger can be lost: %v %v %v", table.DeletionPolicy, table.UpdateReplacePolicy, table.Properties)
	}
	if got := table.Properties["BillingMode"]; got != "PAY_PER_REQUEST" {
		t.Errorf("BillingMode = %v, want PAY_PER_REQUEST: a quiet month costs nothing", got)
	}
	// With a key of AWS's own; a key of the account's would be the largest fixed cost.
	if got := table.Properties["SSESpecification"]; got != nil {
		t.Errorf("SSESpecification = %v", got)
	}
	want := any(object{"AttributeName": "expires", "Enabled": true})
	if diff := cmp.Diff(want, table.Properties["TimeToLiveSpecification"]); diff != "" {
		t.Errorf("time to live (-want +got):\n%s", diff)
	}
}

// When anything else fails, there is no table yet, and so none that the next deployment would find. It cannot
// wait for what a condition may leave out: AWS says that it may then not be created either.
func TestLedgerIsCreatedLast(t *testing.T) {
	t.Parallel()
	var first, others []string
	for id, r := range templates[app.Admin].Resources {
		switch {
		case r.Type == "AWS::DynamoDB::Table":
			for _, before := range list(r.DependsOn) {
				first = append(first, fmt.Sprint(before))
			}
		case r.Condition == "":
			others = append(others, id)
		}
	}
	slices.Sort(others)
	slices.Sort(first)
	if diff := cmp.Diff(others, first); diff != "" {
		t.Errorf("created before the ledger (-want +got):\n%s", diff)
	}
}

// Nothing else may outlive the stack: it would have a name that the next deployment needs.
func TestOnlyTheLedgerIsRetained(t *testing.T) {
	t.Parallel()
	for name, tmpl := range templates {
		for id, r := range tmpl.Resources {
			for _, policy := range []string{r.DeletionPolicy, r.UpdateReplacePolicy} {
				if policy != "" && policy != "Delete" && r.Type != "AWS::DynamoDB::Table" {
					t.Errorf("%s: %s has the policy %s", name, id, policy)
				}
			}
		}
	}
}

func TestLedgerKeys(t *testing.T) {
	t.Parallel()
	table := templates[app.Admin].one(t, "AWS::DynamoDB::Table", "TableName", "hubmend-ledger").Properties
	keys := func(hash, sort string) []any {
		return []any{object{"AttributeName": hash, "KeyType": "HASH"},
			object{"AttributeName": sort, "KeyType": "RANGE"}}
	}
	if diff := cmp.Diff(any(keys("pk", "sk")), table["KeySchema"]); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	// Only keys are projected: whatever more would be written twice.
	index := []any{object{"IndexName": "open", "KeySchema": keys("open", "since"),
		"Projection": object{"ProjectionType": "KEYS_ONLY"}}}
	if diff := cmp.Diff(any(index), table["GlobalSecondaryIndexes"]); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
	for _, name := range []string{"pk", "sk", "open", "since"} {
		if !slices.ContainsFunc(list(table["AttributeDefinitions"]), func(v any) bool {
			return cmp.Equal(v, any(object{"AttributeName": name, "AttributeType": "S"}))
		}) {
			t.Errorf("%s is not a text: %v", name, table["AttributeDefinitions"])
		}
	}
}
