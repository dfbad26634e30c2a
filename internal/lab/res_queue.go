package lab

import (
	"context"
	"encoding/json"
	"path"
)

// queueDefaults are the attributes of a queue that a template can set, as the service has
// them when nobody does.
var queueDefaults = map[string]string{"VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}

func (m motoResources) createQueue(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("QueueName", s.physicalID(p.logicalID))
	attributes, err := queueAttributes(p)
	if err != nil {
		return created{}, err
	}
	if _, err := s.call(ctx, "sqs", "CreateQueue",
		map[string]any{"QueueName": name, "Attributes": attributes}); err != nil {
		return created{}, err
	}
	m.keys.encrypts(s.arn("sqs", name), p.text("KmsMasterKeyId"))
	url := s.lab.queueURL(s.at.account, name)
	return created{url, map[string]any{"Arn": s.arn("sqs", name), "QueueName": name, "QueueUrl": url}}, nil
}

func (m motoResources) updateQueue(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
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
	m.keys.encrypts(s.arn("sqs", path.Base(was.ref)), p.text("KmsMasterKeyId"))
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
