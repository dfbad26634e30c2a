package admin

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// workers make the functions dispatch, settle and sweep, from what they have in common.
type workers struct {
	organization       *Organization
	topic              awssns.Topic
	pause              *Switch
	settings           map[string]*string // environment
	findings, outcomes awssqs.Queue
	functions          string
	processor          awslambda.Architecture
	key                awskms.IKey
	reevaluate         *string
}

const (
	// batch is how many messages one invocation gets. Security Hub returns twenty findings per GetFindings call, and
	// takes three such calls per second.
	batch = 20
	// windowSeconds is the batching window. Findings of one resource, one for each standard, arrive together and share
	// a call and an execution.
	windowSeconds = 2

	// dispatchConcurrency limits concurrent invocations. They mostly wait for start slots, and thirty of them start
	// what forty accounts and Regions can take.
	dispatchConcurrency = 30
	// settleConcurrency is lower, because each finding update is a Security Hub call, of which ten per second are
	// allowed. The updates of a batch are spaced so that this many batches stay below that.
	settleConcurrency = 4

	// dispatchSeconds is far longer than a batch takes, and shorter than decide's ClaimLease.
	dispatchSeconds = 30
	// settleSeconds allows for throttling.
	settleSeconds = 60
	// sweepSeconds ends just before the next sweep.
	sweepSeconds = 290
)

// dispatch makes the function that starts executions for findings.
func (w *workers) dispatch(scope constructs.Construct) awslambda.Function {
	function := NewFunction(scope, jsii.String("Dispatch"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description:  jsii.String("Starts remediations of findings."),
			Timeout:      awscdk.Duration_Seconds(jsii.Number(dispatchSeconds)),
			Environment: w.environment(map[string]*string{
				naming.EnvPartition:     awscdk.Aws_PARTITION(),
				naming.EnvSwitch:        w.pause.Name,
				naming.EnvFindingsQueue: w.findings.QueueUrl(),
				naming.EnvFindingsDead:  w.findings.DeadLetterQueue().Queue.QueueUrl(),
			}),
		},
		Name:   naming.DispatchFunction,
		Key:    w.key,
		Binary: filepath.Join(w.functions, dispatchFolder),
		Statements: append(w.common(),
			receive(w.findings), send("DeadLetters", w.findings.DeadLetterQueue().Queue), w.member(naming.DispatchRole),
			w.pause.Read(),
			access.Statement{Sid: "Delay", Actions: []string{"sqs:ChangeMessageVisibility"},
				Resources: []*string{w.findings.QueueArn()}},
			access.Statement{Sid: "Slots", Actions: []string{"dynamodb:UpdateItem"}, Resources: []*string{ledgerARN()}},
			// Policies ask for the OUs of accounts, and for their tags. The ARNs have the management account, which is
			// not known here, and an account is in one organization only.
			access.Statement{Sid: "Parents", Actions: []string{"organizations:ListParents"}, Resources: []*string{
				arn.Sub("arn:${AWS::Partition}:organizations::*:account/*"),
				arn.Sub("arn:${AWS::Partition}:organizations::*:ou/*")}},
			access.Statement{Sid: "AccountTags", Actions: []string{"organizations:ListTagsForResource"},
				Resources: []*string{arn.Sub("arn:${AWS::Partition}:organizations::*:account/*")}},
		),
	})
	work(function, w.findings, dispatchConcurrency)
	return function
}

// settle makes the function that updates findings when their execution ended.
func (w *workers) settle(scope constructs.Construct) awslambda.Function {
	function := NewFunction(scope, jsii.String("Settle"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description:  jsii.String("Updates findings with the outcome of their remediation."),
			Timeout:      awscdk.Duration_Seconds(jsii.Number(settleSeconds)),
			Environment: w.environment(map[string]*string{
				naming.EnvPartition:     awscdk.Aws_PARTITION(),
				naming.EnvOutcomesDead:  w.outcomes.DeadLetterQueue().Queue.QueueUrl(),
				naming.EnvOutcomesQueue: w.outcomes.QueueUrl(),
				naming.EnvReevaluate:    w.reevaluate,
			}),
		},
		Name:   naming.SettleFunction,
		Key:    w.key,
		Binary: filepath.Join(w.functions, settleFolder),
		Statements: append(w.common(),
			receive(w.outcomes), send("DeadLetters", w.outcomes.DeadLetterQueue().Queue),
			send("Errands", w.outcomes), w.member(naming.SettleRole)),
	})
	work(function, w.outcomes, settleConcurrency)
	return function
}

