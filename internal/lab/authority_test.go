package lab_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"hubmend/internal/aws/authz"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
)

// session is what a role's session can do.
type session struct {
	worker      *python.Worker
	endpoint    string
	credentials python.Credentials
}

// enforcing is a lab in which the policies of roles count.
func enforcing(t *testing.T, s stacks) (world, *python.Worker) {
	t.Helper()
	var interpreter string
	w := upAs(t, s, func(c *lab.Config) { c.Enforce, interpreter = true, c.Python })
	worker, err := python.StartWorker(t.Context(), python.Config{Python: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Close)
	return w, worker
}

// grant gives a role an inline policy.
func (w world) grant(t *testing.T, account, role string, statements ...any) {
	t.Helper()
	text, err := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, account, "iam", "PutRolePolicy",
		object{"RoleName": role, "PolicyName": "test", "PolicyDocument": string(text)})
}

// open opens a session of a role that trusts the operators of the administrator's account.
func (w world) open(t *testing.T, worker *python.Worker, name string, statements ...any) session {
	t.Helper()
	arn := w.role(t, member, name, trust(object{"AWS": "arn:aws:iam::" + admin + ":user/lab-operator"}, nil))
	if len(statements) > 0 {
		w.grant(t, member, name, statements...)
	}
	return w.sessionOf(t, worker, arn)
}

// call gives the code and the message of the error.
func (s session) call(t *testing.T, service, api string, input object) (code, message string) {
	t.Helper()
	_, err := s.worker.Call(t.Context(), python.Call{
		Service: service, API: api, Region: home, Endpoint: s.endpoint, Credentials: s.credentials, Parameters: input,
	})
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode(), refused.ErrorMessage()
	}
	if err != nil {
		t.Fatal(err)
	}
	return "", ""
}

func may(action string, resources ...any) object {
	return object{"Effect": "Allow", "Action": action, "Resource": resources}
}

