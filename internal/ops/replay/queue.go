package replay

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// How the template sets the queues up.
const (
	visibility = 180 * time.Second
	batchSize  = 20
)

// queue is an SQS queue that feeds a function.
type queue struct {
	world  *world
	window time.Duration // for which messages are collected
	handle func(batch []events.SQSMessage) events.SQSEventResponse

	ready []*message // in the order in which they became visible
	known map[string]*message
	sent  int
}

type message struct {
	id, body string
	receives int
	back     time.Time // when it comes back if it is not done
}

func (q *queue) send(body string) {
	q.sent++
	m := &message{id: strconv.Itoa(q.sent), body: body}
	q.known[m.id] = m
	q.show(m, q.world.now().Add(q.window))
}

// show makes a message visible at a time.
func (q *queue) show(m *message, at time.Time) {
	q.world.plan(at, func() {
		q.ready = append(q.ready, m)
		if len(q.ready) == 1 {
			q.world.plan(q.world.now(), q.poll) // when all that become visible at this time are
		}
	})
}

// poll invokes the function with what is visible.
func (q *queue) poll() {
	for len(q.ready) > 0 {
		batch := q.ready[:min(len(q.ready), batchSize)]
		q.ready = q.ready[len(batch):]
		var records []events.SQSMessage
		for _, m := range batch {
			m.receives++
			m.back = q.world.now().Add(visibility)
			records = append(records, events.SQSMessage{MessageId: m.id, ReceiptHandle: m.id, Body: m.body,
				Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives)}})
		}
		q.world.took = 0 // functions run beside each other
		response := q.handle(records)
		failed := map[string]bool{}
		for _, f := range response.BatchItemFailures {
			failed[f.ItemIdentifier] = true
		}
		for _, m := range batch {
			if !failed[m.id] {
				delete(q.known, m.id)
				continue
			}
			q.show(m, m.back)
		}
	}
}

// Delay implements dispatch.Queue.
func (q *queue) Delay(_ context.Context, handle string, after time.Duration) error {
	q.known[handle].back = q.world.now().Add(after)
	return nil
}

// Bury implements dispatch.Queue and settle.DeadLetters.
func (q *queue) Bury(_ context.Context, body, reason string) error {
	return fmt.Errorf("a replay has no dead letters: %s: %s", reason, body)
}

// SendAll implements sweep.Queue.
func (q *queue) SendAll(_ context.Context, bodies []string) error {
	for _, body := range bodies {
		q.send(body)
	}
	return nil
}
