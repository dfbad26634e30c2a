// Package queue makes the queues between rules and functions, with visibility timeout, number of attempts and
// dead-letter queue.
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

// Props describe a queue. QueueProps that are nil get defaults.
type Props struct {
	*awssqs.QueueProps

	// Name is the queue's name.
	Name string
	// FunctionTimeout is the timeout of the function that receives the messages.
	FunctionTimeout awscdk.Duration
	// Attempts is how often a message is received before it goes to the dead-letter queue.
	Attempts float64
	// Rules is a pattern of the EventBridge rules in this account and Region that may send, as in a rule's ARN.
	Rules string
	// Key encrypts the messages. If nil, SQS encrypts them with a key that it manages.
	Key awskms.IKey
}

const (
	// patience is the visibility timeout in function timeouts. Lambda recommends six, so that a message is not received
	// again while a throttled batch is retried.
	patience = 6
	// retentionDays of dead letters is SQS's maximum, because dead letters need attention.
	retentionDays = 14
	// dataKeyMinutes is how long SQS reuses a data key. With one hour, polling a queue causes a few thousand KMS
	// requests per month. SQS's default of five minutes causes twelve times as many.
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
	// A rule that cannot deliver sends the event to the dead-letter queue.
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

// encrypt sets the key of a queue.
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
