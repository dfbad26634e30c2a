package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// comeBack is after how long a message comes back that a function did not handle. In AWS
// it is the visibility timeout of the queue, which no scenario wants to wait for.
const comeBack = time.Second

// putOff is a message whose visibility a function changed: it comes back then.
type putOff struct {
	at    place
	url   string // of its queue
	until time.Time
}

// note remembers the messages that a function puts off.
func (q *queues) note(r request) {
	type entry struct {
		ReceiptHandle     string
		VisibilityTimeout int
	}
	var in struct {
		entry
		QueueURL string `json:"QueueUrl"`
		Entries  []entry
	}
	if r.api != "ChangeMessageVisibility" && r.api != "ChangeMessageVisibilityBatch" ||
		json.Unmarshal(r.body, &in) != nil {
		return // moto answers it
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range append(in.Entries, in.entry) {
		if e.ReceiptHandle != "" {
			q.putOff[e.ReceiptHandle] = putOff{place{r.caller.Account, r.region}, in.QueueURL,
				time.Now().Add(time.Duration(e.VisibilityTimeout) * time.Second)}
		}
	}
}

// giveBack lets a message come back soon, or when the function said.
func (q *queues) giveBack(m mapping, receipt string) error {
	q.mu.Lock()
	_, ok := q.putOff[receipt]
	q.mu.Unlock()
	if ok {
		return nil
	}
	return q.hide(q.lab.ctx, m.at, m.queueURL, receipt, comeBack)
}

// hurry lets the messages that functions put off come back sooner.
func (q *queues) hurry(ctx context.Context, by time.Duration) error {
	for receipt, p := range q.stillPutOff() {
		p.until = p.until.Add(-by)
		if err := q.hide(ctx, p.at, p.url, receipt, time.Until(p.until)); err != nil {
			return err
		}
		q.mu.Lock()
		q.putOff[receipt] = p
		q.mu.Unlock()
	}
	return nil
}

// stillPutOff gives the messages that are to come back yet, by receipt, and forgets the others.
func (q *queues) stillPutOff() map[string]putOff {
	q.mu.Lock()
	defer q.mu.Unlock()
	maps.DeleteFunc(q.putOff, func(_ string, p putOff) bool { return !p.until.After(time.Now()) })
	return maps.Clone(q.putOff)
}

// hide sets when a message that was received comes back: after whole seconds.
func (q *queues) hide(ctx context.Context, at place, url, receipt string, d time.Duration) error {
	_, err := q.lab.Call(ctx,
		Call{Account: at.account, Region: at.region, Service: "sqs", API: "ChangeMessageVisibility",
			Input: map[string]any{
				"QueueUrl": url, "ReceiptHandle": receipt, "VisibilityTimeout": int(max(d, 0) / time.Second),
			}})
	if err != nil {
		return fmt.Errorf("hide a message of %s for %v: %w", url, d, err)
	}
	return nil
}
