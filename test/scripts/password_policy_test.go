package scripts_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// passing is a policy that passes CIS 1.5 to 1.11, just.
func passing(changes object) object {
	p := object{
		"MinimumPasswordLength": 14.0, "PasswordReusePrevention": 24.0, "MaxPasswordAge": 90.0, "ExpirePasswords": true,
		"RequireSymbols": true, "RequireNumbers": true, "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
		"AllowUsersToChangePassword": true, "HardExpiry": false,
	}
	for name, value := range changes {
		if p[name] = value; value == nil {
			delete(p, name)
		}
	}
	return p
}

const noPolicy = "Step fails when it is Execute/Cancelling action. An error occurred (NoSuchEntity) when calling the " +
	"GetAccountPasswordPolicy operation: The Password Policy with domain name 111111111111 cannot be found."

// recordOf is what Automation keeps of the step that reads the policy; an account without
// one makes it fail.
func recordOf(t *testing.T, policy object) object {
	t.Helper()
	if len(policy) == 0 {
		return object{"StepName": "read", "StepStatus": "Failed", "FailureMessage": noPolicy}
	}
	text, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	return object{"StepName": "read", "StepStatus": "Success", "Outputs": object{"Policy": []string{string(text)}}}
}

// A policy that could not be read may be a strict one.
func TestUnreadPasswordPolicy(t *testing.T) {
	t.Parallel()
	config := interpreter(t)
	for name, read := range map[string]object{
		"throttled":       {"StepStatus": "Failed", "FailureMessage": "An error occurred (Throttling) when calling the GetAccountPasswordPolicy operation: Rate exceeded"},
		"denied":          {"StepStatus": "Failed", "FailureMessage": strings.Replace(noPolicy, "NoSuchEntity", "AccessDenied", 1)},
		"timed out":       {"StepStatus": "TimedOut"},
		"says it in text": {"StepStatus": "Failed", "FailureMessage": "An error occurred (AccessDenied): NoSuchEntity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payload := object{"read": read, "length": "14", "reuse": "24", "age": "90"}
			err := run(t.Context(), config, scriptOf(t, "SetPasswordPolicy", "decide"), payload, new(object))
			if err == nil || !strings.Contains(err.Error(), "is not replaced unread") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		old     object
		changed object // of what passes just; nil when nothing is written
		change  string
	}{
		"no policy":             {object{}, object{}, "Made the account's password policy: MinimumPasswordLength 14, PasswordReusePrevention 24, MaxPasswordAge 90,"},
		"passes":                {passing(nil), nil, "Nothing to change"},
		"passes, stricter":      {passing(object{"MinimumPasswordLength": 128.0, "MaxPasswordAge": 1.0}), nil, "Nothing to change"},
		"passes, nobody may":    {passing(object{"AllowUsersToChangePassword": false}), nil, "Nothing to change"},
		"20 and 60 stay":        {passing(object{"MinimumPasswordLength": 20.0, "MaxPasswordAge": 60.0, "RequireSymbols": false}), object{"MinimumPasswordLength": 20.0, "MaxPasswordAge": 60.0}, "policy: RequireSymbols true (was false)."},
		"13 is too short":       {passing(object{"MinimumPasswordLength": 13.0}), object{}, "MinimumPasswordLength 14 (was 13)"},
		"91 days is too long":   {passing(object{"MaxPasswordAge": 91.0}), object{}, "MaxPasswordAge 90 (was 91)"},
		"never expires":         {passing(object{"MaxPasswordAge": nil, "ExpirePasswords": false}), object{}, "MaxPasswordAge 90 (was not set)"},
		"zero is never":         {passing(object{"MaxPasswordAge": 0.0}), object{}, "MaxPasswordAge 90 (was 0)"},
		"23 passwords":          {passing(object{"PasswordReusePrevention": 23.0}), object{}, "PasswordReusePrevention 24 (was 23)"},
		"no history":            {passing(object{"PasswordReusePrevention": nil}), object{}, "PasswordReusePrevention 24 (was not set)"},
		"hard expiry stays":     {passing(object{"HardExpiry": true, "RequireNumbers": false}), object{"HardExpiry": true}, "RequireNumbers true"},
		"hard expiry is absent": {passing(object{"HardExpiry": nil, "RequireNumbers": nil}), object{}, "RequireNumbers true (was not set)"},
		"users may change them": {passing(object{"AllowUsersToChangePassword": false, "RequireLowercaseCharacters": false}), object{}, "RequireLowercaseCharacters true (was false)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := object{"read": recordOf(t, tc.old), "length": "14", "reuse": "24", "age": "90"}
			var got struct {
				Action, Change string
				Policy, Before object
			}
			if err := run(t.Context(), config, scriptOf(t, "SetPasswordPolicy", "decide"), payload, &got); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "write", false: "none"}[tc.changed != nil]; got.Action != want {
				t.Errorf("Action is %s, want %s", got.Action, want)
			}
			if !strings.Contains(got.Change, tc.change) {
				t.Errorf("Change is %q, want it to say %q", got.Change, tc.change)
			}
			before := object{"PasswordPolicy": any(tc.old)}
			if len(tc.old) == 0 {
				before["PasswordPolicy"] = "none"
			}
			if diff := cmp.Diff(before, got.Before); diff != "" {
				t.Errorf("Before (-want +got):\n%s", diff)
			}
			if tc.changed != nil {
				want := passing(tc.changed)
				delete(want, "ExpirePasswords") // IAM derives it
				if diff := cmp.Diff(want, got.Policy); diff != "" {
					t.Errorf("Policy (-want +got):\n%s", diff)
				}
			}
			var looked struct{ Again bool }
			verify := scriptOf(t, "SetPasswordPolicy", "verify")
			delete(payload, "read")
			payload["policy"], payload["look"] = tc.old, 4
			if err := run(t.Context(), config, verify, payload, &looked); err != nil || looked.Again != (tc.changed != nil) {
				t.Errorf("verify of the old policy: again is %t, %v", looked.Again, err)
			}
			last := maps.Clone(payload)
			last["look"] = 5
			if err := run(t.Context(), config, verify, last, &looked); (err != nil) != (tc.changed != nil) {
				t.Errorf("verify of the old policy at the last look: %v", err)
			}
			last["policy"] = got.Policy
			if err := run(t.Context(), config, verify, last, &looked); err != nil || looked.Again {
				t.Errorf("verify of the new policy: again is %t, %v", looked.Again, err)
			}
		})
	}
}
