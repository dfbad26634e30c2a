package lab_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	operator := "arn:aws:iam::" + admin + ":user/lab-operator"
	everyAccount := w.role(t, member, "trusts-account", trust(object{"AWS": "arn:aws:iam::" + admin + ":root"}, nil))
	chain := w.role(t, member, "trusts-role", trust(object{"AWS": everyAccount}, nil))
	service := w.role(t, member, "trusts-service", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	exact := w.role(t, member, "trusts-operator", trust(object{"AWS": operator}, nil))
	condition := w.role(t, member, "trusts-with-id",
		trust(object{"AWS": "*"}, object{"StringEquals": object{"sts:ExternalId": "secret"}}))
	denies := w.role(t, member, "denies", object{"Version": "2012-10-17", "Statement": []any{
		object{"Effect": "Allow", "Principal": object{"AWS": "*"}, "Action": "sts:AssumeRole"},
		object{"Effect": "Deny", "Principal": object{"AWS": operator}, "Action": "sts:AssumeRole"},
	}})

	for name, tc := range map[string]struct {
		role, session, caller string
		code                  string // of the error
		says                  string
	}{
		"trusted account": {role: everyAccount, session: "me", caller: admin},
		"trusted caller":  {role: exact, session: "me", caller: admin},
		"another account": {role: everyAccount, session: "me", caller: "333333333333", code: "AccessDenied",
			says: "does not allow"},
		"the role's own": {role: everyAccount, session: "me", caller: member, code: "AccessDenied",
			says: "does not allow"},
		"a role only": {role: chain, session: "me", caller: admin, code: "AccessDenied",
			says: "does not allow " + operator},
		"a service only": {role: service, session: "me", caller: admin, code: "AccessDenied",
			says: "does not allow"},
		"condition not met": {role: condition, session: "me", caller: admin, code: "AccessDenied",
			says: "does not allow"},
		"denied": {role: denies, session: "me", caller: admin, code: "AccessDenied",
			says: "does not allow"},
		"denied someone else": {role: denies, session: "me", caller: member},
		"unknown role": {role: everyAccount + "-not", session: "me", caller: admin, code: "AccessDenied",
			says: "does not exist"},
		"unknown account": {role: "arn:aws:iam::999999999999:role/trusts-account", session: "me", caller: admin,
			code: "AccessDenied", says: "does not exist"},
		"not a role": {role: "arn:aws:iam::222222222222:user/somebody", session: "me", caller: admin,
			code: "AccessDenied", says: "is not the ARN of a role"},
		"a session name of one": {role: everyAccount, session: "a b", caller: admin, code: "ValidationError",
			says: `"a b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := object{"RoleArn": tc.role, "RoleSessionName": tc.session}
			if tc.code != "" {
				w.refused(t, tc.caller, "sts", "AssumeRole", input, tc.code, tc.says)
				return
			}
			out := w.call(t, tc.caller, "sts", "AssumeRole", input)
			want := "arn:aws:sts::" + member + ":assumed-role/" + tc.role[len("arn:aws:iam::222222222222:role/"):] +
				"/me"
			if got := at(out, "AssumedRoleUser", "Arn"); got != want {
				t.Errorf("the session is %v, want %s", got, want)
			}
		})
	}

	t.Run("a session is its role", func(t *testing.T) {
		t.Parallel()
		first := w.as(t, w.call(t, admin, "sts", "AssumeRole",
			object{"RoleArn": everyAccount, "RoleSessionName": "first"}))
		identity, err := first.GetCallerIdentity(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{member, "arn:aws:sts::" + member + ":assumed-role/trusts-account/first"}
		if diff := cmp.Diff(want, []string{aws.ToString(identity.Account), aws.ToString(identity.Arn)}); diff != "" {
			t.Errorf("GetCallerIdentity (-want +got):\n%s", diff)
		}
		if _, err := first.AssumeRole(t.Context(),
			&sts.AssumeRoleInput{RoleArn: &chain, RoleSessionName: aws.String("second")}); err != nil {
			t.Errorf("the role that it trusts cannot assume it: %v", err)
		}
		if _, err := first.AssumeRole(t.Context(),
			&sts.AssumeRoleInput{RoleArn: &exact, RoleSessionName: aws.String("second")}); err == nil {
			t.Error("it can assume a role that trusts the operator alone")
		}
	})
}

// IAM keeps the unique id of a role that is trusted by its ARN, so a role that is created again under
// the same name is somebody else. A condition on aws:PrincipalArn goes by the name.
func TestTrustInARoleThatIsCreatedAgain(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	root := object{"AWS": "arn:aws:iam::" + admin + ":root"}
	anybody := trust(root, nil)
	arn := w.role(t, admin, "reader", anybody)
	byARN := w.role(t, member, "by-arn", trust(object{"AWS": arn}, nil))
	byName := w.role(t, member, "by-name", trust(root, object{"ArnEquals": object{"aws:PrincipalArn": arn}}))
	other := w.role(t, admin, "other", anybody)
	assume := func(as, role string) error {
		session := w.as(t, w.call(t, admin, "sts", "AssumeRole", object{"RoleArn": as, "RoleSessionName": "me"}))
		_, err := session.AssumeRole(t.Context(),
			&sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("me")})
		return err
	}
	check := func(when, as, role string, want bool) {
		t.Helper()
		if err := assume(as, role); (err == nil) != want {
			t.Errorf("%s: %s assumes %s: %v", when, as, role, err)
		}
	}
	check("first", arn, byARN, true)
	check("first", arn, byName, true)
	check("first", other, byARN, false)
	check("first", other, byName, false)
	w.call(t, admin, "iam", "DeleteRole", object{"RoleName": "reader"})
	w.role(t, admin, "reader", anybody)
	check("created again", arn, byARN, false)
	check("created again", arn, byName, true)

	// Writing the same trust policy again is what helps.
	text, err := json.Marshal(trust(object{"AWS": arn}, nil))
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, member, "iam", "UpdateAssumeRolePolicy", object{"RoleName": "by-arn", "PolicyDocument": string(text)})
	check("trusted again", arn, byARN, true)

	text, err = json.Marshal(trust(object{"AWS": arn + "-not"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	w.refused(t, member, "iam", "CreateRole", object{"RoleName": "early", "AssumeRolePolicyDocument": string(text)},
		"MalformedPolicyDocument", "Invalid principal")
	w.role(t, member, "early", trust(root, object{"ArnEquals": object{"aws:PrincipalArn": arn + "-not"}}))
}

// as gives a client of the session that AssumeRole opened.
func (w world) as(t *testing.T, session object) *sts.Client {
	t.Helper()
	part := func(name string) string {
		text, _ := at(session, "Credentials", name).(string)
		return text
	}
	return sts.New(sts.Options{
		BaseEndpoint: aws.String(w.Endpoint()), Region: home, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(part("AccessKeyId"), part("SecretAccessKey"),
			part("SessionToken")),
	})
}
