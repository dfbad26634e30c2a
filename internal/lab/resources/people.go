package resources

import (
	"context"
	"encoding/json"
	"errors"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// createManagedPolicy creates a policy that users attach by its name.
func createManagedPolicy(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	for _, to := range []string{"Roles", "Users", "Groups"} {
		if len(p.List(to)) > 0 {
			return cloudformation.Created{},
				errors.New("the lab supports managed policies only if the template does not attach them")
		}
	}
	document, err := json.Marshal(p.All["PolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	out, err := s.Call(ctx, "iam", "CreatePolicy", map[string]any{
		"PolicyName": p.TextOr("ManagedPolicyName", s.PhysicalID(p.LogicalID)), "Description": p.Text("Description"),
		"PolicyDocument": string(document),
	})
	if err != nil {
		return cloudformation.Created{}, err
	}
	made, _ := out["Policy"].(map[string]any)
	return cloudformation.Created{Ref: apicall.Text(made["Arn"]), Attributes: map[string]any{"PolicyArn": made["Arn"]}},
		nil
}

// updateManagedPolicy creates a new default version and deletes the previous one: IAM allows five.
func updateManagedPolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	document, err := json.Marshal(p.All["PolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	out, err := s.Call(ctx, "iam", "GetPolicy", map[string]any{"PolicyArn": was.Ref})
	if err != nil {
		return cloudformation.Created{}, err
	}
	before, _ := out["Policy"].(map[string]any)
	if _, err := s.Call(ctx, "iam", "CreatePolicyVersion",
		map[string]any{"PolicyArn": was.Ref, "PolicyDocument": string(document), "SetAsDefault": true}); err != nil {
		return cloudformation.Created{}, err
	}
	_, err = s.Call(ctx, "iam", "DeletePolicyVersion",
		map[string]any{"PolicyArn": was.Ref, "VersionId": before["DefaultVersionId"]})
	return was.Created, err
}

func deleteManagedPolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "iam", "DeletePolicy", map[string]any{"PolicyArn": was.Ref})
	return err
}

func createGroup(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	name := p.TextOr("GroupName", s.PhysicalID(p.LogicalID))
	if _, err := s.Call(ctx, "iam", "CreateGroup", map[string]any{"GroupName": name}); err != nil {
		return cloudformation.Created{}, err
	}
	for _, arn := range p.List("ManagedPolicyArns") {
		if _, err := s.Call(ctx, "iam", "AttachGroupPolicy",
			map[string]any{"GroupName": name, "PolicyArn": arn}); err != nil {
			return cloudformation.Created{Ref: name}, err
		}
	}
	return cloudformation.Created{Ref: name,
			Attributes: map[string]any{"Arn": "arn:" + s.Lab.Partition + ":iam::" + s.At.Account + ":group/" + name}},
		nil
}

func deleteGroup(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	for _, arn := range was.Was().List("ManagedPolicyArns") {
		if _, err := s.Call(ctx, "iam", "DetachGroupPolicy",
			map[string]any{"GroupName": was.Ref, "PolicyArn": arn}); err != nil {
			return err
		}
	}
	_, err := s.Call(ctx, "iam", "DeleteGroup", map[string]any{"GroupName": was.Ref})
	return err
}
