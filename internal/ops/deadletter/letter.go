// Package deadletter reads the dead-letter queues, explains what each message is about and why it
// failed, and redrives or deletes messages.
//
// Everything in a message is untrusted. Texts for a terminal have no control characters.
package deadletter

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/queue"
)

// Letter is one dead letter.
type Letter struct {
	Queue    string    `json:"queue"` // that the message was for, without Hubmend's prefix: findings
	ID       string    `json:"id"`
	Since    time.Time `json:"since"`    // when it was sent
	Received int       `json:"received"` // how often, the looks of `hubmend dlq` included
	About    string    `json:"about"`
	Reason   string    `json:"reason"`

	Body string `json:"-"` // as it was sent, not made printable
}

// The message attributes of an event that EventBridge could not deliver.
const (
	errorCode    = "ERROR_CODE"
	errorMessage = "ERROR_MESSAGE"
	ruleARN      = "RULE_ARN"
)

// TooOften is the reason of a message that SQS put aside. It knows no other.
const TooOften = "received too often; see the function's log"

// maxReason is more than a function writes.
const maxReason = 1000

// Read makes a letter of a message from the dead-letter queue of a queue. A field that the message
// does not have, or that cannot be read, is zero.
func Read(queueName string, m types.Message) Letter {
	received, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	return Letter{
		Queue: strings.TrimPrefix(queueName, naming.Prefix), ID: aws.ToString(m.MessageId),
		Since:    queue.SentAt(m.Attributes),
		Received: received,
		About:    About(aws.ToString(m.Body)),
		Reason:   clip(printable(reason(m.MessageAttributes)), maxReason),
		Body:     aws.ToString(m.Body),
	}
}

// reason tells the three who put messages here apart: a function, a rule and SQS.
func reason(attributes map[string]types.MessageAttributeValue) string {
	value := func(name string) string { return aws.ToString(attributes[name].StringValue) }
	if why := value(queue.ReasonAttribute); why != "" {
		return why
	}
	if value(errorCode) == "" && value(errorMessage) == "" {
		return TooOften
	}
	why := strings.Trim(value(errorCode)+": "+value(errorMessage), ": ")
	return "EventBridge could not deliver it: " + why + " (rule " + cmp.Or(value(ruleARN), "unknown") + ")"
}
