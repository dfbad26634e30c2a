package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

const (
	visibility  = 180 * time.Second
	maxReceives = 20
	batchSize   = 20
)

// queue is an SQS queue and the poller that feeds a function from it.
type queue struct {
	world       *world
	name        string
	concurrency int
	window      time.Duration
	invoke      func(batch []events.SQSMessage, done func(failed map[string]bool, crashed bool))

	messages []*message
	dead     []*message
	running  int
	sent     int
	loops    bool // there were too many
}

type message struct {
	id, body  string
	sentAt    time.Time
	visibleAt time.Time
	receives  int
	reason    string // of a dead letter
}

// mostMessages is more than ten times as many for a finding as any history has: something answers itself.
const mostMessages = 1000

// send puts a message on the queue, sometimes twice and in any order.
func (q *queue) send(body string) {
	if q.sent >= mostMessages*max(10, len(q.world.hub.findings)) {
		if !q.loops {
			q.world.violate("there is no end of messages, such as %s", body)
		}
		q.loops = true
		return
	}
	copies := 1
	if q.world.chance(q.world.faults.Duplicate) {
		copies = 2
	}
	for range copies {
		q.sent++
		m := &message{id: fmt.Sprint(q.name, "-", q.sent), body: body}
		q.world.after(q.world.between(0, 5*time.Second), func() {
			m.sentAt, m.visibleAt = q.world.now, q.world.now
			q.messages = append(q.messages, m)
			q.wake(0)
		})
	}
}

// wake polls after a while, when messages that come together have been collected.
func (q *queue) wake(d time.Duration) { q.world.after(d+q.window, q.poll) }

func (q *queue) poll() {
	if q.running >= q.concurrency {
		return // the one that ends polls again
	}
	var batch []*message
	for _, m := range q.messages {
		if len(batch) < batchSize && !m.visibleAt.After(q.world.now) {
			batch = append(batch, m)
		}
	}
	var records []events.SQSMessage
	for _, m := range batch {
		if m.receives++; m.receives > maxReceives {
			m.reason = "received too often"
			q.bury(m)
			continue
		}
		m.visibleAt = q.world.now.Add(visibility)
		q.wake(visibility)
		records = append(records, events.SQSMessage{
			MessageId: m.id, ReceiptHandle: m.id, Body: m.body,
			Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives),
				"SentTimestamp": strconv.FormatInt(m.sentAt.UnixMilli(), 10)},
		})
	}
	if len(records) == 0 {
		return
	}
	q.running++
	q.invoke(records, func(failed map[string]bool, crashed bool) {
		q.running--
		for _, r := range records {
			if !crashed && !failed[r.MessageId] {
				q.remove(r.MessageId)
			}
		}
		q.poll()
	})
}

func (q *queue) remove(id string) {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return m.id == id })
}

func (q *queue) bury(m *message) {
	q.remove(m.id)
	q.dead = append(q.dead, m)
}

func (q *queue) delay(id string, after time.Duration) error {
	for _, m := range q.messages {
		if m.id == id {
			m.visibleAt = q.world.now.Add(after)
			q.wake(after)
			return nil
		}
	}
	return errors.New("the message is not in flight")
}
