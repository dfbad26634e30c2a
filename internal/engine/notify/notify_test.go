package notify_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/notify"
)

type topic struct {
	in  *sns.PublishInput
	err error
}

func (t *topic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	t.in = in
	return &sns.PublishOutput{}, t.err
}

func TestNotify(t *testing.T) {
	t.Parallel()
	c, n := &topic{}, failed()
	err := (&notify.Topic{Client: c, ARN: "arn:topic", Writer: writer}).Notify(t.Context(), n)
	if err != nil || *c.in.TopicArn != "arn:topic" || *c.in.Subject != n.Subject() || *c.in.Message != writer.Body(n) {
		t.Errorf("Notify = %v, input %+v", err, c.in)
	}
}

func TestNotifyError(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	if err := (&notify.Topic{Client: &topic{err: down}, Writer: writer}).Notify(t.Context(),
		decide.Notification{}); !errors.Is(err, down) {
		t.Errorf("Notify = %v", err)
	}
}
