package deadletter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"hubmend/internal/engine/naming"
)

// API is what a Queue needs of SQS.
type API interface {
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput,
		...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput,
		...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// ErrNoQueue is the error for a queue that does not exist in this account and Region.
var ErrNoQueue = errors.New("queue not found")

const (
	// hidden is how many seconds nobody else gets a message that was received here. A look
	// that is killed takes messages away for no longer.
	hidden = 60
	// wait is how many seconds SQS looks for messages, which makes it ask all its servers.
	wait = 1
	// batch is the most messages that one call takes.
	batch = 10
	// patience is how often in a row SQS may give nothing new while it says that there is more.
	patience = 3
	// goodbye is how long to try to make messages visible again.
	goodbye = 10 * time.Second
)

// Queue is the dead letters of a queue.
type Queue struct {
	// Name is the queue that the messages were for.
	Name string
	// Expected is how many dead letters SQS said there are, about, when the queue was
	// opened. It counts those that somebody else is looking at.
	Expected int

	client API
	source string            // URL of the queue
	dead   string            // URL of its dead letters
	held   map[string]string // receipt handles of the messages that are hidden now, by message id
}

// Open finds the dead letters of a queue. The error is ErrNoQueue when the queue or its
// dead-letter queue does not exist.
func Open(ctx context.Context, client API, name string) (*Queue, error) {
	q := &Queue{Name: name, client: client, held: map[string]string{}}
	var err error
	if q.source, err = find(ctx, client, name); err != nil {
		return nil, err
	}
	if q.dead, err = find(ctx, client, naming.DeadLetters(name)); err != nil {
		return nil, err
	}
	counts := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.dead, AttributeNames: counts})
	if err != nil {
		return nil, fmt.Errorf("count messages of %s: %w", naming.DeadLetters(name), err)
	}
	for _, c := range counts {
		n, err := strconv.Atoi(out.Attributes[string(c)])
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", c, naming.DeadLetters(name), err)
		}
		q.Expected += n
	}
	return q, nil
}

func find(ctx context.Context, client API, name string) (string, error) {
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	var missing *types.QueueDoesNotExist
	if errors.As(err, &missing) {
		return "", fmt.Errorf("%w: %s", ErrNoQueue, name)
	}
	if err != nil {
		return "", fmt.Errorf("find queue %s: %w", name, err)
	}
	return aws.ToString(out.QueueUrl), nil
}

// Letters gives every dead letter once, in no order. While the loop goes on they are hidden
// from everybody else; when it ends, those that are still there are visible again. An error
// ends it. SQS may keep letters back: compare with Expected.
func (q *Queue) Letters(ctx context.Context) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		defer q.release(ctx)
		seen := map[string]bool{}
		for fruitless := 0; fruitless < q.patience(len(seen)); {
			messages, err := q.receive(ctx)
			if err != nil {
				yield(Letter{}, err)
				return
			}
			fruitless++
			for _, m := range messages {
				id := aws.ToString(m.MessageId)
				if seen[id] {
					continue
				}
				seen[id], fruitless = true, 0
				if !yield(Read(q.Name, m), nil) {
					return
				}
			}
		}
	}
}

func (q *Queue) patience(seen int) int {
	if seen < q.Expected {
		return patience
	}
	return 1
}

func (q *Queue) receive(ctx context.Context) ([]types.Message, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.dead, MaxNumberOfMessages: batch, VisibilityTimeout: hidden, WaitTimeSeconds: wait,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("receive from %s: %w", naming.DeadLetters(q.Name), err)
	}
	for _, m := range out.Messages {
		q.held[aws.ToString(m.MessageId)] = aws.ToString(m.ReceiptHandle)
	}
	return out.Messages, nil
}

// release makes hidden messages visible again, also after an interruption. It ignores failures, because
// SQS does the same a minute later.
func (q *Queue) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(q.held)), batch) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.dead}
		for i, id := range ids {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(q.held[id]), VisibilityTimeout: 0,
			})
		}
		_, _ = q.client.ChangeMessageVisibilityBatch(ctx, in)
	}
	clear(q.held)
}
