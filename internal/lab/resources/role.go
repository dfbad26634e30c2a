package resources

import (
	"context"
	"encoding/json"
	"strings"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

func createRole(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	trust, err := json.Marshal(p.All["AssumeRolePolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	name := p.TextOr("RoleName", s.PhysicalID(p.LogicalID))
	in := p.Pick("Path", "PermissionsBoundary", "Description", "MaxSessionDuration", "Tags")
	in["RoleName"], in["AssumeRolePolicyDocument"] = name, string(trust)
	if _, err := s.Call(ctx, "iam", "CreateRole", in); err != nil {
		return cloudformation.Created{}, err
	}
	arn := "arn:" + s.Lab.Partition + ":iam::" + s.At.Account + ":role" + p.TextOr("Path", "/") + name
	return cloudformation.Created{Ref: name, Attributes: map[string]any{"Arn": arn}}, putRolePolicies(ctx, s, name,
		cloudformation.Properties{}, p)
}

func updateRole(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	trust, err := json.Marshal(p.All["AssumeRolePolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	if _, err := s.Call(ctx, "iam", "UpdateAssumeRolePolicy",
		map[string]any{"RoleName": was.Ref, "PolicyDocument": string(trust)}); err != nil {
		return cloudformation.Created{}, err
	}
	if err := bound(ctx, s, was, p); err != nil {
		return cloudformation.Created{}, err
	}
	in := p.Pick("MaxSessionDuration")
	in["RoleName"], in["Description"] = was.Ref, p.Text("Description")
	if _, err := s.Call(ctx, "iam", "UpdateRole", in); err != nil {
		return cloudformation.Created{}, err
	}
	return was.Created, putRolePolicies(ctx, s, was.Ref, was.Was(), p)
}

// bound sets or deletes the permissions boundary of a role.
func bound(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) error {
	boundary := p.Text("PermissionsBoundary")
	if boundary == was.Was().Text("PermissionsBoundary") {
		return nil
	}
	in, api := map[string]any{"RoleName": was.Ref}, "DeleteRolePermissionsBoundary"
	if boundary != "" {
		in["PermissionsBoundary"], api = boundary, "PutRolePermissionsBoundary"
	}
	_, err := s.Call(ctx, "iam", api, in)
	return err
}

func deleteRole(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	if err := putRolePolicies(ctx, s, was.Ref, was.Was(), cloudformation.Properties{}); err != nil {
		return err
	}
	_, err := s.Call(ctx, "iam", "DeleteRole", map[string]any{"RoleName": was.Ref})
	return err
}

// putRolePolicies sets the inline and attached policies of a role, and removes the previous ones.
func putRolePolicies(ctx context.Context, s *cloudformation.Stack, role string, was,
	is cloudformation.Properties) error {
	policies := inline(is)
	for name, document := range policies {
		if err := putRolePolicy(ctx, s, role, name, document); err != nil {
			return err
		}
	}
	var away []func() error
	for name := range inline(was) {
		if _, stays := policies[name]; !stays {
			away = append(away, func() error { return deleteRolePolicy(ctx, s, role, name) })
		}
	}
	arns := attached(is)
	for arn := range arns {
		if _, err := s.Call(ctx, "iam", "AttachRolePolicy",
			map[string]any{"RoleName": role, "PolicyArn": arn}); err != nil {
			return err
		}
	}
	for arn := range attached(was) {
		if _, stays := arns[arn]; !stays {
			away = append(away, func() error {
				_, err := s.Call(ctx, "iam", "DetachRolePolicy", map[string]any{"RoleName": role, "PolicyArn": arn})
				return err
			})
		}
	}
	return cloudformation.InTurn(away...)
}

// inline gives the policies within a role, by name.
func inline(p cloudformation.Properties) map[string]any {
	all := map[string]any{}
	for _, item := range p.List("Policies") {
		one, _ := item.(map[string]any)
		all[apicall.Text(one["PolicyName"])] = one["PolicyDocument"]
	}
	return all
}

// attached gives the ARNs of the policies to attach, except AWS managed policies, which moto does not have.
func attached(p cloudformation.Properties) map[string]struct{} {
	all := map[string]struct{}{}
	for _, item := range p.List("ManagedPolicyArns") {
		if arn := apicall.Text(item); !strings.Contains(arn, ":iam::aws:policy/") {
			all[arn] = struct{}{}
		}
	}
	return all
}

func createPolicy(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	for _, role := range p.List("Roles") {
		if err := putRolePolicy(ctx, s, apicall.Text(role), p.Text("PolicyName"), p.All["PolicyDocument"]); err != nil {
			return cloudformation.Created{Ref: p.Text("PolicyName")}, err
		}
	}
	return cloudformation.Created{Ref: p.Text("PolicyName")}, nil
}

func updatePolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	c, err := createPolicy(ctx, s, p)
	if err != nil {
		return c, err
	}
	gone := was
	gone.Properties = map[string]any{"PolicyName": was.Ref, "Roles": without(was.Was().List("Roles"), p.List("Roles"))}
	return c, deletePolicy(ctx, s, gone)
}

func deletePolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	var all []func() error
	for _, role := range was.Was().List("Roles") {
		all = append(all, func() error { return deleteRolePolicy(ctx, s, apicall.Text(role), was.Ref) })
	}
	return cloudformation.InTurn(all...)
}

func putRolePolicy(ctx context.Context, s *cloudformation.Stack, role, name string, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = s.Call(ctx, "iam", "PutRolePolicy",
		map[string]any{"RoleName": role, "PolicyName": name, "PolicyDocument": string(body)})
	return err
}

func deleteRolePolicy(ctx context.Context, s *cloudformation.Stack, role, name string) error {
	_, err := s.Call(ctx, "iam", "DeleteRolePolicy", map[string]any{"RoleName": role, "PolicyName": name})
	return err
}

// without gives the strings of a list that the other list does not have.
func without(list, other []any) []any {
	has := map[string]struct{}{}
	for _, item := range other {
		has[apicall.Text(item)] = struct{}{}
	}
	rest := []any{}
	for _, item := range list {
		if _, ok := has[apicall.Text(item)]; !ok {
			rest = append(rest, item)
		}
	}
	return rest
}
