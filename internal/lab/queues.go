package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/policy"
)

// queues are the SQS queues that templates made, and the pollers that feed functions
// from them. The messages are in moto.
type queues struct {
	lab *Lab

	mu       sync.Mutex
	policies map[string][]policy.Document // by queue ARN
	mapped   []mapping
}

// mapping is an AWS::Lambda::EventSourceMapping.
type mapping struct {
	at          place
	queue       string // name
	queueURL    string
	queueARN    string
	function    string // name
	batchSize   int
	window      time.Duration
	itemFailure bool // ReportBatchItemFailures
}

// send puts a message on a queue if the queue's policy lets the sender.
func (q *queues) send(to place, name string, who policy.Request, body []byte) error {
	q.mu.Lock()
	policies := q.policies[who.Resource]
	q.mu.Unlock()
	allowed := false
	for _, p := range policies {
		ok, err := p.Allows(who)
		if err != nil {
			return err
		}
		allowed = allowed || ok
	}
	if !allowed {
		return fmt.Errorf("the policy of queue %s does not allow %s from %s", name, who.Service, who.Context["aws:SourceArn"])
	}
	_, err := q.lab.Call(q.lab.ctx, Call{Account: to.account, Region: to.region, Service: "sqs", API: "SendMessage", Input: map[string]any{
		"QueueUrl": q.lab.queueURL(to.account, name), "MessageBody": string(body),
	}})
	return err
}

// depth counts the messages that functions have still to handle.
func (q *queues) depth(ctx context.Context) (int, error) {
	q.mu.Lock()
	mapped := append([]mapping(nil), q.mapped...)
	q.mu.Unlock()
	total := 0
	for _, m := range mapped {
		out, err := q.lab.Call(ctx, Call{Account: m.at.account, Region: m.at.region, Service: "sqs", API: "GetQueueAttributes", Input: map[string]any{
			"QueueUrl": m.queueURL, "AttributeNames": []any{"All"},
		}})
		if err != nil {
			return 0, err
		}
		attributes, _ := out["Attributes"].(map[string]any)
		for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
			n, err := strconv.Atoi(text(attributes[name]))
			if err != nil {
				return 0, fmt.Errorf("read %s of queue %s: %w", name, m.queue, err)
			}
			total += n
		}
	}
	return total, nil
}

// start maps a queue to its function until the lab ends.
func (q *queues) start(m mapping) {
	q.mu.Lock()
	q.mapped = append(q.mapped, m)
	q.mu.Unlock()
	q.lab.background.Add(1)
	go func() {
		defer q.lab.background.Done()
		q.poll(m)
	}()
}

// pollInterval is how long a poller waits when a queue was empty.
const pollInterval = 50 * time.Millisecond

// poll collects batches as Lambda does: up to the batch size, for as long as the window
// after the first message, and one batch at a time, which is within what Lambda promises.
func (q *queues) poll(m mapping) {
	var batch []events.SQSMessage
	var first time.Time
	for q.lab.ctx.Err() == nil {
		got, err := q.receive(m, m.batchSize-len(batch))
		if err != nil {
			if q.lab.ctx.Err() == nil {
				q.lab.problem(m.at, "receive from %s: %v", m.queue, err)
			}
			return
		}
		if len(batch) == 0 && len(got) > 0 {
			first = time.Now()
		}
		batch = append(batch, got...)
		full := len(batch) >= m.batchSize
		if len(batch) > 0 && (full || time.Since(first) >= m.window) {
			ready := batch
			batch = nil
			q.lab.activity.n.Add(1)
			q.invoke(m, ready)
			q.lab.activity.n.Add(-1)
			continue
		}
		if len(got) == 0 {
			q.lab.sleep(pollInterval)
		}
	}
}

func (q *queues) receive(m mapping, most int) ([]events.SQSMessage, error) {
	out, err := q.lab.Call(q.lab.ctx, Call{Account: m.at.account, Region: m.at.region, Service: "sqs", API: "ReceiveMessage", Input: map[string]any{
		"QueueUrl": m.queueURL, "MaxNumberOfMessages": min(most, 10), "WaitTimeSeconds": 0, "AttributeNames": []any{"All"},
	}})
	if err != nil {
		return nil, err
	}
	list, _ := out["Messages"].([]any)
	var messages []events.SQSMessage
	for _, item := range list {
		received, _ := item.(map[string]any)
		attributes := map[string]string{}
		if all, ok := received["Attributes"].(map[string]any); ok {
			for name, value := range all {
				attributes[name] = fmt.Sprint(value)
			}
		}
		messages = append(messages, events.SQSMessage{
			MessageId: text(received["MessageId"]), ReceiptHandle: text(received["ReceiptHandle"]), Body: text(received["Body"]),
			Md5OfBody: text(received["MD5OfBody"]), Attributes: attributes,
			EventSource: "aws:sqs", EventSourceARN: m.queueARN, AWSRegion: m.at.region,
		})
	}
	return messages, nil
}

// invoke hands a batch to the function and deletes what it handled. The rest comes back
// when its visibility timeout is over.
func (q *queues) invoke(m mapping, batch []events.SQSMessage) {
	payload, err := json.Marshal(events.SQSEvent{Records: batch})
	if err != nil {
		q.lab.problem(m.at, "encode batch: %v", err)
		return
	}
	out, err := q.lab.functions.invoke(q.lab.ctx, m.at, m.function, payload)
	if err != nil {
		q.lab.problem(m.at, "%v", err)
		return
	}
	var response events.SQSEventResponse
	if m.itemFailure {
		if err := json.Unmarshal(out, &response); err != nil {
			q.lab.problem(m.at, "function %s answered no batch response: %v", m.function, err)
			return
		}
	}
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, message := range batch {
		if failed[message.MessageId] {
			continue
		}
		_, err := q.lab.Call(q.lab.ctx, Call{Account: m.at.account, Region: m.at.region, Service: "sqs", API: "DeleteMessage", Input: map[string]any{
			"QueueUrl": m.queueURL, "ReceiptHandle": message.ReceiptHandle,
		}})
		if err != nil && q.lab.ctx.Err() == nil {
			q.lab.problem(m.at, "delete from %s: %v", m.queue, err)
		}
	}
}
