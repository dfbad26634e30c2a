// Package notify writes the notifications for people and sends them by SNS. Package decide
// decides which are sent.
package notify

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"hubmend/internal/engine/decide"
)

// API is what Topic needs of the service.
type API interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topic is where people subscribe.
type Topic struct {
	Client API
	ARN    string
	Writer Writer
}

// Notify publishes one message.
func (t *Topic) Notify(ctx context.Context, n decide.Notification) error {
	subject, body := n.Subject(), t.Writer.Body(n)
	_, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: &t.ARN, Subject: &subject, Message: &body})
	if err != nil {
		return fmt.Errorf("publish notification: %w", err)
	}
	return nil
}
