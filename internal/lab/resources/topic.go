package resources

import (
	"context"
	"encoding/json"
	"fmt"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

func (m Moto) createTopic(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("TopicName", s.PhysicalID(p.LogicalID))
	attributes := map[string]any{"DisplayName": p.Text("DisplayName")}
	out, err := s.Call(ctx, "sns", "CreateTopic", map[string]any{"Name": name, "Attributes": attributes})
	if err != nil {
		return cloudformation.Created{}, err
	}
	m.keys.Encrypts(apicall.Text(out["TopicArn"]), p.Text("KmsMasterKeyId"))
	return cloudformation.Created{Ref: apicall.Text(out["TopicArn"]),
		Attributes: map[string]any{"TopicArn": out["TopicArn"], "TopicName": name}}, nil
}

func (m Moto) updateTopic(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	m.keys.Encrypts(was.Ref, p.Text("KmsMasterKeyId"))
	_, err := s.Call(ctx, "sns", "SetTopicAttributes", map[string]any{
		"TopicArn": was.Ref, "AttributeName": "DisplayName", "AttributeValue": p.Text("DisplayName"),
	})
	return was.Created, err
}

func deleteTopic(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "sns", "DeleteTopic", map[string]any{"TopicArn": was.Ref})
	return err
}

func putTopicPolicy(ctx context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	document := p.All["PolicyDocument"]
	if _, err := policy.Parse(document); err != nil {
		return cloudformation.Created{}, err
	}
	return cloudformation.Created{Ref: ref}, setTopicPolicy(ctx, s, p, document)
}

// deleteTopicPolicy leaves the topic to the account of its owner.
func deleteTopicPolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	return setTopicPolicy(ctx, s, was.Was(), map[string]any{"Version": "2012-10-17", "Statement": []any{}})
}

func setTopicPolicy(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode the policy: %w", err)
	}
	for _, topic := range p.List("Topics") {
		if _, err := s.Call(ctx, "sns", "SetTopicAttributes",
			map[string]any{"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": string(body)}); err != nil {
			return err
		}
	}
	return nil
}

func createSubscription(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	out, err := s.Call(ctx, "sns", "Subscribe", p.Pick("Protocol", "TopicArn", "Endpoint"))
	return cloudformation.Created{Ref: apicall.Text(out["SubscriptionArn"])}, err
}

func deleteSubscription(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "sns", "Unsubscribe", map[string]any{"SubscriptionArn": was.Ref})
	return err
}
