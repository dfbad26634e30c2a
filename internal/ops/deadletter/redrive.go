package deadletter

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/naming"
)

var errNotHidden = errors.New("the letter is not hidden, so somebody else may be at it")

// Redrive puts a letter that Letters just gave back onto the queue that it was for, and then
// takes it away from the dead letters: a message that comes twice does no harm, one that is
// lost does. After an error the letter is still there.
func (q *Queue) Redrive(ctx context.Context, l Letter) error {
	if _, ok := q.held[l.ID]; !ok {
		return errNotHidden
	}
	if _, err := q.client.SendMessage(ctx,
		&sqs.SendMessageInput{QueueUrl: &q.source, MessageBody: &l.Body}); err != nil {
		return fmt.Errorf("send to %s: %w", q.Name, err)
	}
	// An interruption here must not leave a message that was sent already, to be redriven again.
	if err := q.Delete(context.WithoutCancel(ctx), l); err != nil {
		return fmt.Errorf("sent to %s, but %w", q.Name, err)
	}
	return nil
}

// Delete takes a letter that Letters just gave away for good. After an error it is still there.
func (q *Queue) Delete(ctx context.Context, l Letter) error {
	receipt, ok := q.held[l.ID]
	if !ok {
		return errNotHidden
	}
	if _, err := q.client.DeleteMessage(ctx,
		&sqs.DeleteMessageInput{QueueUrl: &q.dead, ReceiptHandle: &receipt}); err != nil {
		return fmt.Errorf("delete from %s: %w", naming.DeadLetters(q.Name), err)
	}
	delete(q.held, l.ID)
	return nil
}
