package scripts_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// strongPolicy is what the repair leaves.
func strongPolicy() map[string]any {
	return map[string]any{
		"MinimumPasswordLength": 14.0, "PasswordReusePrevention": 24.0, "MaxPasswordAge": 90.0, "RequireSymbols": true, "RequireNumbers": true,
		"RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true, "HardExpiry": false, "ExpirePasswords": true,
	}
}

// weakPolicy is as IAM answers, which leaves out what is not set.
func weakPolicy() map[string]any {
	return map[string]any{
		"MinimumPasswordLength": 8.0, "RequireSymbols": false, "RequireNumbers": true, "RequireUppercaseCharacters": false,
		"RequireLowercaseCharacters": false, "AllowUsersToChangePassword": false, "ExpirePasswords": false,
	}
}

func but(policy map[string]any, name string, value any) map[string]any {
	policy = maps.Clone(policy)
	policy[name] = value
	return policy
}

// asTexts is a policy as Automation may record it.
func asTexts(policy map[string]any) map[string]any {
	written := map[string]any{}
	for name, value := range policy {
		written[name] = fmt.Sprint(value)
	}
	return written
}

func TestUndoPasswordPolicy(t *testing.T) {
	t.Parallel()
	decide := scriptOf(t, "UndoSetPasswordPolicy", "decide")
	strong, weak := strongPolicy(), weakPolicy()
	aging, remembering := but(weak, "MaxPasswordAge", 365.0), but(weak, "PasswordReusePrevention", 5.0)
	const changed = "The account's password policy was changed since the repair " + repairID
	for name, tc := range map[string]struct {
		before  any // nil for none
		now     map[string]any
		failure string
		action  string
		says    string
	}{
		"neither age nor reuse":          {weak, strong, "", "write", "Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge not set, PasswordReusePrevention not set, RequireSymbols false,"},
		"an age":                         {aging, strong, "", "writeAge", "Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge 365,"},
		"reuse":                          {remembering, strong, "", "writeReuse", "Restored the account's password policy: "},
		"both":                           {but(aging, "PasswordReusePrevention", 24.0), strong, "", "writeAgeReuse", "Restored the account's password policy: "},
		"none":                           {nil, strong, "", "delete", "Restored: the account has no password policy, as before the repair."},
		"hard expiry was left out":       {weak, but(strong, "HardExpiry", nil), "", "write", "Restored "},
		"as before":                      {weak, but(but(weak, "HardExpiry", false), "MaxPasswordAge", 0), "", "none", "Nothing to change: "},
		"none, as before":                {nil, nil, noPolicy, "none", "Nothing to change: "},
		"the repair did nothing":         {strong, strong, "", "none", "Nothing to change: "},
		"stricter since":                 {weak, but(strong, "MinimumPasswordLength", 20), "", "", changed},
		"hard expiry since":              {weak, but(strong, "HardExpiry", true), "", "", changed},
		"none since":                     {weak, nil, noPolicy, "", changed},
		"recorded as texts":              {asTexts(weak), asTexts(strong), "", "write", "Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge not set, PasswordReusePrevention not set, RequireSymbols false, RequireUppercaseCharacters false,"},
		"changed, recorded as texts":     {asTexts(weak), asTexts(but(strong, "HardExpiry", true)), "", "", changed},
		"no Boolean":                     {but(weak, "RequireSymbols", "on"), strong, "", "", "does not say what it left"},
		"no number":                      {but(weak, "MinimumPasswordLength", "long"), strong, "", "", "does not say what it left"},
		"no settings":                    {true, strong, "", "", "does not say what it left"},
		"unreadable":                     {weak, nil, denied, "", "could not be read, so nothing was changed"},
		"unreadable, and it was without": {nil, nil, denied, "", "could not be read, so nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			before := map[string]any{"PasswordPolicy": tc.before}
			if tc.before == nil {
				before["PasswordPolicy"] = "none"
			}
			payload := recalled("SetPasswordPolicy", texts(t, before), texts(t, map[string]any{"PasswordPolicy": strong}), map[string]any{
				"read": reading(t, "read", "Policy", tc.now, tc.failure),
			})
			var got struct {
				Action, Change string
				Settings       map[string]any
				After          map[string]any
			}
			err := run(t.Context(), config, decide, payload, &got)
			if tc.action == "" {
				failedWith(t, err, tc.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Action != tc.action || !strings.HasPrefix(got.Change, tc.says) {
				t.Errorf("it would %s: %s; want %s: %s", got.Action, got.Change, tc.action, tc.says)
			}
			_, isBoolean := got.Settings["RequireSymbols"].(bool)
			if len(got.Settings) != 9 || !isBoolean || !cmp.Equal(got.After, before) {
				t.Errorf("Settings are %v, and After is %v, want what was there before", got.Settings, got.After)
			}
		})
	}
}

func TestVerifyUndoPasswordPolicy(t *testing.T) {
	t.Parallel()
	verify := scriptOf(t, "UndoSetPasswordPolicy", "verify")
	was := but(but(but(weakPolicy(), "MaxPasswordAge", 0), "PasswordReusePrevention", 0), "HardExpiry", false)
	delete(was, "ExpirePasswords")
	look := func(now map[string]any, look int) func(*testing.T) (bool, error) {
		return func(t *testing.T) (bool, error) {
			return again(t, verify, map[string]any{"was": was, "policy": now, "look": look})
		}
	}
	checkLooks(t, map[string]lookCase{
		"restored": {look(weakPolicy(), 1), false, ""},
		"said":     {look(but(weakPolicy(), "HardExpiry", false), 5), false, ""},
		"not yet":  {look(strongPolicy(), 1), true, ""},
		"never":    {look(strongPolicy(), 5), false, "is not as it was before the repair"},
		"expires":  {look(but(weakPolicy(), "MaxPasswordAge", 90), 5), false, "is not as it was before the repair"},
	})
	checkGone(t, "UndoSetPasswordPolicy", noPolicy, "The account's password policy was deleted, and IAM does not say that there is none.")
}
