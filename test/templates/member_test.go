package templates_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
)

// statements returns the one inline policy of a role.
func statements(t *testing.T, role resource) []any {
	t.Helper()
	if policies := list(role.Properties["Policies"]); len(policies) != 1 {
		t.Fatalf("%v has %d inline policies, want one", role.Properties["RoleName"], len(policies))
	}
	return list(at(role.Properties, "Policies", 0, "PolicyDocument", "Statement"))
}

func trust(principal, condition object) any {
	statement := object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
	if condition != nil {
		statement["Condition"] = condition
	}
	return object{"Version": "2012-10-17", "Statement": []any{statement}}
}

func service(name, source string) any {
	return trust(object{"Service": name}, object{
		"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")},
		"ArnLike":      object{"aws:SourceArn": sub(source)},
	})
}

func administrator(role string) any {
	return trust(object{"AWS": sub("arn:${AWS::Partition}:iam::${AdministratorAccount}:root")}, object{
		"ArnEquals": object{"aws:PrincipalArn": sub("arn:${AWS::Partition}:iam::${AdministratorAccount}:role/" + role)},
	})
}

func TestMemberRolesTrustExactly(t *testing.T) {
	t.Parallel()
	want := map[any]any{
		"hubmend-dispatch": administrator("hubmend-dispatch-function"),
		"hubmend-settle":   administrator("hubmend-settle-function"),
		"hubmend-forward": service("events.amazonaws.com",
			"arn:${AWS::Partition}:events:*:${AWS::AccountId}:rule/hubmend-*"),
	}
	for _, r := range data.Runbooks {
		want[naming.RunbookRole(r.Name)] = service("ssm.amazonaws.com",
			"arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*")
	}
	for _, r := range data.Roles {
		want[naming.Prefix+r.Name] = trust(object{"Service": r.Service}, nil)
		if r.Source != "" {
			want[naming.Prefix+r.Name] = service(r.Service, r.Source)
		}
	}
	got := map[any]any{}
	for _, role := range templates[app.MemberRoles].all("AWS::IAM::Role") {
		got[role.Properties["RoleName"]] = role.Properties["AssumeRolePolicyDocument"]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trust (-want +got):\n%s", diff)
	}
}

// Only the roles of runbooks have an attached policy.
func TestOtherRolesHaveNoAttachedPolicy(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{app.Admin, app.MemberRoles} {
		for _, role := range templates[stack].all("AWS::IAM::Role") {
			name, _ := role.Properties["RoleName"].(string)
			if _, is := data.Runbook(strings.TrimPrefix(name, naming.Prefix)); !is &&
				role.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s: role %q has attached policies", stack, name)
			}
		}
	}
}

