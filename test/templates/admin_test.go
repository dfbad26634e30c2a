package templates_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/function"
)

// behind gives the resource that a property refers to.
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
	// A finding waits while another repair of its resource runs, so it comes back more often.
	attempts := map[string]float64{"hubmend-findings": 20, "hubmend-outcomes": 5}
	if len(queues) != 4 {
		t.Errorf("%d queues, want 4", len(queues))
	}
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
		if dead.Properties["QueueName"] != name+"-dlq" || at(q.Properties, "RedrivePolicy", "maxReceiveCount") != attempts[name] {
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
		if len(granted) != 2 || at(granted, 1, "Action") != "sqs:SendMessage" || at(granted, 1, "Principal", "Service") != "events.amazonaws.com" {
			t.Errorf("%s: policy = %v", queue, granted)
		}
	}
	if len(policies) != 4 {
		t.Errorf("%d queue policies, want 4", len(policies))
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	common := []string{function.LedgerTable, function.TopicARN, function.Partition}
	for name, tc := range map[string]struct {
		timeout float64
		env     []string
	}{
		"hubmend-dispatch":      {30, append(slices.Clone(common), function.FindingsQueue)},
		"hubmend-settle":        {30, common},
		"hubmend-custom-action": {60, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stack.one(t, "AWS::Lambda::Function", "FunctionName", name).Properties
			if f["Runtime"] != "provided.al2023" || !cmp.Equal(f["Architectures"], []any{"arm64"}) || f["Timeout"] != tc.timeout {
				t.Errorf("Runtime %v, Architectures %v, Timeout %v", f["Runtime"], f["Architectures"], f["Timeout"])
			}
			variables, _ := at(f, "Environment", "Variables").(object)
			slices.Sort(tc.env)
			if diff := cmp.Diff(tc.env, slices.Sorted(maps.Keys(variables))); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
			logs := stack.behind(at(f, "LoggingConfig", "LogGroup")).Properties
			if at(f, "LoggingConfig", "LogFormat") != "JSON" || logs["LogGroupName"] != "/aws/lambda/"+name || logs["RetentionInDays"] != 365.0 {
				t.Errorf("logging = %v into %v", f["LoggingConfig"], logs)
			}
		})
	}
	if got := len(stack.all("AWS::Lambda::Function")); got != 3 {
		t.Errorf("%d functions, want 3: did the CDK add one?", got)
	}
}

func TestFunctionsWorkOffTheirQueues(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	windows := map[any]float64{"hubmend-dispatch": 2, "hubmend-settle": 0}
	mappings := stack.all("AWS::Lambda::EventSourceMapping")
	for _, m := range mappings {
		queue := stack.behind(m.Properties["EventSourceArn"]).Properties
		f := stack.behind(m.Properties["FunctionName"]).Properties
		if queue["VisibilityTimeout"] != 6*f["Timeout"].(float64) {
			t.Errorf("%v hides messages for %v s, %v may take %v s", queue["QueueName"], queue["VisibilityTimeout"], f["FunctionName"], f["Timeout"])
		}
		got := maps.Clone(m.Properties)
		delete(got, "EventSourceArn")
		delete(got, "FunctionName")
		want := object{
			"BatchSize": 10.0, "MaximumBatchingWindowInSeconds": windows[f["FunctionName"]],
			"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "ScalingConfig": object{"MaximumConcurrency": 5.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", f["FunctionName"], diff)
		}
	}
	if len(mappings) != 2 {
		t.Errorf("%d event source mappings, want 2", len(mappings))
	}
}

func TestFunctionsReachOnlyTheirMemberRole(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	for function, member := range map[string]string{"hubmend-dispatch-function": "hubmend-dispatch", "hubmend-settle-function": "hubmend-settle"} {
		var assume, suppress []any
		for _, s := range statements(t, stack.one(t, "AWS::IAM::Role", "RoleName", function)) {
			switch {
			case at(s, "Action") == "sts:AssumeRole":
				assume = append(assume, s)
			case at(s, "Effect") == "Deny":
				suppress = append(suppress, at(s, "Condition", "StringEquals", "securityhub:ASFFSyntaxPath/Workflow.Status"))
			}
		}
		want := []any{object{
			"Sid": "Member", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": sub("arn:${AWS::Partition}:iam::*:role/" + member),
			"Condition": object{"StringEquals": object{"Fn::If": []any{
				"HasOrganization", object{"aws:ResourceOrgID": ref("OrganizationId")}, object{"aws:ResourceAccount": ref("AWS::AccountId")},
			}}},
		}}
		if diff := cmp.Diff(want, assume); diff != "" {
			t.Errorf("%s (-want +got):\n%s", function, diff)
		}
		if diff := cmp.Diff([]any{"SUPPRESSED"}, suppress); diff != "" {
			t.Errorf("%s may suppress findings (-want +got):\n%s", function, diff)
		}
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
	if table.DeletionPolicy != "Retain" || table.Properties["DeletionProtectionEnabled"] != true ||
		at(table.Properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Errorf("the ledger can be lost: %v %v", table.DeletionPolicy, table.Properties)
	}
	if got := table.Properties["BillingMode"]; got != "PAY_PER_REQUEST" {
		t.Errorf("BillingMode = %v, want PAY_PER_REQUEST: a quiet month costs nothing", got)
	}
	if got := at(table.Properties, "TimeToLiveSpecification", "AttributeName"); got != "expires" {
		t.Errorf("time to live attribute = %v, want expires", got)
	}
}
