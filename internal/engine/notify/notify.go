// Package notify writes the notifications for people and sends them by SNS. Package decide
// decides which are sent.
package notify

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

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
	_, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: &t.ARN, Subject: &subject, Message: &body,
		MessageAttributes: attributes(n)})
	if err != nil {
		return fmt.Errorf("publish notification: %w", err)
	}
	return nil
}

// attributeLimit keeps an attribute to what a filter policy can name. SNS counts attributes as a part of the message.
const attributeLimit = 256

// attributes are what subscriptions can filter by. A digest has those of the messages that it replaces. SNS takes no
// empty value, and only printable text.
func attributes(n decide.Notification) map[string]types.MessageAttributeValue {
	kind, control, owner := n.Kind, n.Attempt.Control, n.Parked.Owner
	switch n.Kind {
	case decide.Digested:
		kind, control, owner = n.Common.Kind, n.Common.Control, n.Common.Owner
	case decide.ControlPaused:
		control = n.Breaker.Control
	case decide.AccountNotReady:
		control = "" // it is about all of them
	}
	all := map[string]types.MessageAttributeValue{}
	for name, value := range map[string]string{"kind": string(kind), "control": control, "owner": owner} {
		if value = decide.Line(value, attributeLimit); value != "" {
			all[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	return all
}
