// Package queue puts messages on SQS queues.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// API is what the package needs of the service.
type API interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Sender puts messages on a queue.
type Sender struct {
	Client API
	URL    string
}

// Send puts a message on the queue.
func (s Sender) Send(ctx context.Context, body string) error {
	if _, err := s.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.URL, MessageBody: &body}); err != nil {
		return fmt.Errorf("send to %s: %w", s.URL, err)
	}
	return nil
}

// SendLater puts a message on the queue that shows after a delay of at most 15 minutes.
func (s Sender) SendLater(ctx context.Context, body string, delay time.Duration) error {
	_, err := s.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.URL, MessageBody: &body,
		DelaySeconds: int32(min(delay, maxDelay).Seconds())})
	if err != nil {
		return fmt.Errorf("send to %s: %w", s.URL, err)
	}
	return nil
}

// maxDelay is what SQS allows.
const maxDelay = 15 * time.Minute

// SendAtOnce is how many messages SQS takes in one call.
const SendAtOnce = 10

// BatchAPI is what Batches needs of the service.
type BatchAPI interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput,
		error)
}

// Batches puts several messages at once on a queue.
type Batches struct {
	Client BatchAPI
	URL    string
}

// SendAll puts at most SendAtOnce messages on the queue, those that it can.
func (s Batches) SendAll(ctx context.Context, bodies []string) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: &s.URL}
	for i, body := range bodies {
		in.Entries = append(in.Entries,
			types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
	}
	out, err := s.Client.SendMessageBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("send to %s: %w", s.URL, err)
	}
	var errs []error
	for _, f := range out.Failed {
		errs = append(errs, fmt.Errorf("send to %s: %s: %s", s.URL, aws.ToString(f.Code), aws.ToString(f.Message)))
	}
	return errors.Join(errs...)
}

// SentAt is when a message was sent, by its system attributes; zero when they do not say.
func SentAt(attributes map[string]string) time.Time {
	ms, err := strconv.ParseInt(attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ReasonAttribute is the message attribute that says why a message is a dead letter.
const ReasonAttribute = "Reason"

// maxReason is far below what SQS takes, and enough to tell.
const maxReason = 1000

// DeadLetters is a dead-letter queue.
type DeadLetters Sender

// Bury puts a message among the dead letters that can never be handled. The reason goes with
// it, so that whoever lists dead letters need not search the log.
func (d DeadLetters) Bury(ctx context.Context, body, reason string) error {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	_, err := d.Client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &d.URL, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{ReasonAttribute: {DataType: aws.String("String"),
			StringValue: aws.String(printable(reason))}},
	})
	if err != nil {
		return fmt.Errorf("send to %s: %w", d.URL, err)
	}
	return nil
}

// printable keeps what SQS takes in an attribute: no control characters, valid UTF-8, and
// not nothing.
func printable(text string) string {
	var kept []rune
	for _, r := range text {
		if r < ' ' || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF {
			r = '?'
		}
		kept = append(kept, r)
	}
	if len(kept) == 0 {
		return "unknown"
	}
	return string(kept)
}
