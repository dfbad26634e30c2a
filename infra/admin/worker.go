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

// workers make the functions that work on repairs, from what these have in common.
type workers struct {
	organization       *Organization
	topic              awssns.Topic
	pause              *Switch
	settings           map[string]*string // environment
	findings, outcomes awssqs.Queue
	functions          string
	processor          awslambda.Architecture
	key                awskms.IKey
}

const (
	// batch is how many messages one call works off: Security Hub tells of twenty findings
	// in one call, and takes three such calls per second.
	batch = 20
	// windowSeconds is how long a batch is collected: findings of one resource come together, one
	// for each standard, and share a call and an execution.
	windowSeconds = 2

	// dispatchConcurrency bounds the calls at a time. Most of a call is waiting for start slots, and
	// thirty calls start what forty accounts and Regions take.
	dispatchConcurrency = 30
	// settleConcurrency is lower, because each answer is a call of Security Hub, which takes ten
	// per second: the answers of a batch are spaced so that this many batches stay below it.
	settleConcurrency = 4

	// dispatchSeconds are far more than a batch takes, and less than decide's ClaimLease.
	dispatchSeconds = 30
	// settleSeconds leave time to be throttled.
	settleSeconds = 60
	// sweepSeconds are almost until the next sweep.
	sweepSeconds = 290
)

// dispatch makes the function that starts repairs for findings.
func (w *workers) dispatch(scope constructs.Construct) awslambda.Function {
	function := NewFunction(scope, jsii.String("Dispatch"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description:  jsii.String("Starts repairs for findings."),
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
		),
	})
	work(function, w.findings, dispatchConcurrency)
	return function
}

// settle makes the function that tells findings how their repair ended.
func (w *workers) settle(scope constructs.Construct) awslambda.Function {
	function := NewFunction(scope, jsii.String("Settle"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description:  jsii.String("Tells findings how their repair ended."),
			Timeout:      awscdk.Duration_Seconds(jsii.Number(settleSeconds)),
			Environment: w.environment(map[string]*string{
				naming.EnvPartition:    awscdk.Aws_PARTITION(),
				naming.EnvOutcomesDead: w.outcomes.DeadLetterQueue().Queue.QueueUrl(),
			}),
		},
		Name:   naming.SettleFunction,
		Key:    w.key,
		Binary: filepath.Join(w.functions, settleFolder),
		Statements: append(w.common(),
			receive(w.outcomes), send("DeadLetters", w.outcomes.DeadLetterQueue().Queue), w.member(naming.SettleRole)),
	})
	work(function, w.outcomes, settleConcurrency)
	return function
}

// sweep makes the function that finds what was left undone.
func (w *workers) sweep(scope constructs.Construct) awslambda.Function {
	return NewFunction(scope, jsii.String("Sweep"), &FunctionProps{
		FunctionProps: &awslambda.FunctionProps{
			Architecture: w.processor,
			Description: jsii.String(
				"Goes on with repairs whose message or status event was lost, and checks what was resolved."),
			Timeout: awscdk.Duration_Seconds(jsii.Number(sweepSeconds)),
			// One that failed is not invoked again: that would be beside the next, which begins with what it left.
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
		Binary: filepath.Join(w.functions, sweepFolder),
		Statements: append(w.common(),
			send("Errands", w.findings, w.outcomes), w.pause.Read(),
			access.Statement{Sid: "Records", Actions: []string{"dynamodb:BatchGetItem"},
				Resources: []*string{ledgerARN()}},
			access.Statement{Sid: "Index", Actions: []string{"dynamodb:Query"}, Resources: []*string{ledgerIndexARN()}},
			access.Statement{Sid: "Digests", Actions: []string{"dynamodb:Query"}, Resources: []*string{ledgerARN()}},
		),
	})
}

// environment adds to what every function is told.
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

// common is what carrying a decision out takes.
func (w *workers) common() []access.Statement {
	hub := []*string{arn.Local("securityhub", "hub/default")}
	update := []string{"securityhub:BatchUpdateFindings"}
	return append(use(w.key, decrypt, encrypt), []access.Statement{
		{Sid: "Ledger", Actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}, Resources: []*string{ledgerARN()}},
		{Sid: "Notify", Actions: []string{"sns:Publish"}, Resources: []*string{w.topic.TopicArn()}},
		{
			// Nothing else that is on the bus can be made to look like ours, and ours not like that.
			Sid: "Announce", Actions: []string{"events:PutEvents"},
			Resources:  []*string{arn.Local("events", "event-bus/"+naming.AnnounceBus)},
			Conditions: access.Conditions{"StringEquals": map[string]any{"events:source": announce.Source}},
		},
		{Sid: "Findings", Actions: append([]string{"securityhub:GetFindings"}, update...), Resources: hub},
		{
			// Suppressing a finding hides a risk, which is for people to decide.
			Sid: "NeverSuppress", Deny: true, Actions: update, Resources: hub,
			Conditions: access.Conditions{
				"StringEquals": map[string]any{"securityhub:ASFFSyntaxPath/Workflow.Status": "SUPPRESSED"}},
		},
	}...)
}

// member lets a function into member accounts, as one role of theirs and no other.
func (w *workers) member(role string) access.Statement {
	return access.Statement{
		Sid: "Member", Actions: []string{"sts:AssumeRole"}, Resources: []*string{arn.RoleIn("*", role)},
		Conditions: access.Conditions{"StringEquals": w.organization.Owns()},
	}
}

// receive is what Lambda needs to feed a function from a queue.
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

// work feeds a function from a queue. What it reports as failed comes back.
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
