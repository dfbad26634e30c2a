package lab

import (
	"context"
	"encoding/json"
	"errors"
)

// createManagedPolicy makes a policy that people attach by its name.
func createManagedPolicy(ctx context.Context, s *stack, p properties) (created, error) {
	for _, to := range []string{"Roles", "Users", "Groups"} {
		if len(p.list(to)) > 0 {
			return created{}, errors.New("the lab knows managed policies that the template attaches to nobody")
		}
	}
	document, err := json.Marshal(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	out, err := s.call(ctx, "iam", "CreatePolicy", map[string]any{
		"PolicyName": p.textOr("ManagedPolicyName", s.physicalID(p.logicalID)), "Description": p.text("Description"),
		"PolicyDocument": string(document),
	})
	if err != nil {
		return created{}, err
	}
	made, _ := out["Policy"].(map[string]any)
	return created{text(made["Arn"]), map[string]any{"PolicyArn": made["Arn"]}}, nil
}

// updateManagedPolicy makes a new default version, and drops the one before: IAM keeps five.
func updateManagedPolicy(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	document, err := json.Marshal(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	out, err := s.call(ctx, "iam", "GetPolicy", map[string]any{"PolicyArn": was.ref})
	if err != nil {
		return created{}, err
	}
	before, _ := out["Policy"].(map[string]any)
	if _, err := s.call(ctx, "iam", "CreatePolicyVersion",
		map[string]any{"PolicyArn": was.ref, "PolicyDocument": string(document), "SetAsDefault": true}); err != nil {
		return created{}, err
	}
	_, err = s.call(ctx, "iam", "DeletePolicyVersion",
		map[string]any{"PolicyArn": was.ref, "VersionId": before["DefaultVersionId"]})
	return was.created, err
}

func deleteManagedPolicy(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "iam", "DeletePolicy", map[string]any{"PolicyArn": was.ref})
	return err
}

func createGroup(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("GroupName", s.physicalID(p.logicalID))
	if _, err := s.call(ctx, "iam", "CreateGroup", map[string]any{"GroupName": name}); err != nil {
		return created{}, err
	}
	for _, arn := range p.list("ManagedPolicyArns") {
		if _, err := s.call(ctx, "iam", "AttachGroupPolicy",
			map[string]any{"GroupName": name, "PolicyArn": arn}); err != nil {
			return created{ref: name}, err
		}
	}
	return created{name, map[string]any{"Arn": "arn:" + s.lab.partition + ":iam::" + s.at.account + ":group/" + name}},
		nil
}

func deleteGroup(ctx context.Context, s *stack, was deployed) error {
	for _, arn := range was.was().list("ManagedPolicyArns") {
		if _, err := s.call(ctx, "iam", "DetachGroupPolicy",
			map[string]any{"GroupName": was.ref, "PolicyArn": arn}); err != nil {
			return err
		}
	}
	_, err := s.call(ctx, "iam", "DeleteGroup", map[string]any{"GroupName": was.ref})
	return err
}
