package lab

import (
	"context"
	"encoding/json"
	"path"

	"hubmend/internal/aws/policy"
)

// queueDefaults are the attributes of a queue that a template can set, as the service has
// them when nobody does.
var queueDefaults = map[string]string{"VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}

func createQueue(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("QueueName", s.physicalID(p.logicalID))
	attributes, err := queueAttributes(p)
	if err != nil {
		return created{}, err
	}
	if _, err := s.call(ctx, "sqs", "CreateQueue",
		map[string]any{"QueueName": name, "Attributes": attributes}); err != nil {
		return created{}, err
	}
	s.lab.keys.encrypts(s.arn("sqs", name), p.text("KmsMasterKeyId"))
	url := s.lab.queueURL(s.at.account, name)
	return created{url, map[string]any{"Arn": s.arn("sqs", name), "QueueName": name, "QueueUrl": url}}, nil
}

func updateQueue(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	attributes, err := queueAttributes(p)
	if err != nil {
		return created{}, err
	}
	for name, value := range queueDefaults {
		if attributes[name] == nil {
			attributes[name] = value
		}
	}
	if attributes["RedrivePolicy"] == nil && was.properties["RedrivePolicy"] != nil {
		attributes["RedrivePolicy"] = ""
	}
	s.lab.keys.encrypts(s.arn("sqs", path.Base(was.ref)), p.text("KmsMasterKeyId"))
	_, err = s.call(ctx, "sqs", "SetQueueAttributes", map[string]any{"QueueUrl": was.ref, "Attributes": attributes})
	return was.created, err
}

func deleteQueue(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "sqs", "DeleteQueue", map[string]any{"QueueUrl": was.ref})
	return err
}

func queueAttributes(p properties) (map[string]any, error) {
	attributes := map[string]any{}
	for a := range queueDefaults {
		if v := p.text(a); v != "" {
			attributes[a] = v
		}
	}
	if redrive, ok := p.all["RedrivePolicy"]; ok {
		text, err := json.Marshal(redrive)
		if err != nil {
			return nil, err
		}
		attributes["RedrivePolicy"] = string(text)
	}
	return attributes, nil
}

func putQueuePolicy(_ context.Context, s *stack, ref string, p properties) (created, error) {
	d, err := policy.Parse(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	q := s.lab.queues
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

func deleteQueuePolicy(_ context.Context, s *stack, was deployed) error {
	s.lab.queues.mu.Lock()
	defer s.lab.queues.mu.Unlock()
	s.lab.queues.dropPolicy(was.ref)
	return nil
}

func (q *queues) dropPolicy(ref string) {
	for _, of := range q.policies {
		delete(of, ref)
	}
}
