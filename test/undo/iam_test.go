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
