package scripts_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	readPolicy   = "iam:GetAccountPasswordPolicy"
	writePolicy  = "iam:UpdateAccountPasswordPolicy"
	deletePolicy = "iam:DeleteAccountPasswordPolicy"
)

// passing is a policy that passes CIS 1.5 to 1.11, just.
func passing(changes object) object {
	p := object{
		"MinimumPasswordLength": 14.0, "PasswordReusePrevention": 24.0, "MaxPasswordAge": 90.0, "ExpirePasswords": true,
		"RequireSymbols": true, "RequireNumbers": true, "RequireUppercaseCharacters": true,
		"RequireLowercaseCharacters": true,
		"AllowUsersToChangePassword": true, "HardExpiry": false,
	}
	for name, value := range changes {
		if p[name] = value; value == nil {
			delete(p, name)
		}
	}
	return p
}

// given is what IAM is given for a policy, of which it derives a part.
func given(policy object) object {
	policy = maps.Clone(policy)
	delete(policy, "ExpirePasswords")
	return policy
}

// policyAnswer is how IAM answers; an account without a policy is an error.
func policyAnswer(policy object) any {
	if len(policy) == 0 {
		return "NoSuchEntity"
	}
	return object{"PasswordPolicy": policy}
}

// policyRecord is how a repair notes a policy.
func policyRecord(policy object) object {
	if len(policy) == 0 {
		return object{"PasswordPolicy": "none"}
	}
	return policy
}

// settingPolicy runs the repair with these answers to its reads.
func settingPolicy(planning bool, reads ...any) play {
	return play{
		map[string]any{"MinimumPasswordLength": "14", "PasswordReusePrevention": "24", "MaxPasswordAge": "90",
			"Mode": mode(planning)},
		map[string][]any{readPolicy: reads, writePolicy: {object{}}},
	}
}

// A policy that could not be read may be a strict one.
func TestUnreadPasswordPolicy(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"Throttling", "AccessDenied", "ServiceFailure"} {
		got := plays(t, "SetPasswordPolicy", settingPolicy(false, code))[0]
		if !strings.HasPrefix(got.Error, "hubmend:read "+code+" iam:GetAccountPasswordPolicy") || len(got.Made) != 1 {
			t.Errorf("%s: %q after %v", code, got.Error, names(got.Made))
		}
	}
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	type policyCase struct {
		old     object
		changed object // of what passes just; nil when nothing is written
		change  string
	}
	tried(t, "SetPasswordPolicy", map[string]policyCase{
		"no policy": {object{}, object{},
			"Created the account's password policy: MinimumPasswordLength 14, PasswordReusePrevention 24, " +
				"MaxPasswordAge 90,"},
		"passes": {passing(nil), nil, "Nothing to change"},
		"passes, stricter": {passing(object{"MinimumPasswordLength": 128.0, "MaxPasswordAge": 1.0}), nil,
			"Nothing to change"},
		"passes, nobody may": {passing(object{"AllowUsersToChangePassword": false}), nil, "Nothing to change"},
		"20 and 60 stay": {
			passing(object{"MinimumPasswordLength": 20.0, "MaxPasswordAge": 60.0, "RequireSymbols": false}),
			object{"MinimumPasswordLength": 20.0, "MaxPasswordAge": 60.0}, "policy: RequireSymbols true (was false)."},
		"13 is too short": {passing(object{"MinimumPasswordLength": 13.0}), object{},
			"MinimumPasswordLength 14 (was 13)"},
		"91 days is too long": {passing(object{"MaxPasswordAge": 91.0}), object{}, "MaxPasswordAge 90 (was 91)"},
		"never expires": {passing(object{"MaxPasswordAge": nil, "ExpirePasswords": false}), object{},
			"MaxPasswordAge 90 (was not set)"},
		"zero is never": {passing(object{"MaxPasswordAge": 0.0}), object{}, "MaxPasswordAge 90 (was 0)"},
		"23 passwords": {passing(object{"PasswordReusePrevention": 23.0}), object{},
			"PasswordReusePrevention 24 (was 23)"},
		"no history": {passing(object{"PasswordReusePrevention": nil}), object{},
			"PasswordReusePrevention 24 (was not set)"},
		"hard expiry stays": {passing(object{"HardExpiry": true, "RequireNumbers": false}),
			object{"HardExpiry": true}, "RequireNumbers true"},
		"hard expiry is absent": {passing(object{"HardExpiry": nil, "RequireNumbers": nil}), object{},
			"RequireNumbers true (was not set)"},
		"users may change them": {
			passing(object{"AllowUsersToChangePassword": false, "RequireLowercaseCharacters": false}), object{},
			"RequireLowercaseCharacters true (was false), AllowUsersToChangePassword true (was false)."},
	}, func(tc policyCase) []play {
		return []play{
			settingPolicy(true, policyAnswer(tc.old)),
			settingPolicy(false, policyAnswer(tc.old), policyAnswer(tc.old), policyAnswer(passing(tc.changed))),
			settingPolicy(false, policyAnswer(tc.old)), // it never shows
		}
	}, func(t *testing.T, tc policyCase, done []played) {
		plan, repair, stuck := done[0], done[1], done[2]
		if tc.changed == nil {
			if len(plan.Planned) > 0 || len(repair.Made) != 1 || !strings.HasPrefix(repair.Change, tc.change) ||
				string(repair.Before) != string(repair.After) {
				t.Errorf("%q after %v", repair.Change, names(repair.Made))
			}
			return
		}
		for _, got := range []played{plan, repair} {
			if got.Error != "" || !strings.Contains(got.Change, tc.change) {
				t.Errorf("%q, %q; want it to say %q", got.Error, got.Change, tc.change)
			}
			checkJSON(t, "Before", policyRecord(tc.old), got.Before)
			checkJSON(t, "After", policyRecord(passing(tc.changed)), got.After)
			var written object
			input(t, append(got.Made, got.Planned...), writePolicy, &written)
			if diff := cmp.Diff(given(passing(tc.changed)), written); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
		}
		if !strings.HasPrefix(stuck.Error, "hubmend:unverified The account's password policy still has a weak ") {
			t.Errorf("when it never shows: %q", stuck.Error)
		}
	})
}

