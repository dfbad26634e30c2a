package cdk_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab"
)

// world is the lab that the command line deploys to.
type world struct{ *lab.Lab }

func (w world) call(t *testing.T, service, api string, input object) object {
	t.Helper()
	out, err := w.Call(t.Context(),
		lab.Call{Account: account, Region: region, Service: service, API: api, Input: input})
	if err != nil {
		t.Fatalf("%s:%s: %v", service, api, err)
	}
	return out
}

// status checks the status of a stack, as the API gives it.
func (w world) status(t *testing.T, stack, want string) {
	t.Helper()
	list := w.call(t, "cloudformation", "DescribeStacks", object{"StackName": stack})["Stacks"].([]any)
	if got := list[0].(object)["StackStatus"]; got != want {
		t.Errorf("the stack %s is %v, want %s", stack, got, want)
	}
}

func (w world) quiet(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Quiet(ctx); err != nil {
		t.Fatal(err)
	}
}

func (w world) problems() []string {
	var texts []string
	for _, e := range w.Story() {
		if e.Kind == lab.KindProblem {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// terminate ends the launched product, as its user does before the portfolio goes.
func (w world) terminate(t *testing.T) {
	t.Helper()
	out := w.call(t, "servicecatalog", "SearchProvisionedProducts", object{})
	for _, item := range out["ProvisionedProducts"].([]any) {
		w.call(t, "servicecatalog", "TerminateProvisionedProduct",
			object{"ProvisionedProductId": item.(object)["Id"], "TerminateToken": "end"})
	}
	w.quiet(t)
}

// listing is a call that lists resources of a type: where in the answer, and their names.
type listing struct {
	kind, service, api, list, name string
	input                          object
}

var listings = []listing{
	{"AWS::DynamoDB::Table", "dynamodb", "ListTables", "TableNames", "", object{}},
	{"AWS::SQS::Queue", "sqs", "ListQueues", "QueueUrls", "", object{}},
	{"AWS::SNS::Topic", "sns", "ListTopics", "Topics", "TopicArn", object{}},
	{"AWS::SNS::Subscription", "sns", "ListSubscriptions", "Subscriptions", "SubscriptionArn", object{}},
	{"AWS::IAM::Role", "iam", "ListRoles", "Roles", "RoleName", object{}},
	{"AWS::IAM::Group", "iam", "ListGroups", "Groups", "GroupName", object{}},
	{"AWS::IAM::ManagedPolicy", "iam", "ListPolicies", "Policies", "PolicyName", object{"Scope": "Local"}},
	{"AWS::Logs::LogGroup", "logs", "DescribeLogGroups", "logGroups", "logGroupName", object{}},
	{"AWS::CloudWatch::Alarm", "cloudwatch", "DescribeAlarms", "MetricAlarms", "AlarmName", object{}},
	{"AWS::CloudWatch::Dashboard", "cloudwatch", "ListDashboards", "DashboardEntries", "DashboardName", object{}},
	{"AWS::SSM::Parameter", "ssm", "DescribeParameters", "Parameters", "Name", object{}},
}

// left lists what is there but for what the bootstrap stack has.
func (w world) left(t *testing.T) []string {
	t.Helper()
	var left []string
	for _, l := range listings {
		items, _ := w.call(t, l.service, l.api, l.input)[l.list].([]any)
		for _, item := range items {
			name, _ := item.(string)
			if o, ok := item.(object); ok {
				name, _ = o[l.name].(string)
			}
			if !strings.Contains(name, "cdk-") {
				left = append(left, l.kind+" "+name)
			}
		}
	}
	for _, item := range w.call(t, "cloudformation", "DescribeStacks", object{})["Stacks"].([]any) {
		if name := item.(object)["StackName"].(string); name != "CDKToolkit" {
			left = append(left, "AWS::CloudFormation::Stack "+name)
		}
	}
	left = append(left, w.Wiring()...)
	slices.Sort(left)
	return left
}
