package lab

import (
	"context"
	"path"

	"hubmend/internal/aws/policy"
)

func (q *queues) putQueuePolicy(_ context.Context, s *stack, ref string, p properties) (created, error) {
	d, err := policy.Parse(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropPolicy(ref)
	for _, url := range p.list("Queues") {
		arn := s.arn("sqs", path.Base(text(url)))
		if q.policies[arn] == nil {
			q.policies[arn] = map[string]policy.Document{}
		}
		q.policies[arn][ref] = d
	}
	return created{ref: ref}, nil
}

func (q *queues) deleteQueuePolicy(_ context.Context, s *stack, was deployed) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropPolicy(was.ref)
	return nil
}

func (q *queues) dropPolicy(ref string) {
	for _, of := range q.policies {
		delete(of, ref)
	}
}
