package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"hubmend/internal/lab/apicall"
)

// comeBack is the time after which a failed message is delivered again. In AWS it is the visibility timeout of the
// queue, which is too long for scenarios.
const comeBack = time.Second

// putOff is a message whose visibility timeout a function changed.
type putOff struct {
	at    apicall.Place
	url   string // of its queue
	until time.Time
}

// Note records the messages whose visibility timeout a function changes.
func (p *Pollers) Note(r apicall.Request) {
	type entry struct {
		ReceiptHandle     string
		VisibilityTimeout int
	}
	var in struct {
		entry
		QueueURL string `json:"QueueUrl"`
		Entries  []entry
	}
	if r.API != "ChangeMessageVisibility" && r.API != "ChangeMessageVisibilityBatch" ||
		json.Unmarshal(r.Body, &in) != nil {
		return // moto answers it
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range append(in.Entries, in.entry) {
		if e.ReceiptHandle != "" {
			p.putOff[e.ReceiptHandle] = putOff{r.Place(), in.QueueURL,
				time.Now().Add(time.Duration(e.VisibilityTimeout) * time.Second)}
		}
	}
}

// giveBack returns a message to the queue, soon or after the visibility timeout that the function set.
func (p *Pollers) giveBack(m mapping, receipt string) error {
	p.mu.Lock()
	_, ok := p.putOff[receipt]
	p.mu.Unlock()
	if ok {
		return nil
	}
	return p.hide(p.lab.Context, m.at, m.queueURL, receipt, comeBack)
}

// Hurry shortens the visibility timeouts that functions set.
func (p *Pollers) Hurry(ctx context.Context, by time.Duration) error {
	for receipt, message := range p.StillPutOff() {
		message.until = message.until.Add(-by)
		if err := p.hide(ctx, message.at, message.url, receipt, time.Until(message.until)); err != nil {
			return err
		}
		p.mu.Lock()
		p.putOff[receipt] = message
		p.mu.Unlock()
	}
	return nil
}

// StillPutOff gives the messages that have not come back yet, by receipt, and forgets the others.
func (p *Pollers) StillPutOff() map[string]putOff {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.putOff, func(_ string, message putOff) bool { return !message.until.After(time.Now()) })
	return maps.Clone(p.putOff)
}

// hide sets the visibility timeout of a message, in whole seconds.
func (p *Pollers) hide(ctx context.Context, at apicall.Place, url, receipt string, d time.Duration) error {
	_, err := p.lab.Call(ctx,
		apicall.Call{Account: at.Account, Region: at.Region, Service: "sqs", API: "ChangeMessageVisibility",
			Input: map[string]any{
				"QueueUrl": url, "ReceiptHandle": receipt, "VisibilityTimeout": int(max(d, 0) / time.Second),
			}})
	if err != nil {
		return fmt.Errorf("hide a message of %s for %v: %w", url, d, err)
	}
	return nil
}
