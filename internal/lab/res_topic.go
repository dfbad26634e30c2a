package lab

import (
	"context"

	"hubmend/internal/policy"
)

func createTopic(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("TopicName", s.physicalID(p.logicalID))
	attributes := map[string]any{"DisplayName": p.text("DisplayName")}
	out, err := s.call(ctx, "sns", "CreateTopic", map[string]any{"Name": name, "Attributes": attributes})
	if err != nil {
		return created{}, err
	}
	return created{text(out["TopicArn"]), map[string]any{"TopicArn": out["TopicArn"], "TopicName": name}}, nil
}

func updateTopic(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	_, err := s.call(ctx, "sns", "SetTopicAttributes", map[string]any{
		"TopicArn": was.ref, "AttributeName": "DisplayName", "AttributeValue": p.text("DisplayName"),
	})
	return was.created, err
}

func deleteTopic(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "sns", "DeleteTopic", map[string]any{"TopicArn": was.ref})
	return err
}

func readTopicPolicy(_ context.Context, _ *stack, ref string, p properties) (created, error) {
	_, err := policy.Parse(p.all["PolicyDocument"])
	return created{ref: ref}, err
}

func createSubscription(ctx context.Context, s *stack, p properties) (created, error) {
	out, err := s.call(ctx, "sns", "Subscribe", p.pick("Protocol", "TopicArn", "Endpoint"))
	return created{ref: text(out["SubscriptionArn"])}, err
}

func deleteSubscription(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "sns", "Unsubscribe", map[string]any{"SubscriptionArn": was.ref})
	return err
}
