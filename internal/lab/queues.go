package lab

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"hubmend/internal/aws/policy"
)

// queues are the SQS queues that templates made, with their policies. The messages are in moto.
type queues struct {
	lab  *world
	keys *keys

	mu       sync.Mutex
	policies map[string]map[string]policy.Document // by queue ARN and the ref of the policy
}

func newQueues(w *world, keys *keys) *queues {
	return &queues{lab: w, keys: keys, policies: map[string]map[string]policy.Document{}}
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
	if err := q.keys.serves(q.lab.ctx, who.Resource, who, keyUses["sqs:SendMessage"]...); err != nil {
		return err
	}
	// A service sends under the id of a user of its own. This is EventBridge's in us-east-1.
	service, _ := q.lab.callers.session(Caller{Account: to.account, ARN: who.Service, UserID: "AIDAJXNJGGKNS7OSV23OI"})
	times := 1
	if q.lab.faults.DeliverTwice {
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

// count adds up attributes of a queue that are numbers of messages.
func (q *queues) count(ctx context.Context, at place, url string, names ...string) (int, error) {
	out, err := q.lab.call(ctx,
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

// wiring lists what templates made, as type and name.
func (q *queues) wiring() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []string
	for arn, policies := range q.policies {
		for range policies {
			all = append(all, "AWS::SQS::QueuePolicy of "+arn)
		}
	}
	return all
}