// Each service refuses in its own way, and runbooks and functions read how.
func TestDeniedAsAWSDoes(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	nobody := w.open(t, worker, "nobody", may("odd:Thing", "*"))
	me := "arn:aws:sts::" + member + ":assumed-role/nobody/me"
	for name, tc := range map[string]struct {
		service, api string
		input        object
		code, action string
		resource     string
	}{
		"EC2": {"ec2", "DescribeVpcs", nil, "UnauthorizedOperation", "ec2:DescribeVpcs", "*"},
		"IAM": {"iam", "GetUser", object{"UserName": "ann"}, "AccessDenied", "iam:GetUser",
			"arn:aws:iam::222222222222:user/ann"},
		"S3": {"s3", "GetBucketLogging", object{"Bucket": "b"}, "AccessDenied", "s3:GetBucketLogging",
			"arn:aws:s3:::b"},
		"KMS": {"kms", "DescribeKey", object{"KeyId": "k"}, "AccessDeniedException", "kms:DescribeKey",
			"arn:aws:kms:us-east-1:222222222222:key/k"},
		"Logs": {"logs", "CreateLogGroup", object{"logGroupName": "g"}, "AccessDeniedException",
			"logs:CreateLogGroup", "arn:aws:logs:us-east-1:222222222222:log-group:g:log-stream:"},
		"CloudTrail": {"cloudtrail", "GetTrail", object{"Name": "t"}, "AccessDeniedException", "cloudtrail:GetTrail",
			"arn:aws:cloudtrail:us-east-1:222222222222:trail/t"},
		"SNS": {"sns", "Publish", object{"TopicArn": "arn:aws:sns:us-east-1:222222222222:t", "Message": "x"},
			"AuthorizationError", "sns:Publish", "arn:aws:sns:us-east-1:222222222222:t"},
		"SQS": {"sqs", "SendMessage", object{"QueueUrl": w.Endpoint() + "/222222222222/q", "MessageBody": "x"},
			"AccessDenied", "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
		"DynamoDB": {"dynamodb", "GetItem", object{"TableName": "t", "Key": object{}}, "AccessDeniedException",
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:222222222222:table/t"},
		"Automation": {"ssm", "GetAutomationExecution", object{"AutomationExecutionId": strings.Repeat("1", 36)},
			"AccessDeniedException", "ssm:GetAutomationExecution",
			"arn:aws:ssm:us-east-1:222222222222:automation-execution/" + strings.Repeat("1", 36)},
		"Security Hub": {"securityhub", "GetFindings", nil, "AccessDeniedException", "securityhub:GetFindings",
			"arn:aws:securityhub:us-east-1:222222222222:hub/default"},
		"STS": {"sts", "AssumeRole",
			object{"RoleArn": "arn:aws:iam::111111111111:role/r", "RoleSessionName": "me"}, "AccessDenied",
			"sts:AssumeRole", "arn:aws:iam::111111111111:role/r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, message := nobody.call(t, tc.service, tc.api, tc.input)
			want := "User: " + me + " is not authorized to perform: " + tc.action + " on resource: " + tc.resource +
				" because no identity-based policy allows the " + tc.action + " action"
			if code != tc.code || !strings.HasSuffix(message, want) {
				t.Errorf("error = %s: %s; want %s: %s", code, message, tc.code, want)
			}
		})
	}
}

func TestWhatPoliciesAllow(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	w.call(t, member, "iam", "CreateUser", object{"UserName": "ann"})
	user := func(name string) string { return "arn:aws:iam::" + member + ":user/" + name }
	get := func(t *testing.T, s session, user string) string {
		t.Helper()
		code, _ := s.call(t, "iam", "GetUser", object{"UserName": user})
		return code
	}
	t.Run("only what is listed", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "reader", may("iam:GetUser", user("ann")))
		if code := get(t, s, "ann"); code != "" {
			t.Errorf("the user that it may read: %s", code)
		}
		if code := get(t, s, "bob"); code != "AccessDenied" {
			t.Errorf("another user: %s", code)
		}
	})
	t.Run("deny wins", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "barred", may("iam:*", "*"),
			object{"Effect": "Deny", "Action": "iam:getuser", "Resource": user("ann")})
		code, message := s.call(t, "iam", "GetUser", object{"UserName": "ann"})
		if code != "AccessDenied" || !strings.HasSuffix(message, "with an explicit deny in an identity-based policy") {
			t.Errorf("error = %s: %s", code, message)
		}
	})
	t.Run("a change counts at once", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "changing", may("iam:GetUser", "*"))
		if code := get(t, s, "ann"); code != "" {
			t.Errorf("before: %s", code)
		}
		w.grant(t, member, "changing", may("iam:ListUsers", "*"))
		if code := get(t, s, "ann"); code != "AccessDenied" {
			t.Errorf("after: %q", code)
		}
		w.call(t, member, "iam", "DeleteRolePolicy", object{"RoleName": "changing", "PolicyName": "test"})
		if code := get(t, s, "ann"); code != "AccessDenied" {
			t.Errorf("without a policy: %q", code)
		}
	})
	t.Run("the Region of the resource", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "elsewhere", may("kms:DescribeKey", "arn:aws:kms:eu-west-1:"+member+":key/*"))
		if code, _ := s.call(t, "kms", "DescribeKey", object{"KeyId": "k"}); code != "AccessDeniedException" {
			t.Errorf("a key here: %s", code)
		}
	})
	t.Run("a call that nobody knows", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "curious", may("*", "*"))
		code, message := s.call(t, "sns", "PublishBatch",
			object{"TopicArn": "arn:aws:sns:us-east-1:222222222222:t",
				"PublishBatchRequestEntries": []any{object{"Id": "1", "Message": "m"}}})
		if code != "NotImplemented" || !strings.Contains(message, "sns:PublishBatch") {
			t.Errorf("error = %s: %s", code, message)
		}
		if !slices.ContainsFunc(w.problems(), func(p string) bool { return strings.Contains(p, "sns:PublishBatch") }) {
			t.Errorf("problems = %q", w.problems())
		}
	})
	t.Run("a call that only the reference knows", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "keeper", may("logs:PutRetentionPolicy", "*"),
			may("s3:PutBucketTagging", "arn:aws:s3:::mine"))
		code, message := s.call(t, "logs", "DeleteRetentionPolicy", object{"logGroupName": "g"})
		if code != "AccessDeniedException" ||
			!strings.Contains(message,
				"logs:DeleteRetentionPolicy on resource: arn:aws:logs:us-east-1:"+member+":log-group:g ") {
			t.Errorf("error = %s: %s", code, message)
		}
		tags := object{"TagSet": []any{object{"Key": "a", "Value": "b"}}}
		if code, message := s.call(t, "s3", "PutBucketTagging",
			object{"Bucket": "mine", "Tagging": tags}); code != "NoSuchBucket" {
			t.Errorf("what it may: error = %s: %s", code, message)
		}
		if code, _ := s.call(t, "s3", "PutBucketTagging",
			object{"Bucket": "other", "Tagging": tags}); code != "AccessDenied" {
			t.Errorf("what it may not: error = %s", code)
		}
	})
	t.Run("a policy that cannot be evaluated", func(t *testing.T) {
		t.Parallel()
		s := w.open(t, worker, "variable", may("iam:GetUser", "arn:aws:iam::*:user/${aws:username}"))
		if code, message := s.call(t, "iam", "GetUser", object{"UserName": "ann"}); code != "NotImplemented" ||
			!strings.Contains(message, "variables") {
			t.Errorf("error = %s: %s", code, message)
		}
	})
	t.Run("the operator may do everything", func(t *testing.T) {
		t.Parallel()
		w.call(t, member, "iam", "GetUser", object{"UserName": "ann"})
		w.call(t, member, "ec2", "DescribeInstances", nil)
	})
}

