package scripts_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// replies are the answers to calls, by call.
type replies = map[string][]any

// identityCase is a repair of IAM or of an account, and what it is answered. The last answer of a call is given for
// ever.
type identityCase struct {
	events  map[string]any
	answers replies
	writes  []string // in order, of the repair and of its plan
	change  string   // a part of it
	err     string   // a part of it; then nothing is written
}

// identities runs the plan and the repair of each case.
func identities(t *testing.T, document string, cases map[string]identityCase) {
	t.Helper()
	tried(t, document, cases, func(tc identityCase) []play {
		events, planning := map[string]any{}, map[string]any{"Mode": "plan"}
		maps.Copy(events, tc.events)
		maps.Copy(planning, tc.events)
		answers := maps.Clone(tc.answers)
		for _, call := range tc.writes {
			if answers[call] == nil {
				answers[call] = []any{object{}}
			}
		}
		return []play{{planning, answers}, {events, answers}}
	}, func(t *testing.T, tc identityCase, done []played) {
		plan, repair := done[0], done[1]
		if tc.err != "" {
			plan.refused(t, tc.err)
			repair.refused(t, tc.err)
			return
		}
		if diff := cmp.Diff(orEmpty(tc.writes), names(plan.Planned)); diff != "" {
			t.Errorf("planned (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(orEmpty(tc.writes), orEmpty(repair.writes())); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
		for _, got := range done {
			if got.Error != "" || !strings.Contains(got.Change, tc.change) {
				t.Errorf("%q, %q; want %q", got.Error, got.Change, tc.change)
			}
		}
	})
}

func attachedTo(arns ...string) object {
	all := []any{}
	for _, arn := range arns {
		all = append(all, object{"PolicyArn": arn, "PolicyName": arn})
	}
	return object{"AttachedPolicies": all}
}

func policyNames(names ...string) object { return object{"PolicyNames": orEmpty(names)} }

func TestMovePoliciesToGroup(t *testing.T) {
	t.Parallel()
	const (
		userAttached, userInline, userPolicy = "iam:ListAttachedUserPolicies", "iam:ListUserPolicies",
			"iam:GetUserPolicy"
		group, groupAttached, groupInline = "iam:GetGroup", "iam:ListAttachedGroupPolicies",
			"iam:ListGroupPolicies"
		groupPolicy, groups                     = "iam:GetGroupPolicy", "iam:ListGroupsForUser"
		create, attach, put, add, detach, erase = "iam:CreateGroup", "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
			"iam:AddUserToGroup", "iam:DetachUserPolicy", "iam:DeleteUserPolicy"
	)
	document := object{"Version": "2012-10-17"}
	inline := object{"PolicyDocument": document}
	members := func(names ...string) object {
		all := []any{}
		for _, name := range names {
			all = append(all, object{"UserName": name})
		}
		return object{"Group": object{"GroupName": "hubmend-user-ann"}, "Users": all}
	}
	inGroups := func(n int) object {
		all := []any{}
		for i := range n {
			all = append(all, object{"GroupName": fmt.Sprint("g", i)})
		}
		return object{"Groups": all}
	}
	var eleven []string
	for i := range 11 {
		eleven = append(eleven, fmt.Sprint("arn:aws:iam::aws:policy/", i))
	}
	// of is a user with a managed and an inline policy, whose repair shows at once, with some other answers.
	of := func(changes replies) replies {
		all := replies{
			userAttached: {attachedTo("p"), attachedTo()}, userInline: {policyNames("own"), policyNames()},
			userPolicy: {inline}, groups: {inGroups(9)},
			group: {"NoSuchEntity", members("ann")}, groupAttached: {attachedTo("p")},
			groupInline: {policyNames("own")},
			groupPolicy: {inline},
		}
		maps.Copy(all, changes)
		return all
	}
	ann := map[string]any{"UserName": "ann"}
	whole := []string{create, add, attach, put, detach, erase}
	identities(t, "MovePoliciesToGroup", map[string]identityCase{
		"none": {ann, replies{userAttached: {attachedTo()}, userInline: {policyNames()}}, nil,
			"Nothing to change: ann has no policies.", ""},
		"managed and inline": {ann, of(nil), whole,
			"Moved the policies of ann to the group hubmend-user-ann, of which it is the only member: own, p.", ""},
		"the group appears meanwhile": {ann, of(replies{create: {"EntityAlreadyExists"}}), whole, "Moved", ""},
		"a repair died before the user joined": {ann, of(replies{group: {members(), members("ann")},
			groupAttached: {attachedTo(), attachedTo("p")}, groupInline: {policyNames(), policyNames("own")}}),
			[]string{add, attach, put, detach, erase}, "Moved", ""},
		"a repair died before it took the policies": {ann, of(replies{group: {members("ann")}}),
			[]string{detach, erase}, "Moved", ""},
		"10 groups": {ann, of(replies{groups: {inGroups(10)}}), nil, "",
			"ann is in 10 groups already, which is IAM's maximum."},
		"10 groups, its own among them": {ann, of(replies{groups: {inGroups(10)}, group: {members("ann")}}),
			[]string{detach, erase}, "Moved", ""},
		"11 policies": {ann, of(replies{userAttached: {attachedTo(eleven...)}}), nil, "",
			"would have 11 managed policies, and IAM allows 10."},
		"too many characters": {ann, of(replies{
			userPolicy: {object{"PolicyDocument": object{"Version": strings.Repeat("x", 5108)}}}}), nil, "",
			"would have 5122 characters, and IAM allows 5120."},
		"another member": {ann, of(replies{group: {members("ann", "ben")}}), nil, "",
			"The group hubmend-user-ann has other members: ben."},
		"the group gives other rights": {ann, of(replies{group: {members()}, groupAttached: {attachedTo("a/admin")}}),
			nil, "", "already exists with policies, and ann is not a member: admin, own."},
		"an inline policy of that name": {ann, of(replies{group: {members("ann")},
			groupPolicy: {object{"PolicyDocument": object{"Version": "2008-10-17"}}}}), nil, "",
			"has different inline policies with these names: own."},
	})
	answers := of(replies{attach: {"NoSuchEntity", object{}}})
	for _, call := range []string{create, add, put, detach, erase} {
		answers[call] = []any{object{}}
	}
	if got := plays(t, "MovePoliciesToGroup", play{ann, answers})[0]; !strings.HasPrefix(got.Change, "Moved") {
		t.Errorf("while IAM does not see the group: %q", got.Error)
	}
}

func TestRemoveCloudShellAccess(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"
	of := func(kind, name string) map[string]any { return map[string]any{"Identity": kind, "Name": name} }
	cases := map[string]identityCase{
		"Identity Center": {of("role", "AWSReservedSSO_Admin_1"), nil, nil, "",
			"Remove AWSCloudShellFullAccess from its permission set."},
		"a service": {of("role", "AWSServiceRoleForX"), nil, nil, "", "An AWS service manages the role"},
	}
	for _, kind := range []string{"User", "Group", "Role"} {
		list, detach := "iam:ListAttached"+kind+"Policies", "iam:Detach"+kind+"Policy"
		identity := of(strings.ToLower(kind), "ann")
		cases[kind] = identityCase{identity, replies{list: {attachedTo("p", arn), attachedTo("p", arn),
			attachedTo("p")}},
			[]string{detach}, "Detached AWSCloudShellFullAccess from the " + strings.ToLower(kind) + " ann.", ""}
		cases[kind+" without it"] = identityCase{identity, replies{list: {attachedTo("p")}}, nil, "Nothing to change",
			""}
		cases[kind+", detached meanwhile"] = identityCase{identity,
			replies{list: {attachedTo(arn), attachedTo(arn), attachedTo()}, detach: {"NoSuchEntity"}},
			[]string{detach}, "Detached", ""}
	}
	identities(t, "RemoveCloudShellAccess", cases)
}

func TestCreateSupportRole(t *testing.T) {
	t.Parallel()
	const (
		holders, role, attached, inline = "iam:ListEntitiesForPolicy", "iam:GetRole", "iam:ListAttachedRolePolicies",
			"iam:ListRolePolicies"
		parameter, create, attach = "ssm:GetParameter", "iam:CreateRole", "iam:AttachRolePolicy"
	)
	nobody := object{"PolicyRoles": []any{}, "PolicyUsers": []any{}, "PolicyGroups": []any{}}
	ours := object{"PolicyRoles": []any{object{"RoleName": "hubmend-aws-support"}}}
	trusting := func(principal string, condition object) object {
		statement := object{"Effect": "Allow", "Principal": object{"AWS": principal}, "Action": "sts:AssumeRole"}
		if condition != nil {
			statement["Condition"] = condition
		}
		return object{"Role": object{"AssumeRolePolicyDocument": object{"Version": "2012-10-17",
			"Statement": []any{statement}}}}
	}
	mfa := object{"Bool": object{"aws:MultiFactorAuthPresent": "true"}}
	value := func(text string) object { return object{"Parameter": object{"Value": text}} }
	of := func(changes replies) replies {
		all := replies{holders: {nobody, nobody, ours}, role: {"NoSuchEntity"}, parameter: {"ParameterNotFound"},
			attached: {attachedTo()}, inline: {policyNames()}}
		maps.Copy(all, changes)
		return all
	}
	identities(t, "CreateSupportRole", map[string]identityCase{
		"a user has the policy": {nil,
			of(replies{holders: {object{"PolicyUsers": []any{object{"UserName": "ann"}}}}}), nil,
			"Nothing to change: AWSSupportAccess is attached to the user ann.", ""},
		"nobody has it": {nil, of(nil), []string{create, attach},
			"Created the role hubmend-aws-support with AWSSupportAccess. It trusts arn:aws:iam::111111111111:root.",
			""},
		"a role is trusted": {nil, of(replies{parameter: {value(" arn:aws:iam::222222222222:role/a/b\n")}}),
			[]string{create, attach}, "It trusts arn:aws:iam::222222222222:role/a/b.", ""},
		"no ARN is trusted": {nil, of(replies{parameter: {value("*")}}), nil, "",
			"The SSM parameter /hubmend/CreateSupportRole/TrustedPrincipal has *, which is not the ARN of an account, a role or a user."},
		"the role exists": {nil, of(replies{role: {trusting("arn:aws:iam::111111111111:root", mfa)}}), []string{attach},
			"Attached AWSSupportAccess to the role hubmend-aws-support.", ""},
		"it exists, without MFA": {nil, of(replies{role: {trusting("arn:aws:iam::111111111111:root", nil)}}), nil, "",
			"The role hubmend-aws-support already exists, and not only arn:aws:iam::111111111111:root may assume it."},
	})
}

func TestDeleteExpiredCertificate(t *testing.T) {
	t.Parallel()
	const (
		get, erase, regions = "iam:GetServerCertificate", "iam:DeleteServerCertificate",
			"ec2:DescribeRegions"
		cdn, classic, modern, listeners, certificates = "cloudfront:ListDistributions", "elb:DescribeLoadBalancers",
			"elbv2:DescribeLoadBalancers", "elbv2:DescribeListeners", "elbv2:DescribeListenerCertificates"
		arn = "arn:aws:iam::111111111111:server-certificate/web"
	)
	expires := func(at string) object {
		return object{"ServerCertificate": object{"ServerCertificateMetadata": object{"Arn": arn,
			"ServerCertificateId": "ASCA1", "Expiration": at}}}
	}
	web := object{"LoadBalancers": []any{object{"LoadBalancerName": "web", "LoadBalancerArn": "b"}}}
	of := func(changes replies) replies {
		all := replies{
			get:     {expires("2026-06-01T11:59:59+00:00"), "NoSuchEntity"},
			regions: {object{"Regions": []any{object{"RegionName": "us-east-1"}}}},
			cdn:     {object{"DistributionList": object{"Quantity": 0}}},
			classic: {object{"LoadBalancerDescriptions": []any{}}}, modern: {object{"LoadBalancers": []any{}}},
			listeners: {object{"Listeners": []any{object{"ListenerArn": "l", "Protocol": "TLS"},
				object{"ListenerArn": "h", "Protocol": "HTTP"}}}},
			certificates: {object{"Certificates": []any{object{"CertificateArn": "other", "IsDefault": true},
				object{"CertificateArn": arn, "IsDefault": false}}}},
		}
		maps.Copy(all, changes)
		return all
	}
	name := map[string]any{"ServerCertificateName": "web"}
	identities(t, "DeleteExpiredCertificate", map[string]identityCase{
		"expired": {name, of(nil), []string{erase},
			"Deleted the certificate web, which expired on 2026-06-01. It cannot be restored", ""},
		"valid": {name, of(replies{get: {expires("2026-06-01T12:00:01+00:00")}}), nil,
			"Nothing to change: the certificate web expires on 2026-06-01.", ""},
		"CloudFront": {name, of(replies{cdn: {object{"DistributionList": object{"Items": []any{
			object{"Id": "E1", "ViewerCertificate": object{"CloudFrontDefaultCertificate": true}},
			object{"Id": "E2", "ViewerCertificate": object{"IAMCertificateId": "ASCA1"}}}}}}}), nil, "",
			"The certificate web is in use by the distribution E2."},
		"a Classic Load Balancer": {name, of(replies{classic: {object{"LoadBalancerDescriptions": []any{
			object{"LoadBalancerName": "old",
				"ListenerDescriptions": []any{object{"Listener": object{"Protocol": "HTTP"}},
					object{"Listener": object{"Protocol": "SSL", "SSLCertificateId": arn}}}}}}}}), nil, "",
			"the load balancer old in us-east-1."},
		"one certificate of several": {name, of(replies{modern: {web}}), nil, "",
			"the load balancer web in us-east-1."},
		"other certificates": {name, of(replies{modern: {web}, certificates: {object{"Certificates": []any{}}}}),
			[]string{erase}, "Deleted", ""},
	})
	unknown := plays(t, "DeleteExpiredCertificate", play{name, of(replies{classic: {"AccessDenied"}})})[0]
	if !strings.HasPrefix(unknown.Error, "hubmend:read AccessDenied elb:DescribeLoadBalancers") ||
		slices.Contains(names(unknown.Made), erase) {
		t.Errorf("when it is unknown what uses it: %q after %v", unknown.Error, names(unknown.Made))
	}
}

func TestEnableAccessAnalyzer(t *testing.T) {
	t.Parallel()
	const list, create = "accessanalyzer:ListAnalyzers", "accessanalyzer:CreateAnalyzer"
	with := func(kind, status string) object {
		return object{"analyzers": []any{object{"name": "own", "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE"},
			object{"name": "one", "type": kind, "status": status}}}
	}
	identities(t, "EnableAccessAnalyzer", map[string]identityCase{
		"none": {nil, replies{list: {with("ORGANIZATION_INTERNAL_ACCESS", "ACTIVE"),
			with("ORGANIZATION_INTERNAL_ACCESS", "ACTIVE"), with("ACCOUNT", "CREATING"), with("ACCOUNT", "ACTIVE")}},
			[]string{create},
			"Created the external access analyzer hubmend-external-access.", ""},
		"active": {nil, replies{list: {with("ACCOUNT", "ACTIVE")}}, nil,
			"Nothing to change: the analyzer one looks for external access in this Region.", ""},
		"of the organization": {nil, replies{list: {with("ORGANIZATION", "ACTIVE")}}, nil, "Nothing to change", ""},
		"being created": {nil, replies{list: {with("ACCOUNT", "CREATING"), with("ACCOUNT", "CREATING"),
			with("ACCOUNT", "ACTIVE")}},
			nil, "Nothing to change", ""},
		"failed": {nil, replies{list: {with("ACCOUNT", "FAILED")}}, nil, "", "that does not work: one (FAILED)."},
		"disabled": {nil, replies{list: {with("ORGANIZATION", "DISABLED")}}, nil, "",
			"that does not work: one (DISABLED)."},
	})
}

func TestSetSecurityContact(t *testing.T) {
	t.Parallel()
	const get, put, parameter = "account:GetAlternateContact", "account:PutAlternateContact", "ssm:GetParameter"
	value := func(text string) object { return object{"Parameter": object{"Value": text}} }
	contact := object{"AlternateContact": object{"AlternateContactType": "SECURITY", "Name": "Desk", "Title": "On call",
		"EmailAddress": "a@example.com", "PhoneNumber": "+1"}}
	stored := []any{value("Desk"), value("On call\n"), value("a@example.com"), value("+1")}
	none := "ResourceNotFoundException"
	identities(t, "SetSecurityContact", map[string]identityCase{
		"none": {nil, replies{get: {none, contact}, parameter: stored}, []string{put},
			"Set the account's security contact", ""},
		"there": {nil, replies{get: {contact}}, nil, "Nothing to change: the account has a security contact.", ""},
		"throttled": {nil, replies{get: {"TooManyRequestsException", none, contact}, parameter: stored},
			[]string{put}, "Set", ""},
		"nobody stored it": {nil, replies{get: {none}, parameter: {"ParameterNotFound"}}, nil, "",
			"Store it in SSM parameters of account 111111111111 in us-east-1, then start the repair again. Missing: " +
				"/hubmend/SetSecurityContact/Name, /hubmend/SetSecurityContact/Title, "},
		"one is missing": {nil, replies{get: {none}, parameter: {value("Desk"), value("On call"), "ParameterNotFound",
			value("+1")}}, nil,
			"", "Missing: /hubmend/SetSecurityContact/EmailAddress."},
	})
	done := plays(t, "SetSecurityContact", play{map[string]any{}, replies{get: {none, contact}, parameter: stored,
		put: {object{}}}})[0]
	for _, personal := range []string{"Desk", "example.com", "+1"} {
		if text := done.Change + string(done.Before) + string(done.After); strings.Contains(text, personal) {
			t.Errorf("the record of the repair has %q: %s", personal, text)
		}
	}
}
