package undo_test

import "testing"

// user makes a user with keys of these ages in days.
func user(ages ...int) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		name := w.name()
		w.call(t, "iam:CreateUser", object{"UserName": name})
		for _, age := range ages {
			var key struct{ AccessKeyId string }
			decode(t, w.call(t, "iam:CreateAccessKey", object{"UserName": name})["AccessKey"], &key)
			w.call(t, "lab:BackdateUser",
				object{"UserName": name, "AccessKeyId": key.AccessKeyId, "CreatedDaysAgo": age})
		}
		return "arn:aws:iam::" + account + ":user/" + name
	}
}

// inactiveKeys returns the ids of a user's keys that are Inactive.
func inactiveKeys(t *testing.T, w *world, arn string) []string {
	t.Helper()
	var keys []struct{ AccessKeyId, Status string }
	decode(t, w.call(t, "iam:ListAccessKeys", object{"UserName": idOf(arn)})["AccessKeyMetadata"], &keys)
	var ids []string
	for _, key := range keys {
		if key.Status == "Inactive" {
			ids = append(ids, key.AccessKeyId)
		}
	}
	return ids
}

var oldKeys = subject{
	broken: map[string]func(*testing.T, *world) string{
		"both old":           user(120, 91),
		"one old, one young": user(120, 3),
		"one old and off": func(t *testing.T, w *world) string {
			arn := user(200)(t, w)
			var keys []struct{ AccessKeyId string }
			decode(t, w.call(t, "iam:ListAccessKeys", object{"UserName": idOf(arn)})["AccessKeyMetadata"], &keys)
			w.call(t, "iam:UpdateAccessKey",
				object{"UserName": idOf(arn), "AccessKeyId": keys[0].AccessKeyId, "Status": "Inactive"})
			var key struct{ AccessKeyId string }
			decode(t, w.call(t, "iam:CreateAccessKey", object{"UserName": idOf(arn)})["AccessKey"], &key)
			w.call(t, "lab:BackdateUser",
				object{"UserName": idOf(arn), "AccessKeyId": key.AccessKeyId, "CreatedDaysAgo": 100})
			return arn
		},
	},
	look: func(t *testing.T, w *world, arn string) any {
		return plain(t, []any{
			w.call(t, "iam:GetUser", object{"UserName": idOf(arn)})["User"],
			w.call(t, "iam:ListAccessKeys", object{"UserName": idOf(arn)})["AccessKeyMetadata"],
		})
	},
	change: map[string]func(*testing.T, *world, string){
		"a key was deleted": func(t *testing.T, w *world, arn string) {
			w.call(t, "iam:DeleteAccessKey", object{"UserName": idOf(arn), "AccessKeyId": inactiveKeys(t, w, arn)[0]})
		},
	},
	halfway: func(t *testing.T, w *world, arn string) {
		w.call(t, "iam:UpdateAccessKey",
			object{"UserName": idOf(arn), "AccessKeyId": inactiveKeys(t, w, arn)[0], "Status": "Active"})
	},
	failing: func(*testing.T, *world) string { return "arn:aws:iam::" + account + ":user/nobody" },
}

// policy sets the password policy of the account. nil deletes it.
func policy(settings object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		if settings != nil {
			w.call(t, "iam:UpdateAccountPasswordPolicy", settings)
		} else if _, err := w.try(t, "iam:GetAccountPasswordPolicy", object{}); err == nil {
			w.call(t, "iam:DeleteAccountPasswordPolicy", object{})
		}
		return "AWS::::Account:" + account
	}
}

var weakPolicy = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a weak policy": policy(object{"MinimumPasswordLength": 9, "RequireNumbers": true}),
		"expires": policy(object{"MinimumPasswordLength": 20, "MaxPasswordAge": 365,
			"AllowUsersToChangePassword": true}),
		"expires and reuses": policy(object{"MaxPasswordAge": 30, "PasswordReusePrevention": 5, "HardExpiry": true,
			"RequireSymbols": true}),
		"remembers": policy(object{"PasswordReusePrevention": 24, "RequireUppercaseCharacters": true,
			"RequireLowercaseCharacters": true}),
		"none": policy(nil),
	},
	look: func(t *testing.T, w *world, _ string) any {
		out, err := w.try(t, "iam:GetAccountPasswordPolicy", object{})
		if err != nil {
			return err.Error()
		}
		return plain(t, out)
	},
	change: map[string]func(*testing.T, *world, string){
		"stricter": func(t *testing.T, w *world, _ string) {
			policy(object{
				"MinimumPasswordLength": 16, "MaxPasswordAge": 90, "PasswordReusePrevention": 24,
				"RequireSymbols": true, "RequireNumbers": true,
				"RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
				"AllowUsersToChangePassword": true,
			})(t, w)
		},
		"deleted": func(t *testing.T, w *world, _ string) { policy(nil)(t, w) },
	},
}

const readDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`

// userWith makes a user with managed policies and inline policies.
func userWith(managed int, inline ...string) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		name := w.name()
		w.call(t, "iam:CreateUser", object{"UserName": name, "Path": "/staff/"})
		for range managed {
			made := w.call(t, "iam:CreatePolicy", object{"PolicyName": w.name(), "PolicyDocument": readDocument})
			policy, _ := made["Policy"].(object)
			w.call(t, "iam:AttachUserPolicy", object{"UserName": name, "PolicyArn": policy["Arn"]})
		}
		for _, policy := range inline {
			w.call(t, "iam:PutUserPolicy",
				object{"UserName": name, "PolicyName": policy, "PolicyDocument": readDocument})
		}
		return "arn:aws:iam::" + account + ":user/staff/" + name
	}
}

// groupOf returns the name of the group that a user's policies move to.
func groupOf(arn string) string { return "hubmend-user-" + idOf(arn) }

// policiesOf describes all policies and groups of a user, and its own group.
func policiesOf(t *testing.T, w *world, arn string) any {
	t.Helper()
	user, group := object{"UserName": idOf(arn)}, object{"GroupName": groupOf(arn)}
	found := object{"attached": w.call(t, "iam:ListAttachedUserPolicies", user),
		"inline": w.call(t, "iam:ListUserPolicies", user), "groups": w.call(t, "iam:ListGroupsForUser", user)}
	if _, err := w.try(t, "iam:GetGroup", group); err != nil {
		return plain(t, found, "GroupId", "CreateDate")
	}
	found["attached to group"] = w.call(t, "iam:ListAttachedGroupPolicies", group)
	var inline []string
	decode(t, w.call(t, "iam:ListGroupPolicies", group)["PolicyNames"], &inline)
	for _, name := range inline {
		found["of group "+name] = w.call(t, "iam:GetGroupPolicy", object{"GroupName": groupOf(arn), "PolicyName": name})
	}
	return plain(t, found, "GroupId", "CreateDate")
}

var userPolicies = subject{
	broken: map[string]func(*testing.T, *world) string{
		"managed and inline": userWith(2, "own", "other"),
		"inline":             userWith(0, "own"),
		"managed, in a group of its own already": func(t *testing.T, w *world) string {
			arn := userWith(1)(t, w)
			group := object{"GroupName": groupOf(arn)}
			w.call(t, "iam:CreateGroup", group)
			w.call(t, "iam:PutGroupPolicy",
				object{"GroupName": groupOf(arn), "PolicyName": "first", "PolicyDocument": readDocument})
			w.call(t, "iam:AddUserToGroup", object{"GroupName": groupOf(arn), "UserName": idOf(arn)})
			return arn
		},
	},
	look: policiesOf,
	change: map[string]func(*testing.T, *world, string){
		"a policy was taken from the group": func(t *testing.T, w *world, arn string) {
			w.call(t, "iam:DeleteGroupPolicy", object{"GroupName": groupOf(arn), "PolicyName": "own"})
		},
		"the user left the group": func(t *testing.T, w *world, arn string) {
			w.call(t, "iam:RemoveUserFromGroup", object{"GroupName": groupOf(arn), "UserName": idOf(arn)})
		},
		"the user has another policy": func(t *testing.T, w *world, arn string) {
			w.call(t, "iam:PutUserPolicy",
				object{"UserName": idOf(arn), "PolicyName": "new", "PolicyDocument": readDocument})
		},
		"an inline policy is another one": func(t *testing.T, w *world, arn string) {
			w.call(t, "iam:PutGroupPolicy", object{"GroupName": groupOf(arn), "PolicyName": "own",
				"PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sqs:*","Resource":"*"}]}`})
		},
	},
	halfway: func(t *testing.T, w *world, arn string) {
		w.call(t, "iam:PutUserPolicy",
			object{"UserName": idOf(arn), "PolicyName": "own", "PolicyDocument": readDocument})
	},
	failing: func(*testing.T, *world) string { return "arn:aws:iam::" + account + ":user/nobody" },
}

const cloudShell = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"

