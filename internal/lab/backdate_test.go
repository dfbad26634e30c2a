package lab_test

import (
	"strings"
	"testing"
	"time"
)

// age gives how many days ago a time of an answer is.
func age(t *testing.T, value any) float64 {
	t.Helper()
	text, _ := value.(string)
	then, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatalf("%v is no time: %v", value, err)
	}
	return time.Since(then).Hours() / 24
}

func about(got, want float64) bool { return got >= want && got < want+0.01 }

func TestBackdateUser(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	user := object{"UserName": "ann"}
	w.call(t, member, "iam", "CreateUser", user)
	w.call(t, member, "iam", "CreateLoginProfile", object{"UserName": "ann", "Password": "correct-horse-9"})
	key := at(w.call(t, member, "iam", "CreateAccessKey", user), "AccessKey", "AccessKeyId")
	other := at(w.call(t, member, "iam", "CreateAccessKey", user), "AccessKey", "AccessKeyId")
	w.call(t, member, "lab", "BackdateUser", object{
		"UserName": "ann", "AccessKeyId": key, "CreatedDaysAgo": 120, "LastUsedDaysAgo": 90.5,
		"PasswordCreatedDaysAgo": 200, "PasswordLastUsedDaysAgo": 91,
	})

	keys := at(w.call(t, member, "iam", "ListAccessKeys", user), "AccessKeyMetadata")
	got := map[any]float64{}
	for i := range 2 {
		got[at(keys, i, "AccessKeyId")] = age(t, at(keys, i, "CreateDate"))
	}
	if !about(got[key], 120) || !about(got[other], 0) {
		t.Errorf("the keys are %v days old, want 120 and 0", got)
	}
	used := w.call(t, member, "iam", "GetAccessKeyLastUsed", object{"AccessKeyId": key})
	if days := age(t, at(used, "AccessKeyLastUsed", "LastUsedDate")); !about(days, 90.5) {
		t.Errorf("the key was last used %v days ago", days)
	}
	if never := at(w.call(t, member, "iam", "GetAccessKeyLastUsed", object{"AccessKeyId": other}), "AccessKeyLastUsed",
		"LastUsedDate"); never != nil {
		t.Errorf("the other key was used: %v", never)
	}
	profile := w.call(t, member, "iam", "GetLoginProfile", user)
	if days := age(t, at(profile, "LoginProfile", "CreateDate")); !about(days, 200) {
		t.Errorf("the password is %v days old", days)
	}
	if days := age(t, at(w.call(t, member, "iam", "GetUser", user), "User", "PasswordLastUsed")); !about(days, 91) {
		t.Errorf("the password was last used %v days ago", days)
	}
	if days := age(t, at(w.call(t, member, "iam", "GetUser", user), "User", "CreateDate")); !about(days, 0) {
		t.Errorf("the user is %v days old", days)
	}
	w.refused(t, member, "lab", "BackdateUser", object{"UserName": "bob", "PasswordCreatedDaysAgo": 1}, "NoSuchEntity",
		"bob")
	w.refused(t, admin, "lab", "BackdateUser", object{"UserName": "ann", "PasswordCreatedDaysAgo": 1}, "NoSuchEntity",
		"ann")
	w.refused(t, member, "lab", "BackdateUser",
		object{"UserName": "ann", "AccessKeyId": "AKIANONE", "CreatedDaysAgo": 1}, "NoSuchEntity", "AKIANONE")

	for name, tc := range map[string]struct {
		api   string
		input object
		want  string
	}{
		"unknown API": {"BackdateKey", object{}, "has no API BackdateKey"},
		"unknown field": {"BackdateUser", object{"UserName": "ann", "PasswordAge": 3},
			`unknown field "PasswordAge"`},
		"no user": {"BackdateUser", object{"PasswordCreatedDaysAgo": 1}, "UserName is missing"},
		"nothing": {"BackdateUser", user, "nothing to backdate"},
		"a date without its key": {"BackdateUser", object{"UserName": "ann", "CreatedDaysAgo": 1},
			"AccessKeyId goes with"},
		"a key without a date": {"BackdateUser",
			object{"UserName": "ann", "AccessKeyId": key, "PasswordCreatedDaysAgo": 1}, "AccessKeyId goes with"},
		"the future": {"BackdateUser", object{"UserName": "ann", "PasswordCreatedDaysAgo": -1},
			"in the future"},
	} {
		if _, err := w.try(t, member, "lab", tc.api, tc.input); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