// Controls that require less than CIS: IAM's maximum age also allows passwords that never expire.
func TestPasswordPolicyOfLess(t *testing.T) {
	t.Parallel()
	never := passing(object{"MinimumPasswordLength": 8.0, "PasswordReusePrevention": nil, "MaxPasswordAge": nil,
		"ExpirePasswords": false})
	run := func(planning bool, reads ...any) play {
		p := settingPolicy(planning, reads...)
		maps.Copy(p.Events, map[string]any{"MinimumPasswordLength": "8", "PasswordReusePrevention": "0",
			"MaxPasswordAge": "1095"})
		return p
	}
	done := plays(t, "SetPasswordPolicy", run(false, policyAnswer(never)),
		run(true, policyAnswer(nil)), run(false, policyAnswer(nil), policyAnswer(nil), policyAnswer(never)),
		run(false, policyAnswer(passing(object{"MaxPasswordAge": 200.0, "RequireSymbols": false})),
			policyAnswer(passing(object{"MaxPasswordAge": 200.0}))))
	if done[0].Error != "" || !strings.HasPrefix(done[0].Change, "Nothing to change") || len(done[0].Made) != 1 {
		t.Errorf("%q, %q after %v", done[0].Error, done[0].Change, names(done[0].Made))
	}
	for _, got := range done[1:3] {
		if want := "Created the account's password policy: MinimumPasswordLength 8, RequireSymbols true"; got.Error != "" ||
			!strings.HasPrefix(got.Change, want) {
			t.Errorf("%q, %q; want %q", got.Error, got.Change, want)
		}
		checkJSON(t, "After", never, got.After)
		var written object
		input(t, append(got.Made, got.Planned...), writePolicy, &written)
		if diff := cmp.Diff(given(never), written); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
	}
	checkJSON(t, "After", passing(object{"MaxPasswordAge": 200.0}), done[3].After)
}

// A policy that is stricter than the one that the repair wrote also passes.
func TestPasswordPolicyIsStricterMeanwhile(t *testing.T) {
	t.Parallel()
	weak, strict := passing(object{"RequireSymbols": false}), passing(object{"MinimumPasswordLength": 30.0,
		"MaxPasswordAge": 7.0})
	if got := plays(t, "SetPasswordPolicy",
		settingPolicy(false, policyAnswer(weak), policyAnswer(strict)))[0]; got.Error != "" {
		t.Error(got.Error)
	}
}

func checkJSON(t *testing.T, what string, want any, got json.RawMessage) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
