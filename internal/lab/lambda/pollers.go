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

	receiving sync.RWMutex // locked while no function may get a message

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
	ended       chan struct{} // closed when polling has ended
	at          apicall.Place
	queue       string // name
	queueURL    string
	queueARN    string
	function    string // name
	batchSize   int
	window      time.Duration
	itemFailure bool // ReportBatchItemFailures
}

// Depth counts the messages that functions have not handled yet, including those that come back later. Those that were
// sent with a delay, of minutes, do not count until it is over.
func (p *Pollers) Depth(ctx context.Context) (int, error) {
	p.mu.Lock()
	mapped := append([]mapping(nil), p.mapped...)
	p.mu.Unlock()
	total := 0
	for _, m := range mapped {
		n, err := p.queues.Count(ctx, m.at, m.queueURL, "ApproximateNumberOfMessages",
			"ApproximateNumberOfMessagesNotVisible")
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// start begins to poll for a mapping, until it is stopped or the lab ends.
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

// stop ends a mapping, after the batch that is in progress.
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

// The wait after a queue was empty, and the longest one after it was empty repeatedly. Polls take half of the processor
// time of a lab in which nothing happens.
const (
	pollInterval    = 50 * time.Millisecond
	maxPollInterval = 200 * time.Millisecond
)

// poll collects batches as Lambda does: up to the batch size, and for the length of the window after the first message.
// It invokes one batch at a time. A window ends early when a caller waits for the end of all activity and nothing else
// happens.
func (p *Pollers) poll(m mapping) {
	var batch []events.SQSMessage
	var first time.Time
	wait := pollInterval
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
		if len(got) > 0 || len(batch) > 0 {
			wait = pollInterval
		}
		if len(got) == 0 {
			p.lab.Sleep(wait)
			wait = min(2*wait, maxPollInterval)
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

// invoke passes a batch to the function, deletes the messages that it handled, and returns the others to the queue.
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

// hand invokes the function and gives the ids of the messages that failed. An error means that all failed.
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

// Wiring lists what templates created, as type and name.
func (p *Pollers) Wiring() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.mapped {
		all = append(all, "AWS::Lambda::EventSourceMapping of "+m.queue)
	}
	return all
}

// Pause keeps messages from functions until Resume is called.
func (p *Pollers) Pause() { p.receiving.Lock() }

// Resume ends the pause.
func (p *Pollers) Resume() { p.receiving.Unlock() }
