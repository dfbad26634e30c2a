package scripts_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

const (
	unusedRunbook = "DeactivateUnusedCredentials"
	getProfile    = "iam:GetLoginProfile"
	deleteProfile = "iam:DeleteLoginProfile"
)

// idle are the credentials of a user.
type idle struct {
	keys     []accessKey
	used     map[string]string // when a key was used last; nothing when it never was
	signedIn string            // when the password was used last, or the one before it
	password string            // when it was set; empty when there is none
}

// answers are IAM's until a change shows, which is at the third look at a thing, and after it.
func (c idle) answers(unused ...string) map[string][]any {
	user := object{"UserName": "ann"}
	if c.signedIn != "" {
		user["PasswordLastUsed"] = c.signedIn
	}
	var uses []any
	for _, key := range c.keys {
		if key.Status != "Active" || key.CreateDate > ninetyBefore {
			continue
		}
		use := object{"Region": "N/A"}
		if c.used[key.AccessKeyId] != "" {
			use["LastUsedDate"] = c.used[key.AccessKeyId]
		}
		uses = append(uses, object{"AccessKeyLastUsed": use})
	}
	after := slices.Clone(c.keys)
	for i, key := range after {
		if slices.Contains(unused, key.AccessKeyId) {
			after[i].Status = "Inactive"
		}
	}
	profiles := []any{"NoSuchEntity"}
	if c.password != "" {
		there := object{"LoginProfile": object{"UserName": "ann", "CreateDate": c.password,
			"PasswordResetRequired": false}}
		profiles = []any{there, there, "NoSuchEntity"}
	}
	return map[string][]any{
		"iam:GetUser": {object{"User": user}}, listKeys: {keysAnswer(c.keys), keysAnswer(c.keys), keysAnswer(after)},
		"iam:GetAccessKeyLastUsed": orEmpty(uses),
		getProfile:                 profiles, updateKey: {object{}}, deleteProfile: {object{}},
	}
}

func clearing(planning bool, answers map[string][]any) play {
	return play{map[string]any{"UserName": "ann", "MaxUnusedDays": "90", "Mode": mode(planning)}, answers}
}

