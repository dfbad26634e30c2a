package lab

import (
	"context"
	"encoding/json"
	"strings"
)

func createRole(ctx context.Context, s *stack, p properties) (created, error) {
	trust, err := json.Marshal(p.all["AssumeRolePolicyDocument"])
	if err != nil {
		return created{}, err
	}
	name := p.textOr("RoleName", s.physicalID(p.logicalID))
	in := p.pick("Path", "PermissionsBoundary", "Description", "MaxSessionDuration", "Tags")
	in["RoleName"], in["AssumeRolePolicyDocument"] = name, string(trust)
	if _, err := s.call(ctx, "iam", "CreateRole", in); err != nil {
		return created{}, err
	}
	arn := "arn:" + s.lab.partition + ":iam::" + s.at.account + ":role" + p.textOr("Path", "/") + name
	return created{name, map[string]any{"Arn": arn}}, putRolePolicies(ctx, s, name, properties{}, p)
}

func updateRole(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	trust, err := json.Marshal(p.all["AssumeRolePolicyDocument"])
	if err != nil {
		return created{}, err
	}
	if _, err := s.call(ctx, "iam", "UpdateAssumeRolePolicy",
		map[string]any{"RoleName": was.ref, "PolicyDocument": string(trust)}); err != nil {
		return created{}, err
	}
	if err := bound(ctx, s, was, p); err != nil {
		return created{}, err
	}
	in := p.pick("MaxSessionDuration")
	in["RoleName"], in["Description"] = was.ref, p.text("Description")
	if _, err := s.call(ctx, "iam", "UpdateRole", in); err != nil {
		return created{}, err
	}
	return was.created, putRolePolicies(ctx, s, was.ref, was.was(), p)
}

// bound gives a role the boundary that its template says, or takes it away.
func bound(ctx context.Context, s *stack, was deployed, p properties) error {
	boundary := p.text("PermissionsBoundary")
	if boundary == was.was().text("PermissionsBoundary") {
		return nil
	}
	in, api := map[string]any{"RoleName": was.ref}, "DeleteRolePermissionsBoundary"
	if boundary != "" {
		in["PermissionsBoundary"], api = boundary, "PutRolePermissionsBoundary"
	}
	_, err := s.call(ctx, "iam", api, in)
	return err
}

func deleteRole(ctx context.Context, s *stack, was deployed) error {
	if err := putRolePolicies(ctx, s, was.ref, was.was(), properties{}); err != nil {
		return err
	}
	_, err := s.call(ctx, "iam", "DeleteRole", map[string]any{"RoleName": was.ref})
	return err
}

// putRolePolicies gives a role its inline and attached policies, and takes those away that
// it had.
func putRolePolicies(ctx context.Context, s *stack, role string, was, is properties) error {
	inline := is.inline()
	for name, document := range inline {
		if err := putRolePolicy(ctx, s, role, name, document); err != nil {
			return err
		}
	}
	var away []func() error
	for name := range was.inline() {
		if _, stays := inline[name]; !stays {
			away = append(away, func() error { return deleteRolePolicy(ctx, s, role, name) })
		}
	}
	attached := is.attached()
	for arn := range attached {
		if _, err := s.call(ctx, "iam", "AttachRolePolicy",
			map[string]any{"RoleName": role, "PolicyArn": arn}); err != nil {
			return err
		}
	}
	for arn := range was.attached() {
		if _, stays := attached[arn]; !stays {
			away = append(away, func() error {
				_, err := s.call(ctx, "iam", "DetachRolePolicy", map[string]any{"RoleName": role, "PolicyArn": arn})
				return err
			})
		}
	}
	return inTurn(away...)
}

// inline gives the policies within a role, by name.
func (p properties) inline() map[string]any {
	all := map[string]any{}
	for _, item := range p.list("Policies") {
		one, _ := item.(map[string]any)
		all[text(one["PolicyName"])] = one["PolicyDocument"]
	}
	return all
}

// attached gives the ARNs of the policies to attach. Those that AWS manages do not exist
// in moto.
func (p properties) attached() map[string]struct{} {
	all := map[string]struct{}{}
	for _, item := range p.list("ManagedPolicyArns") {
		if arn := text(item); !strings.Contains(arn, ":iam::aws:policy/") {
			all[arn] = struct{}{}
		}
	}
	return all
}

func createPolicy(ctx context.Context, s *stack, p properties) (created, error) {
	for _, role := range p.list("Roles") {
		if err := putRolePolicy(ctx, s, text(role), p.text("PolicyName"), p.all["PolicyDocument"]); err != nil {
			return created{ref: p.text("PolicyName")}, err
		}
	}
	return created{ref: p.text("PolicyName")}, nil
}

func updatePolicy(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	c, err := createPolicy(ctx, s, p)
	if err != nil {
		return c, err
	}
	gone := was
	gone.properties = map[string]any{"PolicyName": was.ref, "Roles": without(was.was().list("Roles"), p.list("Roles"))}
	return c, deletePolicy(ctx, s, gone)
}

func deletePolicy(ctx context.Context, s *stack, was deployed) error {
	var all []func() error
	for _, role := range was.was().list("Roles") {
		all = append(all, func() error { return deleteRolePolicy(ctx, s, text(role), was.ref) })
	}
	return inTurn(all...)
}

func putRolePolicy(ctx context.Context, s *stack, role, name string, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = s.call(ctx, "iam", "PutRolePolicy",
		map[string]any{"RoleName": role, "PolicyName": name, "PolicyDocument": string(body)})
	return err
}

func deleteRolePolicy(ctx context.Context, s *stack, role, name string) error {
	_, err := s.call(ctx, "iam", "DeleteRolePolicy", map[string]any{"RoleName": role, "PolicyName": name})
	return err
}

// without gives the texts of a list that another does not have.
func without(list, other []any) []any {
	has := map[string]struct{}{}
	for _, item := range other {
		has[text(item)] = struct{}{}
	}
	rest := []any{}
	for _, item := range list {
		if _, ok := has[text(item)]; !ok {
			rest = append(rest, item)
		}
	}
	return rest
}
