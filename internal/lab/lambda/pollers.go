package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// Pollers feed functions with the messages of queues, as Lambda does for event source mappings.
type Pollers struct {
	lab       *world.World
	functions *Functions
	queues    messageCounter

	receiving sync.RWMutex // locked while no function is to get a message

	mu     sync.Mutex
	mapped []mapping
	putOff map[string]putOff // by receipt
}

// messageCounter counts the messages of queues.
type messageCounter interface {
	Count(ctx context.Context, at apicall.Place, url string, attributes ...string) (int, error)
}

// NewPollers gives the pollers of a lab without event source mappings.
func NewPollers(w *world.World, functions *Functions, queues messageCounter) *Pollers {
	return &Pollers{lab: w, functions: functions, queues: queues, putOff: map[string]putOff{}}
}

// mapping is an AWS::Lambda::EventSourceMapping.
type mapping struct {
	id          string
	ctx         context.Context // ends with the mapping
	cancel      context.CancelFunc
	ended       chan struct{} // closed when nobody polls any more
	at          apicall.Place
	queue       string // name
	queueURL    string
	queueARN    string
	function    string // name
	batchSize   int
	window      time.Duration
	itemFailure bool // ReportBatchItemFailures
}

// Depth counts the messages that functions have still to handle, those that come back
// later included.
func (p *Pollers) Depth(ctx context.Context) (int, error) {
	p.mu.Lock()
	mapped := append([]mapping(nil), p.mapped...)
	p.mu.Unlock()
	total := 0
	for _, m := range mapped {
		n, err := p.queues.Count(ctx, m.at, m.queueURL, "ApproximateNumberOfMessages",
			"ApproximateNumberOfMessagesNotVisible",
			"ApproximateNumberOfMessagesDelayed")
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// start maps a queue to its function until it is stopped or the lab ends.
func (p *Pollers) start(m mapping) {
	m.ctx, m.cancel = context.WithCancel(p.lab.Context)
	m.ended = make(chan struct{})
	p.mu.Lock()
	p.mapped = append(p.mapped, m)
	p.mu.Unlock()
	p.lab.Background.Add(1)
	go func() {
		defer p.lab.Background.Done()
		defer close(m.ended)
		p.poll(m)
	}()
}

// stop ends a mapping, and waits for the batch that it is about to hand over.
func (p *Pollers) stop(id string) {
	p.mu.Lock()
	i := slices.IndexFunc(p.mapped, func(m mapping) bool { return m.id == id })
	if i < 0 {
		p.mu.Unlock()
		return
	}
	m := p.mapped[i]
	p.mapped = slices.Delete(slices.Clone(p.mapped), i, i+1)
	p.mu.Unlock()
	m.cancel()
	<-m.ended
}

// pollInterval is how long a poller waits when a queue was empty.
const pollInterval = 50 * time.Millisecond

// poll collects batches as Lambda does: up to the batch size, for as long as the window
// after the first message, and one batch at a time, which is within what Lambda promises. A
// window ends early when somebody waits for a lab in which nothing else happens.
func (p *Pollers) poll(m mapping) {
	var batch []events.SQSMessage
	var first time.Time
	for m.ctx.Err() == nil {
		got, err := p.receive(m, m.batchSize-len(batch))
		if err != nil {
			if p.lab.Context.Err() == nil {
				p.lab.Problem(m.at, "receive from %s: %v", m.queue, err)
			}
			return
		}
		if len(batch) == 0 && len(got) > 0 {
			first = time.Now()
		}
		batch = append(batch, got...)
		complete := len(batch) >= m.batchSize || time.Since(first) >= m.window || len(got) == 0 &&
			p.lab.Activity.Awaited()
		if len(batch) > 0 && complete {
			ready := batch
			batch = nil
			p.lab.Activity.During(func() { p.invoke(m, ready) })
			continue
		}
		if len(got) == 0 {
			p.lab.Sleep(pollInterval)
		}
	}
}

func (p *Pollers) receive(m mapping, most int) ([]events.SQSMessage, error) {
	p.receiving.RLock()
	defer p.receiving.RUnlock()
	if err := p.functions.permit(functionID{m.at, m.function}, "sqs", "ReceiveMessage",
		map[string]any{"QueueUrl": m.queueURL}); err != nil {
		return nil, err
	}
	out, err := p.lab.Call(p.lab.Context,
		apicall.Call{Account: m.at.Account, Region: m.at.Region, Service: "sqs", API: "ReceiveMessage",
			Input: map[string]any{
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
			MessageId: apicall.Text(received["MessageId"]), ReceiptHandle: apicall.Text(received["ReceiptHandle"]),
			Body:      apicall.Text(received["Body"]),
			Md5OfBody: apicall.Text(received["MD5OfBody"]), Attributes: attributes,
			EventSource: "aws:sqs", EventSourceARN: m.queueARN, AWSRegion: m.at.Region,
		})
	}
	return messages, nil
}

// invoke hands a batch to the function, deletes what it handled, and gives back the rest.
func (p *Pollers) invoke(m mapping, batch []events.SQSMessage) {
	failed, err := p.hand(m, batch)
	if err != nil && p.lab.Context.Err() == nil {
		p.lab.Problem(m.at, "%v", err)
	}
	for _, message := range batch {
		settle := p.remove
		if err != nil || failed[message.MessageId] {
			settle = p.giveBack
		}
		if err := settle(m, message.ReceiptHandle); err != nil && p.lab.Context.Err() == nil {
			p.lab.Problem(m.at, "%v", err)
		}
	}
}

// hand invokes the function and gives the ids of the messages that it reports as failed.
// An error means that all did.
func (p *Pollers) hand(m mapping, batch []events.SQSMessage) (failed map[string]bool, err error) {
	payload, err := json.Marshal(events.SQSEvent{Records: batch})
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	out, err := p.functions.invoke(p.lab.Context, m.at, m.function, payload)
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

func (p *Pollers) remove(m mapping, receipt string) error {
	if err := p.functions.permit(functionID{m.at, m.function}, "sqs", "DeleteMessage",
		map[string]any{"QueueUrl": m.queueURL}); err != nil {
		return fmt.Errorf("delete from %s: %w", m.queue, err)
	}
	_, err := p.lab.Call(p.lab.Context,
		apicall.Call{Account: m.at.Account, Region: m.at.Region, Service: "sqs", API: "DeleteMessage",
			Input: map[string]any{
				"QueueUrl": m.queueURL, "ReceiptHandle": receipt,
			}})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", m.queue, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.putOff, receipt)
	return nil
}

// Wiring lists what templates made, as type and name.
func (p *Pollers) Wiring() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.mapped {
		all = append(all, "AWS::Lambda::EventSourceMapping of "+m.queue)
	}
	return all
}

// Pause keeps messages from functions until resume is called.
func (p *Pollers) Pause() { p.receiving.Lock() }

// Resume ends a Pause.
func (p *Pollers) Resume() { p.receiving.Unlock() }
