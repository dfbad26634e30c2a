package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/queue"
)

type visibility struct {
	in   *sqs.ChangeMessageVisibilityInput
	sent *sqs.SendMessageInput
	err  error
}

func (v *visibility) SendMessage(_ context.Context, in *sqs.SendMessageInput,
	_ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	v.sent = in
	return &sqs.SendMessageOutput{}, v.err
}

func (v *visibility) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput,
	_ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	v.in = in
	return &sqs.ChangeMessageVisibilityOutput{}, v.err
}

func TestDelay(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]int32{
		0: 0, time.Nanosecond: 1, time.Second: 1, 1500 * time.Millisecond: 2, 15 * time.Second: 15,
		12 * time.Hour: 43200, 13 * time.Hour: 43200, 1<<63 - 1: 43200,
	} {
		v := &visibility{}
		q := &dispatch.SQS{Client: v, URL: "http://queue"}
		if err := q.Delay(t.Context(), "handle", after); err != nil {
			t.Error(err)
		}
		if v.in.VisibilityTimeout != want || *v.in.QueueUrl != "http://queue" || *v.in.ReceiptHandle != "handle" {
			t.Errorf("Delay(%s) = %d s of %s in %s", after, v.in.VisibilityTimeout, *v.in.ReceiptHandle, *v.in.QueueUrl)
		}
	}
	v := &visibility{err: errDown}
	if err := (&dispatch.SQS{Client: v}).Delay(t.Context(), "handle", time.Second); !errors.Is(err, errDown) {
		t.Errorf("Delay = %v", err)
	}
}

func TestBuryUsesTheDeadLetters(t *testing.T) {
	t.Parallel()
	v := &visibility{}
	q := &dispatch.SQS{Client: v, URL: "http://queue", DeadLetters: queue.DeadLetters{Client: v, URL: "http://dead"}}
	if err := q.Bury(t.Context(), "body", "why"); err != nil {
		t.Fatal(err)
	}
	if reason := v.sent.MessageAttributes[queue.ReasonAttribute].StringValue; *v.sent.QueueUrl != "http://dead" ||
		*v.sent.MessageBody != "body" || *reason != "why" {
		t.Errorf("%q was sent to %s, because %s", *v.sent.MessageBody, *v.sent.QueueUrl, *reason)
	}
}
