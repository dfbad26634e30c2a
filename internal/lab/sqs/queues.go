// Package sqs checks the policies of queues when AWS services send messages. moto stores queues and messages.
package sqs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/kms"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Queues are the policies of the queues that templates created.
type Queues struct {
	lab  *world.World
	keys *kms.Keys

	mu       sync.Mutex
	policies map[string]map[string]policy.Document // by queue ARN and the ref of the policy
}

// New gives the queues of a lab that has none yet.
func New(w *world.World, keys *kms.Keys) *Queues {
	return &Queues{lab: w, keys: keys, policies: map[string]map[string]policy.Document{}}
}

// Send puts a message on a queue if the policy of the queue allows the sender.
func (q *Queues) Send(to apicall.Place, name string, who policy.Request, body []byte) error {
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
	if err := q.keys.Serves(q.lab.Context, who.Resource, who, kms.Uses["sqs:SendMessage"]...); err != nil {
		return err
	}
	// A service sends with the id of its own user. This is the id of EventBridge in us-east-1.
	service, _ := q.lab.Callers.Session(apicall.Caller{Account: to.Account, ARN: who.Service,
		UserID: "AIDAJXNJGGKNS7OSV23OI"})
	times := 1
	if q.lab.Faults.DeliverTwice {
		times = 2
		q.lab.Story.Tell(story.KindFault, to.Account, to.Region, "queue %s gets the message twice", name)
	}
	for range times {
		_, err := q.lab.CallAs(q.lab.Context, service,
			apicall.Call{Account: to.Account, Region: to.Region, Service: "sqs", API: "SendMessage",
				Input: map[string]any{
					"QueueUrl": q.lab.QueueURL(to.Account, name), "MessageBody": string(body),
				}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Count adds up attributes of a queue that count messages.
func (q *Queues) Count(ctx context.Context, at apicall.Place, url string, names ...string) (int, error) {
	out, err := q.lab.Call(ctx,
		apicall.Call{Account: at.Account, Region: at.Region, Service: "sqs", API: "GetQueueAttributes",
			Input: map[string]any{
				"QueueUrl": url, "AttributeNames": []any{"All"},
			}})
	if err != nil {
		return 0, err
	}
	attributes, _ := out["Attributes"].(map[string]any)
	total := 0
	for _, name := range names {
		n, err := strconv.Atoi(apicall.Text(attributes[name]))
		if err != nil {
			return 0, fmt.Errorf("read %s of queue %s: %w", name, url, err)
		}
		total += n
	}
	return total, nil
}

// Wiring lists what templates created, as type and name.
func (q *Queues) Wiring() []string {
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
