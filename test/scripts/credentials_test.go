package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

const unusedRunbook = "DeactivateUnusedCredentials"

func TestUnusedCredentialsPlan(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, unusedRunbook, "plan")
	for name, tc := range map[string]struct {
		lastUsed    string // of the password
		keys        []accessKey
		credentials []string
		before      []string
	}{
		"nothing known":              {credentials: []string{"password", "password"}},
		"a password in use, no keys": {lastUsed: "2026-05-01T00:00:00Z", credentials: []string{"password"}},
		"a password, the exact day":  {lastUsed: ninetyBefore, credentials: []string{"password", "password"}},
		"a password, a second less":  {lastUsed: "2026-03-03T12:00:01Z", credentials: []string{"password"}},
		"a key, the exact day":       {lastUsed: "2026-05-01T00:00:00Z", keys: []accessKey{active("A", ninetyBefore)}, credentials: []string{"A"}, before: []string{"A"}},
		"a key, a second less":       {lastUsed: "2026-05-01T00:00:00Z", keys: []accessKey{active("A", "2026-03-03T12:00:01Z")}, credentials: []string{"password"}},
		"an inactive key":            {keys: []accessKey{inactive("A", "2020-01-01T00:00:00Z")}, credentials: []string{"password", "password"}},
		"everything":                 {lastUsed: "2020-01-01T00:00:00Z", keys: []accessKey{active("A", "2020-01-01T00:00:00Z"), active("B", "2020-01-01 00:00:00")}, credentials: []string{"A", "B", "password", "password"}, before: []string{"A", "B"}},
		"another time zone":          {lastUsed: "2026-03-03T14:00:00+02:00", keys: []accessKey{active("A", "2026-03-03T12:00:00-01:00")}, credentials: []string{"password", "password"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			user := object{"UserName": "ann"}
			if tc.lastUsed != "" {
				user["PasswordLastUsed"] = tc.lastUsed
			}
			var got struct {
				Credentials []string
				Before      []accessKey
			}
			payload := object{"user": user, "keys": orEmpty(tc.keys), "maxUnusedDays": "90", "now": noon}
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
			}
			var before []string
			for _, key := range got.Before {
				before = append(before, key.AccessKeyId)
			}
			if diff := cmp.Diff([][]string{tc.credentials, tc.before}, [][]string{got.Credentials, before}); diff != "" {
				t.Errorf("Credentials, Before (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnusedCredentialsJudge(t *testing.T) {
	t.Parallel()
	created := func(at string) object { return object{"UserName": "ann", "CreateDate": at} }
	for name, tc := range map[string]struct {
		step    string
		payload object
		unused  bool
	}{
		"a key never used":          {"judgeKey", object{"id": "A", "use": object{"Region": "N/A"}}, true},
		"a key without a date":      {"judgeKey", object{"id": "A", "use": object{"LastUsedDate": nil}}, true},
		"a key, the exact day":      {"judgeKey", object{"id": "A", "use": object{"LastUsedDate": ninetyBefore}}, true},
		"a key, a second less":      {"judgeKey", object{"id": "A", "use": object{"LastUsedDate": "2026-03-03T12:00:01Z"}}, false},
		"a key, another time zone":  {"judgeKey", object{"id": "A", "use": object{"LastUsedDate": "2026-03-03T12:00:00-01:00"}}, false},
		"a password never used":     {"judgePassword", object{"user": object{}, "profile": created(ninetyBefore)}, true},
		"a new one, never used":     {"judgePassword", object{"user": object{}, "profile": created("2026-03-03T12:00:01Z")}, false},
		"a password, the exact day": {"judgePassword", object{"user": object{"PasswordLastUsed": ninetyBefore}, "profile": created("2020-01-01T00:00:00Z")}, true},
		"an old password that is used": {"judgePassword",
			object{"user": object{"PasswordLastUsed": "2026-03-03T12:00:01"}, "profile": created("2020-01-01T00:00:00Z")}, false},
		// The last use survives a new password, so it may be of the one before.
		"a password that was issued again": {"judgePassword",
			object{"user": object{"PasswordLastUsed": "2020-01-01T00:00:00Z"}, "profile": created("2026-05-30T00:00:00Z")}, false},
		"one issued again, the exact day": {"judgePassword",
			object{"user": object{"PasswordLastUsed": "2020-01-01T00:00:00Z"}, "profile": created(ninetyBefore)}, true},
		"one issued again, in two spellings": {"judgePassword",
			object{"user": object{"PasswordLastUsed": "2020-01-01T00:00:00Z"}, "profile": created("2026-03-03 12:00:01")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			tc.payload["unused"], tc.payload["maxUnusedDays"], tc.payload["now"] = []string{"Z"}, "90", noon
			var got struct {
				Unused bool
				All    []string
			}
			if err := run(t.Context(), config, scriptOf(t, unusedRunbook, tc.step), tc.payload, &got); err != nil {
				t.Fatal(err)
			}
			id := map[string]string{"judgeKey": "A", "judgePassword": "password"}[tc.step]
			if got.Unused != tc.unused || !cmp.Equal(got.All, []string{"Z", id}) {
				t.Errorf("unused is %t with %q, want %t", got.Unused, got.All, tc.unused)
			}
		})
	}
}

func TestUnusedPasswordThatStays(t *testing.T) {
	t.Parallel()
	config := interpreter(t)
	payload := sample(t, unusedRunbook, "judgePassword")
	payload["unused"] = []string{"A", "password"}
	err := run(t.Context(), config, scriptOf(t, unusedRunbook, "judgePassword"), payload, new(object))
	if err == nil || !strings.Contains(err.Error(), "The console password is still there after it was removed") {
		t.Errorf("error %v", err)
	}
}

func TestUnusedPasswordThatCannotBeRead(t *testing.T) {
	t.Parallel()
	failed := func(code, api string) string {
		return "Step fails when it is Execute/Cancelling action. An error occurred (" + code + ") when calling the " + api + " operation: no"
	}
	for name, tc := range map[string]struct {
		failures []string
		raises   bool
	}{
		"there is none":                {[]string{failed("NoSuchEntity", "GetLoginProfile")}, false},
		"there was none twice":         {[]string{failed("NoSuchEntity", "GetLoginProfile"), failed("NoSuchEntity", "GetLoginProfile")}, false},
		"a key was gone, too":          {[]string{failed("NoSuchEntity", "UpdateAccessKey"), failed("NoSuchEntity", "GetLoginProfile")}, false},
		"denied":                       {[]string{failed("AccessDenied", "GetLoginProfile")}, true},
		"throttled at the second look": {[]string{failed("NoSuchEntity", "GetLoginProfile"), failed("Throttling", "GetLoginProfile")}, true},
		"not told":                     {[]string{}, true},
		"only a key was gone":          {[]string{failed("NoSuchEntity", "UpdateAccessKey")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), interpreter(t), scriptOf(t, unusedRunbook, "absent"), object{"failures": tc.failures}, new(object))
			if (err != nil) != tc.raises {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestUnusedCredentialsVerify(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		keys           []accessKey
		unused         []string
		change, raises string
	}{
		"nothing":            {keys: []accessKey{active("A", noon)}, change: "Nothing to change: ann has no credentials that were not used for 90 days."},
		"a key":              {keys: []accessKey{inactive("A", noon), active("B", noon)}, unused: []string{"A"}, change: "Deactivated access key A (of ann, not used for 90 days)."},
		"a key that is gone": {unused: []string{"A"}, change: "Deactivated access key A"},
		"a password":         {unused: []string{"password"}, change: "Removed the console password, so that a new one must be set to sign in again (of ann"},
		"everything":         {keys: []accessKey{inactive("A", noon), inactive("B", noon)}, unused: []string{"A", "B", "password"}, change: "Deactivated access key A and B and removed the console password"},
		"a key that stays":   {keys: []accessKey{inactive("A", noon), active("B", noon)}, unused: []string{"A", "B"}, raises: "Access key B was not used for 90 days and is still active"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := object{"userName": "ann", "keys": orEmpty(tc.keys), "unused": orEmpty(tc.unused), "maxUnusedDays": "90"}
			var got struct{ Change string }
			err := run(t.Context(), config, scriptOf(t, unusedRunbook, "verify"), payload, &got)
			if (err != nil) != (tc.raises != "") || err != nil && !strings.Contains(err.Error(), tc.raises) {
				t.Errorf("error %v, want %q", err, tc.raises)
			}
			if !strings.Contains(got.Change, tc.change) {
				t.Errorf("Change is %q, want it to say %q", got.Change, tc.change)
			}
		})
	}
}