// Across accounts the caller's own policies and the trust of the role must both allow it.
func TestAssumeRoleNeedsBoth(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	role := func(name string) string { return "arn:aws:iam::" + admin + ":role/" + name }
	both, onlyTrust, onlyPolicy := role("both"), role("only-trust"), role("only-policy")
	inOrganization := object{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": []any{both, onlyPolicy},
		"Condition": object{"StringEquals": object{"aws:ResourceOrgID": "o-hubmendlab"}}}
	s := w.open(t, worker, "caller", inOrganization)
	caller := trust(object{"AWS": "arn:aws:iam::" + member + ":role/caller"}, nil)
	w.role(t, admin, "both", caller)
	w.role(t, admin, "only-trust", caller)
	w.role(t, admin, "only-policy", trust(object{"AWS": w.role(t, member, "somebody-else", caller)}, nil))
	for arn, want := range map[string]string{both: "", onlyTrust: "no identity-based policy allows",
		onlyPolicy: "its trust policy does not allow"} {
		code, message := s.call(t, "sts", "AssumeRole", object{"RoleArn": arn, "RoleSessionName": "me"})
		if (code == "AccessDenied") != (want != "") || !strings.Contains(message, want) {
			t.Errorf("%s: error = %s: %s; want %q", arn, code, message, want)
		}
	}
	if code, message := s.call(t, "sts", "AssumeRole",
		object{"RoleArn": both, "RoleSessionName": "me", "Policy": "{}"}); code != "NotImplemented" ||
		!strings.Contains(message, "session policies") {
		t.Errorf("with a session policy: %s: %s", code, message)
	}
}

// CloudTrail tries the role that it is handed, so a role that cannot deliver is found out.
func TestRolesThatAreHandedOn(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	w.call(t, member, "logs", "CreateLogGroup", object{"logGroupName": "g"})
	w.call(t, member, "s3", "CreateBucket", object{"Bucket": "trails"})
	w.call(t, member, "cloudtrail", "CreateTrail", object{"Name": "trail", "S3BucketName": "trails"})
	stream := "arn:aws:logs:us-east-1:" + member + ":log-group:g:log-stream:*"
	cloudtrail := trust(object{"Service": "cloudtrail.amazonaws.com"}, nil)
	roles := map[string]object{"fit": cloudtrail, "cannot-write": cloudtrail,
		"for-ec2": trust(object{"Service": "ec2.amazonaws.com"}, nil), "not-passed": cloudtrail}
	for name, trusted := range roles {
		w.role(t, member, name, trusted)
	}
	for _, name := range []string{"fit", "for-ec2", "not-passed"} {
		w.grant(t, member, name, may("logs:CreateLogStream", stream), may("logs:PutLogEvents", stream))
	}
	w.grant(t, member, "cannot-write", may("logs:CreateLogStream", stream))
	role := func(name string) any { return "arn:aws:iam::" + member + ":role/" + name }
	pass := object{"Effect": "Allow", "Action": "iam:PassRole",
		"Resource":  []any{role("fit"), role("cannot-write"), role("for-ec2")},
		"Condition": object{"StringEquals": object{"iam:PassedToService": "cloudtrail.amazonaws.com"}}}
	s := w.open(t, worker, "updates", may("cloudtrail:UpdateTrail", "arn:aws:cloudtrail:*:"+member+":trail/trail"),
		pass)
	for name, want := range map[string]struct{ code, says string }{
		"fit":          {"", ""},
		"cannot-write": {"InvalidCloudWatchLogsRoleArnException", "logs:PutLogEvents"},
		"for-ec2": {"InvalidCloudWatchLogsRoleArnException",
			"its trust policy does not allow cloudtrail.amazonaws.com"},
		"not-passed": {"AccessDeniedException", "iam:PassRole"},
	} {
		code, message := s.call(t, "cloudtrail", "UpdateTrail", object{
			"Name": "trail", "CloudWatchLogsRoleArn": role(name),
			"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:" + member + ":log-group:g:*",
		})
		if code != want.code || !strings.Contains(message, want.says) {
			t.Errorf("%s: error = %s: %s; want %s: %s", name, code, message, want.code, want.says)
		}
	}
}