// withCloudShell makes a role with the policy.
func withCloudShell(t *testing.T, w *world) string {
	name := w.name()
	w.call(t, "iam:CreateRole", object{"RoleName": name, "AssumeRolePolicyDocument": `{"Version":"2012-10-17",` +
		`"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	w.call(t, "iam:AttachRolePolicy", object{"RoleName": name, "PolicyArn": cloudShell})
	return "arn:aws:iam::" + account + ":role/" + name
}

var cloudShellRole = subject{
	broken: map[string]func(*testing.T, *world) string{"a role": withCloudShell},
	look: func(t *testing.T, w *world, arn string) any {
		return plain(t, w.call(t, "iam:ListAttachedRolePolicies", object{"RoleName": idOf(arn)}))
	},
	failing: func(*testing.T, *world) string { return "arn:aws:iam::" + account + ":role/nobody" },
}

const supportRole = "hubmend-aws-support"

// noSupport takes the support role away, if it is there.
func noSupport(t *testing.T, w *world) string {
	if _, err := w.try(t, "iam:GetRole", object{"RoleName": supportRole}); err == nil {
		w.call(t, "iam:DetachRolePolicy",
			object{"RoleName": supportRole, "PolicyArn": "arn:aws:iam::aws:policy/AWSSupportAccess"})
		_, _ = w.try(t, "iam:DeleteRolePolicy", object{"RoleName": supportRole, "PolicyName": "more"})
		w.call(t, "iam:DeleteRole", object{"RoleName": supportRole})
	}
	return "AWS::::Account:" + account
}

var support = subject{
	broken: map[string]func(*testing.T, *world) string{"no role": noSupport},
	look: func(t *testing.T, w *world, _ string) any {
		role, err := w.try(t, "iam:GetRole", object{"RoleName": supportRole})
		if err != nil {
			return "none"
		}
		return plain(t, []any{role, w.call(t, "iam:ListRolePolicies", object{"RoleName": supportRole})}, "RoleId",
			"CreateDate")
	},
	change: map[string]func(*testing.T, *world, string){
		"it has another policy": func(t *testing.T, w *world, _ string) {
			w.call(t, "iam:PutRolePolicy",
				object{"RoleName": supportRole, "PolicyName": "more", "PolicyDocument": readDocument})
		},
	},
	halfway: func(t *testing.T, w *world, _ string) {
		w.call(t, "iam:DetachRolePolicy",
			object{"RoleName": supportRole, "PolicyArn": "arn:aws:iam::aws:policy/AWSSupportAccess"})
	},
}

// noAnalyzer deletes all analyzers of the Region.
func noAnalyzer(t *testing.T, w *world) string {
	var analyzers []struct{ Name string }
	decode(t, w.call(t, "accessanalyzer:ListAnalyzers", object{})["analyzers"], &analyzers)
	for _, one := range analyzers {
		w.call(t, "accessanalyzer:DeleteAnalyzer", object{"analyzerName": one.Name})
	}
	return "AWS::::Account:" + account
}

var analyzer = subject{
	broken: map[string]func(*testing.T, *world) string{"none": noAnalyzer},
	look: func(t *testing.T, w *world, _ string) any {
		return plain(t, w.call(t, "accessanalyzer:ListAnalyzers", object{}), "createdAt", "status")
	},
	change: map[string]func(*testing.T, *world, string){
		"there is another one": func(t *testing.T, w *world, _ string) {
			w.call(t, "accessanalyzer:CreateAnalyzer", object{"analyzerName": "own", "type": "ORGANIZATION"})
		},
	},
}

// noContact says who the contact is, and deletes it.
func noContact(t *testing.T, w *world) string {
	for name, value := range map[string]string{"Name": "Security Desk", "Title": "On call",
		"EmailAddress": "security@example.com", "PhoneNumber": "+1 555 0100"} {
		w.call(t, "ssm:PutParameter", object{"Name": "/hubmend/SetSecurityContact/" + name, "Type": "String",
			"Value": value, "Overwrite": true})
	}
	contact := object{"AlternateContactType": "SECURITY"}
	if _, err := w.try(t, "account:GetAlternateContact", contact); err == nil {
		w.call(t, "account:DeleteAlternateContact", contact)
	}
	return "AWS::::Account:" + account
}

var securityContact = subject{
	broken: map[string]func(*testing.T, *world) string{"none": noContact},
	look: func(t *testing.T, w *world, _ string) any {
		answer, err := w.try(t, "account:GetAlternateContact", object{"AlternateContactType": "SECURITY"})
		if err != nil {
			return "none"
		}
		return plain(t, answer)
	},
	change: map[string]func(*testing.T, *world, string){
		"it is another person": func(t *testing.T, w *world, _ string) {
			w.call(t, "account:PutAlternateContact", object{"AlternateContactType": "SECURITY", "Name": "Ann",
				"Title": "CISO", "EmailAddress": "ann@example.com", "PhoneNumber": "1"})
		},
	},
}
