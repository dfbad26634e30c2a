package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/aws/policy"
)

// queues are the SQS queues that templates made, and the pollers that feed functions
// from them. The messages are in moto.
type queues struct {
	lab *Lab

	receiving sync.RWMutex // locked while no function is to get a message

	mu       sync.Mutex
	policies map[string]map[string]policy.Document // by queue ARN and the ref of the policy
	mapped   []mapping
	putOff   map[string]putOff // by receipt
}

// mapping is an AWS::Lambda::EventSourceMapping.
type mapping struct {
	id          string
	ctx         context.Context // ends with the mapping
	cancel      context.CancelFunc
	ended       chan struct{} // closed when nobody polls any more
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
	policies := slices.Collect(maps.Values(q.policies[who.Resource]))
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
		return fmt.Errorf("the policy of queue %s does not allow %s from %s", name, who.Service,
			who.Context["aws:SourceArn"])
	}
	if err := q.lab.keys.serves(q.lab.ctx, who.Resource, who, keyUses["sqs:SendMessage"]...); err != nil {
		return err
	}
	// A service sends under the id of a user of its own. This is EventBridge's in us-east-1.
	service, _ := q.lab.callers.session(Caller{Account: to.account, ARN: who.Service, UserID: "AIDAJXNJGGKNS7OSV23OI"})
	times := 1
	if q.lab.config.Faults.DeliverTwice {
		times = 2
		q.lab.story.tell(KindFault, to.account, to.region, "queue %s gets the message twice", name)
	}
	for range times {
		_, err := q.lab.callAs(q.lab.ctx, service,
			Call{Account: to.account, Region: to.region, Service: "sqs", API: "SendMessage", Input: map[string]any{
				"QueueUrl": q.lab.queueURL(to.account, name), "MessageBody": string(body),
			}})
		if err != nil {
			return err
		}
	}
	return nil
}

// depth counts the messages that functions have still to handle, those that come back
// later included.
func (q *queues) depth(ctx context.Context) (int, error) {
	q.mu.Lock()
	mapped := append([]mapping(nil), q.mapped...)
	q.mu.Unlock()
	total := 0
	for _, m := range mapped {
		n, err := q.count(ctx, m.at, m.queueURL, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
			"ApproximateNumberOfMessagesDelayed")
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// count adds up attributes of a queue that are numbers of messages.
func (q *queues) count(ctx context.Context, at place, url string, names ...string) (int, error) {
	out, err := q.lab.Call(ctx,
		Call{Account: at.account, Region: at.region, Service: "sqs", API: "GetQueueAttributes", Input: map[string]any{
			"QueueUrl": url, "AttributeNames": []any{"All"},
		}})
	if err != nil {
		return 0, err
	}
	attributes, _ := out["Attributes"].(map[string]any)
	total := 0
	for _, name := range names {
		n, err := strconv.Atoi(text(attributes[name]))
		if err != nil {
			return 0, fmt.Errorf("read %s of queue %s: %w", name, url, err)
		}
		total += n
	}
	return total, nil
}

// start maps a queue to its function until it is stopped or the lab ends.
func (q *queues) start(m mapping) {
	m.ctx, m.cancel = context.WithCancel(q.lab.ctx)
	m.ended = make(chan struct{})
	q.mu.Lock()
	q.mapped = append(q.mapped, m)
	q.mu.Unlock()
	q.lab.background.Add(1)
	go func() {
		defer q.lab.background.Done()
		defer close(m.ended)
		q.poll(m)
	}()
}

// stop ends a mapping, and waits for the batch that it is about to hand over.
func (q *queues) stop(id string) {
	q.mu.Lock()
	i := slices.IndexFunc(q.mapped, func(m mapping) bool { return m.id == id })
	if i < 0 {
		q.mu.Unlock()
		return
	}
	m := q.mapped[i]
	q.mapped = slices.Delete(slices.Clone(q.mapped), i, i+1)
	q.mu.Unlock()
	m.cancel()
	<-m.ended
}

// pollInterval is how long a poller waits when a queue was empty.
const pollInterval = 50 * time.Millisecond

// poll collects batches as Lambda does: up to the batch size, for as long as the window
// after the first message, and one batch at a time, which is within what Lambda promises. A
// window ends early when somebody waits for a lab in which nothing else happens.
func (q *queues) poll(m mapping) {
	var batch []events.SQSMessage
	var first time.Time
	for m.ctx.Err() == nil {
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
		complete := len(batch) >= m.batchSize || time.Since(first) >= m.window || len(got) == 0 &&
			q.lab.activity.awaited()
		if len(batch) > 0 && complete {
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
	q.receiving.RLock()
	defer q.receiving.RUnlock()
	if err := q.lab.functions.permit(functionID{m.at, m.function}, "sqs", "ReceiveMessage",
		map[string]any{"QueueUrl": m.queueURL}); err != nil {
		return nil, err
	}
	out, err := q.lab.Call(q.lab.ctx,
		Call{Account: m.at.account, Region: m.at.region, Service: "sqs", API: "ReceiveMessage", Input: map[string]any{
			"QueueUrl": m.queueURL, "MaxNumberOfMessages": min(most, 10), "WaitTimeSeconds": 0,
			"AttributeNames": []any{"All"},
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
			MessageId: text(received["MessageId"]), ReceiptHandle: text(received["ReceiptHandle"]),
			Body:      text(received["Body"]),
			Md5OfBody: text(received["MD5OfBody"]), Attributes: attributes,
			EventSource: "aws:sqs", EventSourceARN: m.queueARN, AWSRegion: m.at.region,
		})
	}
	return messages, nil
}

// invoke hands a batch to the function, deletes what it handled, and gives back the rest.
func (q *queues) invoke(m mapping, batch []events.SQSMessage) {
	failed, err := q.hand(m, batch)
	if err != nil && q.lab.ctx.Err() == nil {
		q.lab.problem(m.at, "%v", err)
	}
	for _, message := range batch {
		settle := q.remove
		if err != nil || failed[message.MessageId] {
			settle = q.giveBack
		}
		if err := settle(m, message.ReceiptHandle); err != nil && q.lab.ctx.Err() == nil {
			q.lab.problem(m.at, "%v", err)
		}
	}
}

// hand invokes the function and gives the ids of the messages that it reports as failed.
// An error means that all did.
func (q *queues) hand(m mapping, batch []events.SQSMessage) (failed map[string]bool, err error) {
	payload, err := json.Marshal(events.SQSEvent{Records: batch})
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	out, err := q.lab.functions.invoke(q.lab.ctx, m.at, m.function, payload)
	if err != nil || !m.itemFailure {
		return nil, err
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(out, &response); err != nil {
		return nil, fmt.Errorf("function %s answered no batch response: %w", m.function, err)
	}
	failed = map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

func (q *queues) remove(m mapping, receipt string) error {
	if err := q.lab.functions.permit(functionID{m.at, m.function}, "sqs", "DeleteMessage",
		map[string]any{"QueueUrl": m.queueURL}); err != nil {
		return fmt.Errorf("delete from %s: %w", m.queue, err)
	}
	_, err := q.lab.Call(q.lab.ctx,
		Call{Account: m.at.account, Region: m.at.region, Service: "sqs", API: "DeleteMessage", Input: map[string]any{
			"QueueUrl": m.queueURL, "ReceiptHandle": receipt,
		}})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", m.queue, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.putOff, receipt)
	return nil
}