// sweep makes the function that resumes interrupted work.
func (w *workers) sweep(scope constructs.Construct) awslambda.Function {
	return NewFunction(scope, jsii.String("Sweep"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description: jsii.String(
				"Resumes remediations whose message or status event was lost, and confirms resolved findings."),
			Timeout: awscdk.Duration_Seconds(jsii.Number(sweepSeconds)),
			// A failed sweep is not retried. The retry could overlap with the next sweep, which continues anyway.
			RetryAttempts: jsii.Number(0),
			MaxEventAge:   awscdk.Duration_Seconds(jsii.Number(decide.SweepEvery.Seconds())),
			Environment: w.environment(map[string]*string{
				naming.EnvSwitch:        w.pause.Name,
				naming.EnvFindingsQueue: w.findings.QueueUrl(),
				naming.EnvOutcomesQueue: w.outcomes.QueueUrl(),
			}),
		},
		Name:   naming.SweepFunction,
		Key:    w.key,
		Binary: filepath.Join(w.functions, SweepFolder),
		Statements: append(w.common(),
			send("Errands", w.findings, w.outcomes), w.pause.Read(),
			access.Statement{Sid: "Records", Actions: []string{"dynamodb:BatchGetItem"},
				Resources: []*string{ledgerARN()}},
			access.Statement{Sid: "Index", Actions: []string{"dynamodb:Query"}, Resources: []*string{ledgerIndexARN()}},
			access.Statement{Sid: "Digests", Actions: []string{"dynamodb:Query"}, Resources: []*string{ledgerARN()}},
		),
	})
}

// environment adds the variables that all functions have.
func (w *workers) environment(more map[string]*string) *map[string]*string {
	more[naming.EnvLedgerTable] = jsii.String(naming.LedgerTable)
	more[naming.EnvTopicARN] = w.topic.TopicArn()
	more[naming.EnvEventBus] = jsii.String(naming.AnnounceBus)
	for name, value := range w.settings {
		more[name] = value
	}
	for name, value := range naming.Environment(naming.NamePrefix, naming.RolePath) {
		more[name] = jsii.String(value)
	}
	return &more
}

// common are the permissions to carry out decisions.
func (w *workers) common() []access.Statement {
	// The calls of the new Security Hub (V2) have the actions of CSPM. The reference lists both hubs for them, and AWS
	// makes up the id of the new one.
	hub := []*string{arn.Local("securityhub", "hub/default"), arn.Local("securityhub", "hubv2/*")}
	update := []string{"securityhub:BatchUpdateFindings"}
	return append(use(w.key, decrypt, encrypt), []access.Statement{
		{Sid: "Ledger", Actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}, Resources: []*string{ledgerARN()}},
		{Sid: "Notify", Actions: []string{"sns:Publish"}, Resources: []*string{w.topic.TopicArn()}},
		{
			// Only with Hubmend's own event source, so that no event of another application can be forged.
			Sid: "Announce", Actions: []string{"events:PutEvents"},
			Resources:  []*string{arn.Local("events", "event-bus/"+naming.AnnounceBus)},
			Conditions: access.Conditions{"StringEquals": map[string]any{"events:source": announce.Source}},
		},
		{Sid: "Findings", Actions: append([]string{"securityhub:GetFindings"}, update...), Resources: hub},
		{
			// Only people may suppress a finding, because that hides a risk.
			Sid: "NeverSuppress", Deny: true, Actions: update, Resources: hub,
			Conditions: access.Conditions{
				"StringEquals": map[string]any{"securityhub:ASFFSyntaxPath/Workflow.Status": "SUPPRESSED"}},
		},
		{
			// The same in V2, and Archived, which closes a finding.
			Sid: "NeverSuppressV2", Deny: true, Actions: update, Resources: hub,
			Conditions: access.Conditions{
				"StringEquals": map[string]any{"securityhub:OCSFSyntaxPath/StatusId": []string{"3", "5"}}},
		},
		{
			Sid: "NeverRateV2", Deny: true, Actions: update, Resources: hub,
			Conditions: access.Conditions{
				"Null": map[string]any{"securityhub:OCSFSyntaxPath/SeverityId": "false"}},
		},
		// The reference has no resource for this call.
		{
			Sid: "V2", Actions: []string{"securityhub:DescribeSecurityHubV2"},
			Resources: []*string{jsii.String("*")},
		},
	}...)
}

// member lets a function assume one role, and no other, in member accounts.
func (w *workers) member(role string) access.Statement {
	return access.Statement{
		Sid: "Member", Actions: []string{"sts:AssumeRole"}, Resources: []*string{arn.RoleIn("*", role)},
		Conditions: access.Conditions{"StringEquals": w.organization.Owns()},
	}
}

// receive are the permissions of an event source mapping.
func receive(queue awssqs.Queue) access.Statement {
	return access.Statement{
		Sid:       "Queue",
		Actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
		Resources: []*string{queue.QueueArn()},
	}
}

func send(sid string, queues ...awssqs.IQueue) access.Statement {
	s := access.Statement{Sid: sid, Actions: []string{"sqs:SendMessage"}}
	for _, q := range queues {
		s.Resources = append(s.Resources, q.QueueArn())
	}
	return s
}

// work invokes a function with messages of a queue. Messages that it reports as failed return to the queue.
func work(function awslambda.Function, queue awssqs.Queue, concurrency float64) {
	awslambda.NewEventSourceMapping(function, jsii.String("Queue"), &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(batch),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(windowSeconds)),
		MaxConcurrency:          jsii.Number(concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
}
