package resources

import (
	"context"
	"encoding/json"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// keyDeletionDays is the default waiting period of a key deletion.
const keyDeletionDays = 30

func createKey(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	document, err := json.Marshal(p.All["KeyPolicy"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	in := p.Pick("Description")
	in["Policy"] = string(document)
	out, err := s.Call(ctx, "kms", "CreateKey", in)
	if err != nil {
		return cloudformation.Created{}, err
	}
	about, _ := out["KeyMetadata"].(map[string]any)
	id := apicall.Text(about["KeyId"])
	return cloudformation.Created{Ref: id, Attributes: map[string]any{"Arn": about["Arn"], "KeyId": id}}, rotate(ctx, s,
		id, p)
}

func updateKey(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	document, err := json.Marshal(p.All["KeyPolicy"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	for api, in := range map[string]map[string]any{
		"PutKeyPolicy":         {"KeyId": was.Ref, "PolicyName": "default", "Policy": string(document)},
		"UpdateKeyDescription": {"KeyId": was.Ref, "Description": p.Text("Description")},
	} {
		if _, err := s.Call(ctx, "kms", api, in); err != nil {
			return cloudformation.Created{}, err
		}
	}
	return was.Created, rotate(ctx, s, was.Ref, p)
}

func rotate(ctx context.Context, s *cloudformation.Stack, key string, p cloudformation.Properties) error {
	api := "DisableKeyRotation"
	if p.Text("EnableKeyRotation") == "true" {
		api = "EnableKeyRotation"
	}
	_, err := s.Call(ctx, "kms", api, map[string]any{"KeyId": key})
	return err
}

func deleteKey(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "kms", "ScheduleKeyDeletion",
		map[string]any{"KeyId": was.Ref, "PendingWindowInDays": keyDeletionDays})
	return err
}