func TestUnusedCredentials(t *testing.T) {
	t.Parallel()
	const long, secondLess = "2020-01-01T00:00:00+00:00", "2026-03-03T12:00:01+00:00"
	const issueAnew = " The password cannot be restored. The user needs a new one to sign in again."
	key := []accessKey{active("A", long)}
	used := func(at string) map[string]string { return map[string]string{"A": at} }
	removed := "Removed the console password of ann, unused for 90 days." + issueAnew
	type idleCase struct {
		idle
		unused []string // ids of keys, and password
		change string
	}
	nothing := "Nothing to change: ann has no credentials that have been unused for 90 days."
	tried(t, unusedRunbook, map[string]idleCase{
		"none": {idle{}, nil, nothing},
		"a key never used": {idle{keys: key}, []string{"A"},
			"Deactivated access key A of ann, unused for 90 days."},
		"a new key never used": {idle{keys: []accessKey{active("A", secondLess)}}, nil, nothing},
		"made on the exact day": {idle{keys: []accessKey{active("A", ninetyBefore)}}, []string{"A"},
			"Deactivated access key A of ann"},
		"a key, the exact day": {idle{keys: key, used: used(ninetyBefore)}, []string{"A"},
			"Deactivated access key A of ann"},
		"a key, a second less": {idle{keys: key, used: used(secondLess)}, nil, nothing},
		"an inactive key":      {idle{keys: []accessKey{inactive("A", long)}}, nil, nothing},
		"two keys, one used": {idle{keys: []accessKey{active("A", long), active("B", long)},
			used: used(secondLess)}, []string{"B"}, "Deactivated access key B of ann"},
		"a password never used":     {idle{password: ninetyBefore}, []string{"password"}, removed},
		"a new one, never used":     {idle{password: secondLess}, nil, nothing},
		"a password, the exact day": {idle{password: long, signedIn: ninetyBefore}, []string{"password"}, removed},
		"a password, a second less": {idle{password: long, signedIn: secondLess}, nil, nothing},
		// The last use survives a new password, so it may be of the one before.
		"a password that was issued again": {idle{password: "2026-05-30T00:00:00+00:00", signedIn: long}, nil, nothing},
		"one issued again, the exact day": {idle{password: ninetyBefore, signedIn: long}, []string{"password"},
			removed},
		"used once, and gone": {idle{signedIn: long}, nil, nothing},
		"everything": {idle{keys: []accessKey{active("A", long), active("B", long)}, password: long, signedIn: long},
			[]string{"A", "B", "password"},
			"Deactivated access keys A and B and removed the console password of ann, unused for 90 days." +
				issueAnew},
		"a key in use, and a password": {idle{keys: key, used: used(secondLess), password: long}, []string{"password"},
			removed},
	}, func(tc idleCase) []play {
		stuck := tc.answers()
		stuck[getProfile] = stuck[getProfile][:1]
		return []play{clearing(true, tc.answers()), clearing(false, tc.answers(tc.unused...)), clearing(false, stuck)}
	}, func(t *testing.T, tc idleCase, done []played) {
		plan, repair, stuck := done[0], done[1], done[2]
		ids := slices.DeleteFunc(slices.Clone(tc.unused), func(name string) bool { return name == "password" })
		before, after := []any{}, []any{}
		for _, key := range tc.keys {
			if slices.Contains(ids, key.AccessKeyId) {
				before, after = append(before, key), append(after, inactive(key.AccessKeyId, key.CreateDate))
			}
		}
		password := len(ids) < len(tc.unused)
		if password {
			before = append(before,
				object{"LoginProfile": object{"UserName": "ann", "CreateDate": tc.password,
					"PasswordResetRequired": false}})
		}
		for _, got := range []played{plan, repair} {
			if got.Error != "" || !strings.HasPrefix(got.Change, tc.change) {
				t.Errorf("%q, %s; want %q", got.Change, got.Error, tc.change)
			}
			checkJSON(t, "Before", before, got.Before)
			checkJSON(t, "After", after, got.After)
			calls := append(got.Made, got.Planned...)
			if diff := cmp.Diff(orEmpty(ids), keyUpdates(t, calls, "Inactive")); diff != "" ||
				slices.Contains(names(calls), deleteProfile) != password {
				t.Errorf("%v, deactivated (-want +got):\n%s", names(calls), diff)
			}
		}
		if len(plan.Lost) != map[bool]int{true: 1}[password] {
			t.Errorf("what is lost: %q", plan.Lost)
		}
		says := ""
		switch {
		case len(ids) > 0:
			says = "hubmend:unverified Still active after 90 days without use: " + keyNames(ids) +
				". This may have been changed during this run. Start the repair again."
		case password:
			says = "hubmend:unverified The console password was removed, but the user still has one. A new one " +
				"may have " +
				"been set. If the user does not need it, start the repair again."
		}
		if stuck.Error != says {
			t.Errorf("when nothing changes: %q, want %q", stuck.Error, says)
		}
	})
}

// Nothing changes before everything is read: an unreadable password is not the same as none.
func TestUnusedCredentialsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := idle{keys: []accessKey{active("A", ninetyBefore)}, password: ninetyBefore}
	reads := []string{"iam:GetUser", listKeys, "iam:GetAccessKeyLastUsed", getProfile}
	var all []play
	for _, read := range reads {
		answers := c.answers("A")
		answers[read] = []any{"AccessDenied"}
		all = append(all, clearing(false, answers))
	}
	for i, got := range plays(t, unusedRunbook, all...) {
		if !strings.HasPrefix(got.Error, "hubmend:read AccessDenied "+reads[i]) ||
			slices.Contains(names(got.Made), updateKey) {
			t.Errorf("%s: %q after %v", reads[i], got.Error, names(got.Made))
		}
	}
}

func TestUnusedCredentialsGoMeanwhile(t *testing.T) {
	t.Parallel()
	answers := idle{keys: []accessKey{active("A", ninetyBefore)}, password: ninetyBefore}.answers("A")
	gone, locked, denied := maps.Clone(answers), maps.Clone(answers), maps.Clone(answers)
	gone[updateKey], gone[deleteProfile] = []any{"NoSuchEntity"}, []any{"NoSuchEntity"}
	locked[deleteProfile] = []any{"EntityTemporarilyUnmodifiable", object{}}
	denied[deleteProfile] = []any{"AccessDenied"}
	done := plays(t, unusedRunbook, clearing(false, gone), clearing(false, locked), clearing(false, denied))
	if done[0].Error != "" || done[1].Error != "" ||
		!strings.HasPrefix(done[2].Error, "hubmend:write AccessDenied iam:DeleteLoginProfile") {
		t.Errorf("%q, %q, %q", done[0].Error, done[1].Error, done[2].Error)
	}
}
