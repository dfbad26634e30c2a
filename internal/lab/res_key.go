package lab

import (
	"context"
	"encoding/json"
)

// keyDeletionDays is how long KMS keeps a key that is to be deleted, unless a template says otherwise.
const keyDeletionDays = 30

func createKey(ctx context.Context, s *stack, p properties) (created, error) {
	document, err := json.Marshal(p.all["KeyPolicy"])
	if err != nil {
		return created{}, err
	}
	in := p.pick("Description")
	in["Policy"] = string(document)
	out, err := s.call(ctx, "kms", "CreateKey", in)
	if err != nil {
		return created{}, err
	}
	about, _ := out["KeyMetadata"].(map[string]any)
	id := text(about["KeyId"])
	return created{id, map[string]any{"Arn": about["Arn"], "KeyId": id}}, rotate(ctx, s, id, p)
}

func updateKey(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	document, err := json.Marshal(p.all["KeyPolicy"])
	if err != nil {
		return created{}, err
	}
	for api, in := range map[string]map[string]any{
		"PutKeyPolicy":         {"KeyId": was.ref, "PolicyName": "default", "Policy": string(document)},
		"UpdateKeyDescription": {"KeyId": was.ref, "Description": p.text("Description")},
	} {
		if _, err := s.call(ctx, "kms", api, in); err != nil {
			return created{}, err
		}
	}
	return was.created, rotate(ctx, s, was.ref, p)
}

func rotate(ctx context.Context, s *stack, key string, p properties) error {
	api := "DisableKeyRotation"
	if p.text("EnableKeyRotation") == "true" {
		api = "EnableKeyRotation"
	}
	_, err := s.call(ctx, "kms", api, map[string]any{"KeyId": key})
	return err
}

func deleteKey(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "kms", "ScheduleKeyDeletion",
		map[string]any{"KeyId": was.ref, "PendingWindowInDays": keyDeletionDays})
	return err
}
