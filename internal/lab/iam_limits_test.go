package lab_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// sized is a policy with so many characters that are not white space, and much white space.
func sized(t *testing.T, document object, size int) string {
	t.Helper()
	put := func(sid string) string {
		document["Statement"].([]any)[0].(object)["Sid"] = sid
		text, err := json.MarshalIndent(document, "", "          ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	count := func(text string) int { return len(strings.Join(strings.Fields(text), "")) }
	text := put(strings.Repeat("x", size-count(put(""))))
	if count(text) != size {
		t.Fatalf("the policy has %d characters", count(text))
	}
	return text
}

func identityPolicy() object {
	return statement(object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
}

// IAM refuses policies that are too large; white space does not count.
func TestPolicySizes(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	lambda := trust(object{"Service": "lambda.amazonaws.com"}, nil)
	w.role(t, member, "full", lambda)
	w.role(t, member, "other", lambda)
	w.call(t, member, "iam", "CreateUser", object{"UserName": "ann"})
	put := func(role, name string, size int) object {
		return object{"RoleName": role, "PolicyName": name, "PolicyDocument": sized(t, identityPolicy(), size)}
	}
	const exceeded = "LimitExceeded"
	inline := "Maximum policy size of 10240 bytes exceeded for role full"

	w.refused(t, member, "iam", "PutRolePolicy", put("full", "one", 10241), exceeded, inline)
	w.call(t, member, "iam", "PutRolePolicy", put("full", "one", 10240))
	w.call(t, member, "iam", "PutRolePolicy", put("full", "one", 6000)) // takes the place of the larger
	w.refused(t, member, "iam", "PutRolePolicy", put("full", "two", 4241), exceeded, inline)
	w.call(t, member, "iam", "PutRolePolicy", put("full", "two", 4240))
	w.call(t, member, "iam", "PutRolePolicy", put("other", "one", 10240))
	w.call(t, member, "iam", "DeleteRolePolicy", object{"RoleName": "full", "PolicyName": "one"})
	w.call(t, member, "iam", "PutRolePolicy", put("full", "three", 6000))
	w.refused(t, member, "iam", "PutUserPolicy",
		object{"UserName": "ann", "PolicyName": "p", "PolicyDocument": sized(t, identityPolicy(), 2049)},
		exceeded, "2048 bytes exceeded for user ann")

	w.refused(t, member, "iam", "CreatePolicy",
		object{"PolicyName": "large", "PolicyDocument": sized(t, identityPolicy(), 6145)}, exceeded, "PolicySize: 6144")
	out := w.call(t, member, "iam", "CreatePolicy",
		object{"PolicyName": "full", "PolicyDocument": sized(t, identityPolicy(), 6144)})
	w.refused(t, member, "iam", "CreatePolicyVersion",
		object{"PolicyArn": at(out, "Policy", "Arn"), "PolicyDocument": sized(t, identityPolicy(), 6145)}, exceeded,
		"PolicySize: 6144")

	w.refused(t, member, "iam", "CreateRole",
		object{"RoleName": "large", "AssumeRolePolicyDocument": sized(t, lambda, 2049)}, exceeded,
		"ACLSizePerRole: 2048")
	w.call(t, member, "iam", "CreateRole",
		object{"RoleName": "trusting", "AssumeRolePolicyDocument": sized(t, lambda, 2048)})
	w.refused(t, member, "iam", "UpdateAssumeRolePolicy",
		object{"RoleName": "trusting", "PolicyDocument": sized(t, lambda, 2049)}, exceeded, "ACLSizePerRole: 2048")
}

// deployStack creates a stack by API and gives its status when it is done, and what failed first.
func (w world) deployStack(t *testing.T, account, name string, template object) (status, reason string) {
	t.Helper()
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, account, "cloudformation", "CreateStack",
		object{"StackName": name, "TemplateBody": string(text), "Capabilities": []any{"CAPABILITY_NAMED_IAM"}})
	w.quiet(t)
	events, _ := w.call(t, account, "cloudformation", "DescribeStackEvents",
		object{"StackName": name})["StackEvents"].([]any)
	for _, e := range events { // the latest is the first
		if at(e, "ResourceStatus") == "CREATE_FAILED" {
			reason, _ = at(e, "ResourceStatusReason").(string)
		}
	}
	status, _ = at(w.call(t, account, "cloudformation", "DescribeStacks", object{"StackName": name}), "Stacks", 0,
		"StackStatus").(string)
	return status, reason
}

// A stack with a policy that is too large fails as it does in AWS, and says which limit it met.
func TestPolicySizesInStacks(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	document := func(d object, size int) any {
		var parsed any
		if err := json.Unmarshal([]byte(sized(t, d, size)), &parsed); err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	lambda := trust(object{"Service": "lambda.amazonaws.com"}, nil)
	inline := func(sizes ...int) object {
		var policies []any
		for i, size := range sizes {
			policies = append(policies,
				object{"PolicyName": string(rune('a' + i)), "PolicyDocument": document(identityPolicy(), size)})
		}
		return object{"RoleName": "stacked", "AssumeRolePolicyDocument": document(lambda, 300), "Policies": policies}
	}
	for name, tc := range map[string]struct {
		role   object
		status string
		says   string
	}{
		"fits": {inline(5000, 5240), "CREATE_COMPLETE", ""},
		"large": {inline(5000, 5241), "ROLLBACK_COMPLETE",
			"Maximum policy size of 10240 bytes exceeded for role stacked"},
		"trust": {object{"RoleName": "stacked", "AssumeRolePolicyDocument": document(lambda, 2049)},
			"ROLLBACK_COMPLETE", "ACLSizePerRole: 2048"},
	} {
		status, reason := w.deployStack(t, member, name,
			object{"Resources": object{"Role": resource("AWS::IAM::Role", tc.role)}})
		if status != tc.status || !strings.Contains(reason, tc.says) {
			t.Errorf("%s: the stack ends with %s: %s", name, status, reason)
		}
		w.call(t, member, "cloudformation", "DeleteStack", object{"StackName": name})
		w.quiet(t)
	}
}
