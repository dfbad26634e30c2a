package lab

import (
	"context"
	"encoding/json"
	"fmt"

	"hubmend/internal/aws/policy"
)

func (m motoResources) createTopic(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("TopicName", s.physicalID(p.logicalID))
	attributes := map[string]any{"DisplayName": p.text("DisplayName")}
	out, err := s.call(ctx, "sns", "CreateTopic", map[string]any{"Name": name, "Attributes": attributes})
	if err != nil {
		return created{}, err
	}
	m.keys.encrypts(text(out["TopicArn"]), p.text("KmsMasterKeyId"))
	return created{text(out["TopicArn"]), map[string]any{"TopicArn": out["TopicArn"], "TopicName": name}}, nil
}

func (m motoResources) updateTopic(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	m.keys.encrypts(was.ref, p.text("KmsMasterKeyId"))
	_, err := s.call(ctx, "sns", "SetTopicAttributes", map[string]any{
		"TopicArn": was.ref, "AttributeName": "DisplayName", "AttributeValue": p.text("DisplayName"),
	})
	return was.created, err
}

func deleteTopic(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "sns", "DeleteTopic", map[string]any{"TopicArn": was.ref})
	return err
}

func putTopicPolicy(ctx context.Context, s *stack, ref string, p properties) (created, error) {
	document := p.all["PolicyDocument"]
	if _, err := policy.Parse(document); err != nil {
		return created{}, err
	}
	return created{ref: ref}, setTopicPolicy(ctx, s, p, document)
}

// deleteTopicPolicy leaves the topic to its owner's account.
func deleteTopicPolicy(ctx context.Context, s *stack, was deployed) error {
	return setTopicPolicy(ctx, s, was.was(), map[string]any{"Version": "2012-10-17", "Statement": []any{}})
}

func setTopicPolicy(ctx context.Context, s *stack, p properties, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode the policy: %w", err)
	}
	for _, topic := range p.list("Topics") {
		if _, err := s.call(ctx, "sns", "SetTopicAttributes",
			map[string]any{"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": string(body)}); err != nil {
			return err
		}
	}
	return nil
}

func createSubscription(ctx context.Context, s *stack, p properties) (created, error) {
	out, err := s.call(ctx, "sns", "Subscribe", p.pick("Protocol", "TopicArn", "Endpoint"))
	return created{ref: text(out["SubscriptionArn"])}, err
}

func deleteSubscription(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "sns", "Unsubscribe", map[string]any{"SubscriptionArn": was.ref})
	return err
}
