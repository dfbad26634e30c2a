// Package queue owns the queues between rules and functions: how long a message may be
// worked on, how often it is tried, and where it goes when nothing helps.
package queue

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// Props describe a queue. Where the queue's own properties say nothing, New fills in.
type Props struct {
	*awssqs.QueueProps

	// Name is the queue's name.
	Name string
	// FunctionTimeout is the timeout of the function that works the queue off.
	FunctionTimeout awscdk.Duration
	// Attempts is how often a message is received before it is given up.
	Attempts float64
	// Rules is which EventBridge rules may send, as the resource part of an ARN of this
	// account and Region; * stands for any text.
	Rules string
	// Key encrypts the messages; nil leaves it to a key of SQS.
	Key awskms.IKey
}

const (
	// patience is how many function timeouts a message stays hidden, as Lambda asks for,
	// so that it is not received again while a throttled batch is being retried.
	patience = 6
	// retentionDays of the dead letters is the longest there is: a person must see them.
	retentionDays = 14
	// dataKeyMinutes is how long SQS goes on with one data key. With an hour the pollers of a queue make a few thousand
	// requests of KMS each month, with the five minutes of SQS's default twelve times as many.
	dataKeyMinutes = 60
)

// New makes a queue and its dead-letter queue, both encrypted and for TLS only.
func New(scope constructs.Construct, id *string, props *Props) awssqs.Queue {
	scope = constructs.NewConstruct(scope, id)
	letters := &awssqs.QueueProps{
		QueueName:       jsii.String(naming.DeadLetters(props.Name)),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(retentionDays)),
		EnforceSSL:      jsii.Bool(true),
	}
	props.encrypt(letters)
	dead := awssqs.NewQueue(scope, jsii.String("DeadLetters"), letters)
	own := props.filled()
	own.DeadLetterQueue = &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(props.Attempts)}
	queue := awssqs.NewQueue(scope, jsii.String("Queue"), own)
	// A rule that cannot deliver puts the event among the dead letters by itself.
	for _, q := range []awssqs.Queue{queue, dead} {
		q.AddToResourcePolicy(fromRules(q, props.Rules))
	}
	return queue
}

func (p *Props) filled() *awssqs.QueueProps {
	own := awssqs.QueueProps{}
	if p.QueueProps != nil {
		own = *p.QueueProps
	}
	if own.QueueName == nil {
		own.QueueName = jsii.String(p.Name)
	}
	if own.VisibilityTimeout == nil {
		own.VisibilityTimeout = awscdk.Duration_Seconds(jsii.Number(patience * *p.FunctionTimeout.ToSeconds(nil)))
	}
	if own.Encryption == "" {
		p.encrypt(&own)
	}
	if own.EnforceSSL == nil {
		own.EnforceSSL = jsii.Bool(true)
	}
	return &own
}

// encrypt says with which key a queue encrypts its messages.
func (p *Props) encrypt(own *awssqs.QueueProps) {
	if p.Key == nil {
		own.Encryption = awssqs.QueueEncryption_SQS_MANAGED
		return
	}
	own.Encryption, own.EncryptionMasterKey = awssqs.QueueEncryption_KMS, p.Key
	own.DataKeyReuse = awscdk.Duration_Minutes(jsii.Number(dataKeyMinutes))
}

func fromRules(q awssqs.Queue, rules string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("FromRules"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{q.QueueArn()},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()},
			"ArnLike":      map[string]any{"aws:SourceArn": arn.Local("events", "rule/"+rules)},
		},
	})
}
