// Package notify sends messages to people by SNS.
package notify

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"hubmend/internal/decide"
)

// API is what Topic needs of the service.
type API interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topic is where people subscribe.
type Topic struct {
	Client API
	ARN    string
}

// Notify publishes one message.
func (t *Topic) Notify(ctx context.Context, n decide.Notification) error {
	_, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: &t.ARN, Subject: &n.Subject, Message: &n.Body})
	if err != nil {
		return fmt.Errorf("publish notification: %w", err)
	}
	return nil
}
