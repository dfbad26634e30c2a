package sqs

import (
	"context"
	"path"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (q *Queues) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::SQS::QueuePolicy": {
			Properties: "PolicyDocument Queues",
			Create:     cloudformation.Fresh(q.putQueuePolicy), Update: cloudformation.Again(q.putQueuePolicy),
			Delete: q.deleteQueuePolicy,
		},
	}
}

func (q *Queues) putQueuePolicy(_ context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	d, err := policy.Parse(p.All["PolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropPolicy(ref)
	for _, url := range p.List("Queues") {
		arn := s.ARN("sqs", path.Base(apicall.Text(url)))
		if q.policies[arn] == nil {
			q.policies[arn] = map[string]policy.Document{}
		}
		q.policies[arn][ref] = d
	}
	return cloudformation.Created{Ref: ref}, nil
}

func (q *Queues) deleteQueuePolicy(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropPolicy(was.Ref)
	return nil
}

func (q *Queues) dropPolicy(ref string) {
	for _, of := range q.policies {
		delete(of, ref)
	}
}
