package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/queue"
)

// SQSAPI is what SQS needs of the service.
type SQSAPI interface {
	queue.API
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput,
		...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// SQS is the findings queue and its dead letters.
type SQS struct {
	Client SQSAPI
	URL    string
	queue.DeadLetters
}

// maxVisibility is the service's limit.
const maxVisibility = 12 * time.Hour

// Delay hides a message for a while, rounded up to whole seconds.
func (q *SQS) Delay(ctx context.Context, receiptHandle string, after time.Duration) error {
	seconds := int32((min(after, maxVisibility) + time.Second - 1) / time.Second)
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.URL, ReceiptHandle: &receiptHandle, VisibilityTimeout: seconds,
	})
	if err != nil {
		return fmt.Errorf("delay message: %w", err)
	}
	return nil
}
