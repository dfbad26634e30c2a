package resources

import (
	"context"
	"encoding/json"
	"path"

	"hubmend/internal/lab/cloudformation"
)

// queueDefaults are the attributes of a queue that a template can set, with their defaults.
var queueDefaults = map[string]string{"VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}

func (m Moto) createQueue(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("QueueName", s.PhysicalID(p.LogicalID))
	attributes, err := queueAttributes(p)
	if err != nil {
		return cloudformation.Created{}, err
	}
	if _, err := s.Call(ctx, "sqs", "CreateQueue",
		map[string]any{"QueueName": name, "Attributes": attributes}); err != nil {
		return cloudformation.Created{}, err
	}
	m.keys.Encrypts(s.ARN("sqs", name), p.Text("KmsMasterKeyId"))
	url := s.Lab.QueueURL(s.At.Account, name)
	return cloudformation.Created{Ref: url, Attributes: map[string]any{"Arn": s.ARN("sqs", name), "QueueName": name,
		"QueueUrl": url}}, nil
}

func (m Moto) updateQueue(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	attributes, err := queueAttributes(p)
	if err != nil {
		return cloudformation.Created{}, err
	}
	for name, value := range queueDefaults {
		if attributes[name] == nil {
			attributes[name] = value
		}
	}
	if attributes["RedrivePolicy"] == nil && was.Properties["RedrivePolicy"] != nil {
		attributes["RedrivePolicy"] = ""
	}
	m.keys.Encrypts(s.ARN("sqs", path.Base(was.Ref)), p.Text("KmsMasterKeyId"))
	_, err = s.Call(ctx, "sqs", "SetQueueAttributes", map[string]any{"QueueUrl": was.Ref, "Attributes": attributes})
	return was.Created, err
}

func deleteQueue(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "sqs", "DeleteQueue", map[string]any{"QueueUrl": was.Ref})
	return err
}

func queueAttributes(p cloudformation.Properties) (map[string]any, error) {
	attributes := map[string]any{}
	for a := range queueDefaults {
		if v := p.Text(a); v != "" {
			attributes[a] = v
		}
	}
	if redrive, ok := p.All["RedrivePolicy"]; ok {
		text, err := json.Marshal(redrive)
		if err != nil {
			return nil, err
		}
		attributes["RedrivePolicy"] = string(text)
	}
	return attributes, nil
}
