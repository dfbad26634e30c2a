package admin

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/naming"
)

// workerProps are what dispatch and settle have in common.
type workerProps struct {
	organization *Organization
	ledger       awsdynamodb.Table
	topic        awssns.Topic
	functions    string
	timeout      awscdk.Duration
}

const (
	// batch is how many messages one call works off: ten take about as long as the
	// function may, at one second for each.
	batch = 10
	// concurrency bounds the calls at a time. Systems Manager starts one execution per
	// second in an account and Region, so more would mostly be told to wait.
	concurrency = 5
)

// newDispatch makes the function that starts repairs for findings.
func newDispatch(scope constructs.Construct, props workerProps, findings awssqs.Queue) {
	function := NewFunction(scope, jsii.String("Dispatch"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Description: jsii.String("Starts repairs for findings."),
			Timeout:     props.timeout,
			Environment: props.environment(map[string]*string{"HUBMEND_FINDINGS_QUEUE_URL": findings.QueueUrl()}),
		},
		Name: naming.DispatchFunction, RoleName: jsii.String(naming.DispatchFunctionRole),
		Binary:     filepath.Join(props.functions, dispatchFolder),
		Statements: props.statements(findings, naming.DispatchRole),
	})
	// Findings of one resource come together, one for each standard: two seconds let them
	// share a call and an execution.
	work(function, findings, 2)
}

// newSettle makes the function that tells findings how their repair ended.
func newSettle(scope constructs.Construct, props workerProps, outcomes awssqs.Queue) {
	function := NewFunction(scope, jsii.String("Settle"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Description: jsii.String("Tells findings how their repair ended."),
			Timeout:     props.timeout,
			Environment: props.environment(nil),
		},
		Name: naming.SettleFunction, RoleName: jsii.String(naming.SettleFunctionRole),
		Binary:     filepath.Join(props.functions, settleFolder),
		Statements: props.statements(outcomes, naming.SettleRole),
	})
	work(function, outcomes, 0)
}

// environment holds the variables that package function reads.
func (p workerProps) environment(more map[string]*string) *map[string]*string {
	all := map[string]*string{
		"HUBMEND_LEDGER_TABLE": p.ledger.TableName(),
		"HUBMEND_TOPIC_ARN":    p.topic.TopicArn(),
		"HUBMEND_PARTITION":    awscdk.Aws_PARTITION(),
	}
	for name, value := range more {
		all[name] = value
	}
	return &all
}

// statements are what a worker may do: empty its queue, keep the ledger, answer findings,
// notify, and act in members as the one role that is meant for it.
func (p workerProps) statements(queue awssqs.Queue, memberRole string) []access.Statement {
	hub := []*string{arn.Local("securityhub", "hub/default")}
	update := []string{"securityhub:BatchUpdateFindings"}
	return []access.Statement{
		{
			Sid:       "Queue",
			Actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"},
			Resources: []*string{queue.QueueArn()},
		},
		{Sid: "Ledger", Actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}, Resources: []*string{p.ledger.TableArn()}},
		{Sid: "Notify", Actions: []string{"sns:Publish"}, Resources: []*string{p.topic.TopicArn()}},
		{Sid: "Findings", Actions: update, Resources: hub},
		{
			// Suppressing a finding hides a risk, which is for people to decide.
			Sid: "NeverSuppress", Deny: true, Actions: update, Resources: hub,
			Conditions: access.Conditions{"StringEquals": map[string]any{"securityhub:ASFFSyntaxPath/Workflow.Status": "SUPPRESSED"}},
		},
		{
			Sid: "Member", Actions: []string{"sts:AssumeRole"}, Resources: []*string{arn.RoleIn("*", memberRole)},
			Conditions: access.Conditions{"StringEquals": p.organization.Owns()},
		},
	}
}

// work lets a function work off a queue. A message that fails comes back alone, without
// the others of its batch.
func work(function awslambda.Function, queue awssqs.Queue, windowSeconds float64) {
	awslambda.NewEventSourceMapping(function, jsii.String("Queue"), &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(batch),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(windowSeconds)),
		MaxConcurrency:          jsii.Number(concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
}