func TestRolesMayDoWhatTheCatalogSays(t *testing.T) {
	t.Parallel()
	policies, shared := map[string][]runbook.Statement{}, map[string][]any{}
	for _, r := range data.Runbooks {
		policy, err := data.Policy(r)
		if err != nil {
			t.Fatal(err)
		}
		policies[naming.RunbookRole(r.Name)] = policy
		shared[naming.RunbookRole(r.Name)] = []any{scriptLogPolicy(t)}
	}
	for _, r := range data.Roles {
		policies[naming.Prefix+r.Name] = r.Statements()
	}
	for role, policy := range policies {
		var got []any
		resource := templates[app.MemberRoles].one(t, "AWS::IAM::Role", "RoleName", role)
		if diff := cmp.Diff(shared[role], list(resource.Properties["ManagedPolicyArns"])); diff != "" {
			t.Errorf("%s: attached policies (-want +got):\n%s", role, diff)
		}
		for _, s := range statements(t, resource) {
			s := maps.Clone(s.(object))
			s["Action"], s["Resource"] = list(s["Action"]), list(s["Resource"])
			got = append(got, s)
		}
		if diff := cmp.Diff(written(policy), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
	}
}

// scriptLogPolicy returns the reference to the policy that the roles of runbooks share.
func scriptLogPolicy(t *testing.T) any {
	t.Helper()
	for id, r := range templates[app.MemberRoles].Resources {
		if r.Properties["ManagedPolicyName"] == "hubmend-script-log" {
			return ref(id)
		}
	}
	t.Fatal("the policy hubmend-script-log is missing")
	return nil
}

func TestScriptLogPolicy(t *testing.T) {
	t.Parallel()
	policy := templates[app.MemberRoles].one(t, "AWS::IAM::ManagedPolicy", "ManagedPolicyName", "hubmend-script-log")
	var got []any
	for _, s := range list(at(policy.Properties, "PolicyDocument", "Statement")) {
		s := maps.Clone(s.(object))
		s["Action"], s["Resource"] = list(s["Action"]), list(s["Resource"])
		got = append(got, s)
	}
	if diff := cmp.Diff(scriptLog, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// scriptLog is what Systems Manager needs of a role to write the log of its script, in the account's log
// group for that.
var scriptLog = []any{
	object{
		"Sid": "ScriptLog", "Effect": "Allow",
		"Action": []any{"logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:CreateLogStream",
			"logs:PutLogEvents"},
		"Resource": []any{sub("arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:${ScriptLogGroup}:*")},
	},
	object{
		"Sid": "ScriptLogGroups", "Effect": "Allow",
		"Action":   []any{"logs:DescribeLogGroups"},
		"Resource": []any{sub("arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:*")},
	},
}

// written returns a policy as the template must have it.
func written(policy []runbook.Statement) []any {
	var all []any
	for _, s := range policy {
		var actions, resources []any
		for _, action := range s.Actions {
			actions = append(actions, action)
		}
		for _, resource := range s.Resources {
			if resource == "*" {
				resources = append(resources, resource)
				continue
			}
			resources = append(resources, sub(resource))
		}
		statement := object{"Sid": s.Sid, "Effect": "Allow", "Action": actions, "Resource": resources}
		if s.PassedTo != "" {
			statement["Condition"] = object{"StringEquals": object{"iam:PassedToService": s.PassedTo}}
		}
		if len(s.Policies) > 0 {
			var policies []any
			for _, policy := range s.Policies {
				policies = append(policies, sub(policy))
			}
			statement["Condition"] = object{"ArnEquals": object{"iam:PolicyARN": policies}}
		}
		all = append(all, statement)
	}
	return all
}

// readsTags are the actions that only return tags.
var readsTags = []any{"tag:GetResources", "s3:GetBucketTagging", "iam:ListUserTags", "iam:ListRoleTags",
	"iam:ListServerCertificateTags"}

// Besides starting runbooks, dispatch may only read tags in a member, because a policy may depend on them.
func TestDispatchRoleReadsTags(t *testing.T) {
	t.Parallel()
	var got []any
	for _, s := range statements(t, templates[app.MemberRoles].one(t, "AWS::IAM::Role", "RoleName",
		"hubmend-dispatch"))[2:] {
		got = append(got, list(at(s, "Action"))...)
		if at(s, "Effect") != "Allow" || at(s, "Resource") == "*" && at(s, "Action") != "tag:GetResources" {
			t.Errorf("statement %v", s)
		}
	}
	if diff := cmp.Diff(readsTags, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDispatchRoleStartsOnlyRunbooks(t *testing.T) {
	t.Parallel()
	const anyOfOurs = "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:"
	documents := []any{sub(anyOfOurs + "automation-definition/hubmend-*"), sub(anyOfOurs + "document/hubmend-*"),
		sub(anyOfOurs + "automation-execution/*")}
	roles := []any{sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/hubmend-*")}
	got := statements(t, templates[app.MemberRoles].one(t, "AWS::IAM::Role", "RoleName", "hubmend-dispatch"))
	want := [][]any{documents, roles}
	for i, action := range []string{"ssm:StartAutomationExecution", "iam:PassRole"} {
		if at(got, i, "Action") != action {
			t.Errorf("statement %d allows %v, want %s", i, at(got, i, "Action"), action)
		}
		if diff := cmp.Diff(want[i], list(at(got, i, "Resource"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
	for _, s := range got[len(want):] {
		for _, action := range list(at(s, "Action")) {
			if !slices.Contains(readsTags, action) {
				t.Errorf("it may also do %v", action)
			}
		}
	}
	if passed := at(got, 1, "Condition", "StringEquals", "iam:PassedToService"); passed != "ssm.amazonaws.com" {
		t.Errorf("roles may be passed to %v", passed)
	}
}

func TestSettleRoleOnlyReads(t *testing.T) {
	t.Parallel()
	got := statements(t, templates[app.MemberRoles].one(t, "AWS::IAM::Role", "RoleName", "hubmend-settle"))
	executions := sub("arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*")
	for i, want := range [][]any{{"ssm:GetAutomationExecution", executions}, {"cloudtrail:LookupEvents", "*"}} {
		have := append(list(at(got, i, "Action")), list(at(got, i, "Resource"))...)
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("statement %d (-want +got):\n%s", i, diff)
		}
	}
	if len(got) != 2 {
		t.Errorf("%d statements, want 2", len(got))
	}
}

// The permission to have rules evaluated is a resource of its own, which exists only if it is wanted.
func TestReevaluationCanBeLeftOut(t *testing.T) {
	t.Parallel()
	stack := templates[app.MemberRoles]
	policies := stack.all("AWS::IAM::Policy")
	if len(policies) != 1 {
		t.Fatalf("%d policies, want one", len(policies))
	}
	rule := func(id string) object {
		return sub("arn:${AWS::Partition}:config:*:${AWS::AccountId}:config-rule/" + id)
	}
	want := []any{object{"Sid": "Reevaluate", "Effect": "Allow", "Action": "config:StartConfigRulesEvaluation",
		"Resource": []any{rule("aws-service-rule/securityhub.amazonaws.com/config-rule-*"), rule("config-rule-*")}}}
	got := policies[0]
	if diff := cmp.Diff(want, list(at(got.Properties, "PolicyDocument", "Statement"))); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	if roles := list(got.Properties["Roles"]); len(roles) != 1 ||
		stack.behind(roles[0]).Properties["RoleName"] != "hubmend-settle" {
		t.Errorf("it is for the roles %v", roles)
	}
	condition := object{"Fn::Equals": []any{ref("Reevaluate"), "true"}}
	if diff := cmp.Diff(any(condition), stack.Conditions[got.Condition]); diff != "" {
		t.Errorf("condition %s (-want +got):\n%s", got.Condition, diff)
	}
	for _, name := range []string{app.Admin, app.MemberRoles, app.Rollout} {
		if p := templates[name].Parameters["Reevaluate"]; p["Default"] != "false" {
			t.Errorf("the parameter of %s is %v", name, p)
		}
	}
	variable := at(templates[app.Admin].one(t, "AWS::Lambda::Function", "FunctionName", "hubmend-settle").Properties,
		"Environment", "Variables", "HUBMEND_REEVALUATE")
	if diff := cmp.Diff(any(ref("Reevaluate")), variable); diff != "" {
		t.Errorf("settle's variable (-want +got):\n%s", diff)
	}
}

func TestDocumentsCarryTheAuthorsText(t *testing.T) {
	t.Parallel()
	stack := templates[app.MemberRunbooks]
	if got := len(stack.all("AWS::SSM::Document")); got != len(data.Runbooks) {
		t.Errorf("%d documents, want %d", got, len(data.Runbooks))
	}
	for _, r := range data.Runbooks {
		want := object{
			"Name": naming.Document(r.Name), "DocumentType": "Automation", "DocumentFormat": "YAML",
			"UpdateMethod": "NewVersion", "Content": string(r.Text),
		}
		got := maps.Clone(stack.one(t, "AWS::SSM::Document", "Name", naming.Document(r.Name)).Properties)
		got["Content"] = expanded(t, stack, got["Content"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.Name, diff)
		}
	}
}

// expanded does what CloudFormation does with the content of a document.
func expanded(t *testing.T, stack template, content any) any {
	t.Helper()
	parts, is := at(content, "Fn::Join", 1).([]any)
	if !is {
		return content
	}
	var b strings.Builder
	for _, part := range parts {
		if text, is := part.(string); is {
			b.WriteString(text)
			continue
		}
		keys := list(at(part, "Fn::FindInMap"))
		text, is := at(stack.Mappings, keys...).(string)
		if !is {
			t.Fatalf("the template has no %v", keys)
		}
		b.WriteString(text)
	}
	return b.String()
}

// However many documents have a text, a template has it once.
func TestSharedTextsAreThereOnce(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(templates[app.MemberRunbooks])
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range data.Runbooks {
		for _, piece := range r.Pieces {
			quoted, err := json.Marshal(piece.Text)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, bytes.Trim(quoted, `"`)); piece.Name != "" && n != 1 {
				t.Errorf("%s: the template has %s %d times", r.Name, piece.Name, n)
			}
		}
	}
}

func TestOutcomesAreForwarded(t *testing.T) {
	t.Parallel()
	rule := templates[app.MemberRunbooks].one(t, "AWS::Events::Rule", "Name", "hubmend-forward-outcomes")
	want := []any{object{
		"Id": "administrator", "RoleArn": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/hubmend-forward"),
		"Arn": sub("arn:${AWS::Partition}:events:${AdministratorRegion}:${AdministratorAccount}:event-bus/hubmend-events"),
	}}
	if diff := cmp.Diff(any(want), rule.Properties["Targets"]); diff != "" {
		t.Errorf("Targets (-want +got):\n%s", diff)
	}
	sent := maps.Clone(rule.Properties["EventPattern"].(object))
	if diff := cmp.Diff(any([]any{ref("AWS::AccountId")}), sent["account"]); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	delete(sent, "account")
	received := templates[app.Admin].one(t, "AWS::Events::Rule", "Name", "hubmend-outcomes").Properties["EventPattern"]
	if diff := cmp.Diff(any(sent), received); diff != "" {
		t.Errorf("what members send is not what the administrator takes (-sent +received):\n%s", diff)
	}
}