func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	s := w.open(t, worker, "kept",
		object{"Sid": "Read", "Effect": "Allow", "Action": []any{"iam:ListUsers", "iam:GetUser"}, "Resource": "*"})
	for range 2 {
		s.call(t, "iam", "GetUser", object{"UserName": "nobody"})
	}
	s.call(t, "ec2", "DescribeVpcs", nil)
	find := func(action string) authz.Decision {
		all := w.Decisions()
		if i := slices.IndexFunc(all, func(d authz.Decision) bool { return d.Action == action }); i >= 0 {
			return all[i]
		}
		return authz.Decision{}
	}
	read := find("iam:GetUser")
	if !read.Allowed || read.Times != 2 || len(read.Grants) != 1 || read.Grants[0].Sid != "Read" ||
		read.Grants[0].Action != "iam:GetUser" || read.Role != "arn:aws:iam::"+member+":role/kept" {
		t.Errorf("decision = %+v", read)
	}
	if d := find("ec2:DescribeVpcs"); d.Allowed || d.Times != 1 || d.Call != "ec2:DescribeVpcs" {
		t.Errorf("decision = %+v", d)
	}
	told := slices.ContainsFunc(w.Story(), func(e lab.Entry) bool {
		return e.Kind == lab.KindDenied &&
			strings.Contains(e.Text, "kept may not ec2:DescribeVpcs on *: no statement allows it")
	})
	if !told {
		t.Errorf("the story does not tell of the denial: %+v", w.Story())
	}
	if roles := w.Roles(); len(roles) != 1 || roles[0].Name != "kept" ||
		len(roles[0].Policies[0].Document.Statement) != 1 {
		t.Errorf("roles = %+v", roles)
	}
}

// A managed policy counts as long as it is attached, in its default version.
func TestAttachedPoliciesAreEvaluated(t *testing.T) {
	t.Parallel()
	w, worker := enforcing(t, stacks{})
	s := w.open(t, worker, "attached",
		object{"Sid": "Read", "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
	document := func(sid, action string) string {
		text, err := json.Marshal(object{"Version": "2012-10-17",
			"Statement": []any{object{"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*"}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	policy := at(w.call(t, member, "iam", "CreatePolicy",
		object{"PolicyName": "shared", "PolicyDocument": document("Vpcs", "ec2:DescribeVpcs")}), "Policy", "Arn")
	attached := object{"RoleName": "attached", "PolicyArn": policy}
	for _, step := range []struct {
		api     string
		input   object
		allowed bool
		sids    []string
	}{
		{"AttachRolePolicy", attached, true, []string{"Read", "Vpcs"}},
		{"CreatePolicyVersion", object{"PolicyArn": policy, "SetAsDefault": true,
			"PolicyDocument": document("Subnets", "ec2:DescribeSubnets")}, false, []string{"Read", "Subnets"}},
		{"DetachRolePolicy", attached, false, []string{"Read"}},
	} {
		w.call(t, member, "iam", step.api, step.input)
		if code, message := s.call(t, "ec2", "DescribeVpcs", nil); (code == "") != step.allowed {
			t.Errorf("after %s: %s: %s", step.api, code, message)
		}
		var sids []string
		for _, p := range w.Roles()[0].Policies {
			for _, statement := range p.Document.Statement {
				sids = append(sids, statement.Sid)
			}
		}
		if !slices.Equal(sids, step.sids) {
			t.Errorf("after %s: statements %v, want %v", step.api, sids, step.sids)
		}
	}
}
