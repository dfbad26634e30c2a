package lab_test

import (
	"strings"
	"testing"

	"hubmend/internal/lab/python"
)

// boundedRole trusts the operators, and may read users as far as its boundary lets it.
func boundedRole(boundary any) object {
	return resource("AWS::IAM::Role", object{
		"RoleName": "reader", "Path": "/team/", "PermissionsBoundary": boundary,
		"AssumeRolePolicyDocument": trust(object{"AWS": "arn:aws:iam::" + admin + ":user/lab-operator"}, nil),
		"Policies": []any{object{"PolicyName": "own",
			"PolicyDocument": statement(may("iam:GetUser", "*"))}},
	})
}

func (w world) sessionOf(t *testing.T, worker *python.Worker, role string) session {
	t.Helper()
	out := w.call(t, admin, "sts", "AssumeRole", object{"RoleArn": role, "RoleSessionName": "me"})
	part := func(name string) string { text, _ := at(out, "Credentials", name).(string); return text }
	return session{worker, w.Endpoint(), python.Credentials{
		AccessKeyID: part("AccessKeyId"), SecretAccessKey: part("SecretAccessKey"), SessionToken: part("SessionToken"),
	}}
}

// A role has its path in its ARN, although its name is unique without it.
func TestRoleWithAPath(t *testing.T) {
	t.Parallel()
	w, _ := enforcing(t, stacks{admin: resources{
		"Role": boundedRole(object{"Ref": "AWS::NoValue"}),
		"Log":  resource("AWS::Logs::LogGroup", object{"LogGroupName": object{"Fn::GetAtt": []any{"Role", "Arn"}}}),
	}})
	w.refused(t, admin, "sts", "AssumeRole",
		object{"RoleArn": "arn:aws:iam::" + admin + ":role/reader", "RoleSessionName": "me"}, "AccessDenied",
		"does not exist")
	w.call(t, admin, "sts", "AssumeRole",
		object{"RoleArn": "arn:aws:iam::" + admin + ":role/team/reader", "RoleSessionName": "me"})
	if groups := at(w.call(t, admin, "logs", "DescribeLogGroups", object{}), "logGroups", 0,
		"logGroupName"); groups != "arn:aws:iam::"+admin+":role/team/reader" {
		t.Errorf("GetAtt gives %v", groups)
	}
}

// A role may do only the actions that both its policies and its boundary allow.
func TestPermissionsBoundary(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{admin: resources{
		"Boundary": resource("AWS::IAM::ManagedPolicy", object{
			"ManagedPolicyName": "boundary",
			"PolicyDocument":    statement(may("iam:Get*", "arn:aws:iam::"+admin+":user/ann")),
		}),
		"Role": boundedRole(object{"Ref": "Boundary"}),
	}})
	w.call(t, admin, "iam", "CreateUser", object{"UserName": "ann"})
	role := w.sessionOf(t, worker, "arn:aws:iam::"+admin+":role/team/reader")
	if code, message := role.call(t, "iam", "GetUser", object{"UserName": "ann"}); code != "" {
		t.Errorf("what both allow: %s: %s", code, message)
	}
	if code, message := role.call(t, "iam", "GetUser", object{"UserName": "bob"}); code != "AccessDenied" ||
		!strings.Contains(message, "no permissions boundary allows the iam:GetUser action") {
		t.Errorf("what the boundary does not allow: %s: %s", code, message)
	}
	w.call(t, admin, "iam", "DeleteRolePermissionsBoundary", object{"RoleName": "reader"})
	if code, _ := role.call(t, "iam", "GetUser", object{"UserName": "bob"}); code == "AccessDenied" {
		t.Error("the boundary is gone, and still denies")
	}
}
