package scripts_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

// Rotation of a key and validation of a trail are on or off.
func TestUndoSwitches(t *testing.T) {
	t.Parallel()
	for document, setting := range map[string]string{"EnableKeyRotation": "KeyRotationEnabled", "EnableTrailValidation": "LogFileValidationEnabled"} {
		script := scriptOf(t, "Undo"+document, "decide")
		state := func(on bool) map[string]bool { return map[string]bool{setting: on} }
		for name, tc := range map[string]struct {
			before, now bool // it is on after every repair
			action      string
			says        string
		}{
			"as the repair left it":         {false, true, "disable", "Restored: "},
			"off again":                     {false, false, "none", "Nothing to change: "},
			"the repair did nothing":        {true, true, "none", "Nothing to change: "},
			"it did nothing, and off since": {true, false, "", "was changed since the repair " + repairID},
		} {
			t.Run(document+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				payload := recalled(document, texts(t, state(tc.before)), texts(t, state(true)), map[string]any{"key": "k", "trail": "t", "enabled": tc.now})
				var got struct {
					Action, Change string
					Before, After  map[string]bool
				}
				err := run(t.Context(), config, script, payload, &got)
				if tc.action == "" {
					refusedWith(t, err, tc.says)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]any{tc.action, state(tc.now), state(tc.before)}, []any{got.Action, got.Before, got.After}); diff != "" {
					t.Errorf("Action, Before, After (-want +got):\n%s", diff)
				}
				if !strings.HasPrefix(got.Change, tc.says) {
					t.Errorf("Change is %q, want %q", got.Change, tc.says)
				}
			})
		}
	}
}

// reading is what Automation records of a step that read something that may not be there.
func reading(t *testing.T, step, output string, value any, failure string) map[string]any {
	t.Helper()
	record := map[string]any{"StepName": step, "StepStatus": "Success", "Outputs": map[string][]string{output: texts(t, value)}}
	if failure != "" {
		record = map[string]any{"StepName": step, "StepStatus": "Failed", "Outputs": map[string]any{}, "FailureMessage": failure}
	}
	return record
}

const denied = "Step fails when it is Execute/Cancelling action. An error occurred (AccessDenied) when calling the operation: no."

func TestUndoPublicAccessBlock(t *testing.T) {
	t.Parallel()
	decide, verify := scriptOf(t, "UndoBlockBucketPublicAccess", "decide"), scriptOf(t, "UndoBlockBucketPublicAccess", "verify")
	type block = map[string]bool
	of := func(acls, ignore, policy, restrict bool) block {
		return block{"BlockPublicAcls": acls, "IgnorePublicAcls": ignore, "BlockPublicPolicy": policy, "RestrictPublicBuckets": restrict}
	}
	all, half, off, none := of(true, true, true, true), of(true, false, true, false), of(false, false, false, false), block{}
	const changed = "The public access block of trail was changed since the repair " + repairID
	for name, tc := range map[string]struct {
		before, now block
		failure     string // of reading
		action      string
		says        string
	}{
		"a part of a block":             {half, all, "", "set", "Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off, as before the repair."},
		"all off":                       {off, all, "", "set", "Restored the public access block: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets off"},
		"no block":                      {none, all, "", "delete", "Restored: the bucket has no public access block, as before the repair."},
		"deleted, as before":            {none, nil, noBlock, "none", "Nothing to change: "},
		"set, as before":                {half, half, "", "none", "Nothing to change: "},
		"the repair did nothing":        {all, all, "", "none", "Nothing to change: "},
		"deleted since":                 {half, nil, noBlock, "", changed},
		"off since, and none before":    {none, off, "", "", changed},
		"another setting":               {half, of(true, true, true, false), "", "", changed},
		"it did nothing, and off since": {all, half, "", "", changed},
		"unreadable":                    {half, nil, denied, "", "could not be read, so nothing more is changed"},
		"unreadable, and none before":   {none, nil, denied, "", "could not be read, so nothing more is changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := recalled("BlockBucketPublicAccess", nil, nil, map[string]any{
				"bucket": "trail", "read": reading(t, "read", "Block", tc.now, tc.failure),
				"outputs": map[string]any{"verify.Before": texts(t, tc.before), "verify.After": texts(t, all)},
			})
			var got struct {
				Action, Change string
				Settings       block
				After          block
			}
			err := run(t.Context(), config, decide, payload, &got)
			if tc.action == "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("error = %v, want %q; it would %s", err, tc.says, got.Action)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := of(false, false, false, false)
			maps.Copy(want, tc.before)
			if diff := cmp.Diff([]any{tc.action, want, tc.before}, []any{got.Action, got.Settings, got.After}); diff != "" {
				t.Errorf("Action, Settings, After (-want +got):\n%s", diff)
			}
			if !strings.HasPrefix(got.Change, tc.says) {
				t.Errorf("Change is %q, want %q", got.Change, tc.says)
			}
		})
	}
	look := func(was, now block, failure string, look int) func(*testing.T) (bool, error) {
		return func(t *testing.T) (bool, error) {
			// The first look is another step's, and the last of this step's counts.
			steps := []any{reading(t, "read", "Block", all, ""), reading(t, "reread", "Block", all, ""), reading(t, "reread", "Block", now, failure)}
			return again(t, verify, map[string]any{"was": was, "steps": steps, "look": look})
		}
	}
	checkLooks(t, map[string]lookCase{
		"restored":            {look(half, half, "", 1), false, ""},
		"restored to none":    {look(none, nil, noBlock, 5), false, ""},
		"not yet":             {look(half, all, "", 4), true, ""},
		"none, and not yet":   {look(none, all, "", 1), true, ""},
		"never":               {look(half, all, "", 5), false, "is not as it was before the repair"},
		"gone instead of set": {look(half, nil, noBlock, 5), false, "is not as it was before the repair"},
		"unreadable":          {look(none, nil, denied, 1), false, "could not be read"},
	})
}

type lookCase struct {
	look  func(*testing.T) (bool, error)
	again bool
	err   string
}

// again runs a verification and gives whether it wants another look.
func again(t *testing.T, script python.Script, payload map[string]any) (bool, error) {
	t.Helper()
	var got struct{ Again *bool }
	if err := run(t.Context(), interpreter(t), script, payload, &got); err != nil {
		return false, err
	}
	if got.Again == nil {
		return false, errors.New("it does not say whether to look again")
	}
	return *got.Again, nil
}

func checkLooks(t *testing.T, cases map[string]lookCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run("verify, "+name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.look(t)
			if got != tc.again || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("again %t, %v; want %t, %q", got, err, tc.again, tc.err)
			}
		})
	}
}

func TestUndoPasswordPolicy(t *testing.T) {
	t.Parallel()
	decide, verify := scriptOf(t, "UndoSetPasswordPolicy", "decide"), scriptOf(t, "UndoSetPasswordPolicy", "verify")
	const noPolicy = "Step fails when it is Execute/Cancelling action. An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: none."
	policy := func(settings string) (p map[string]any) {
		if err := json.Unmarshal([]byte(settings), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	strong := policy(`{"MinimumPasswordLength": 14, "PasswordReusePrevention": 24, "MaxPasswordAge": 90, "RequireSymbols": true, "RequireNumbers": true,
		"RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true, "HardExpiry": false, "ExpirePasswords": true}`)
	// As IAM answers, which leaves out what is not set.
	weak := policy(`{"MinimumPasswordLength": 8, "RequireSymbols": false, "RequireNumbers": true, "RequireUppercaseCharacters": false,
		"RequireLowercaseCharacters": false, "AllowUsersToChangePassword": false, "ExpirePasswords": false}`)
	but := func(p map[string]any, name string, value any) map[string]any {
		p = maps.Clone(p)
		p[name] = value
		return p
	}
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
		"unreadable":                     {weak, nil, denied, "", "could not be read, so nothing more is changed"},
		"unreadable, and it was without": {nil, nil, denied, "", "could not be read, so nothing more is changed"},
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
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("error = %v, want %q; it would %s", err, tc.says, got.Action)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Action != tc.action || !strings.HasPrefix(got.Change, tc.says) {
				t.Errorf("it would %s: %s; want %s: %s", got.Action, got.Change, tc.action, tc.says)
			}
			if len(got.Settings) != 9 || !cmp.Equal(got.After, before) {
				t.Errorf("Settings are %v, and After is %v, want what was there before", got.Settings, got.After)
			}
		})
	}
	look := func(was any, now map[string]any, failure string, look int) func(*testing.T) (bool, error) {
		return func(t *testing.T) (bool, error) {
			steps := []any{reading(t, "read", "Policy", strong, ""), reading(t, "reread", "Policy", strong, ""), reading(t, "reread", "Policy", now, failure)}
			return again(t, verify, map[string]any{"was": map[string]any{"PasswordPolicy": was}, "steps": steps, "look": look})
		}
	}
	checkLooks(t, map[string]lookCase{
		"restored":         {look(weak, but(weak, "HardExpiry", false), "", 5), false, ""},
		"restored to none": {look("none", nil, noPolicy, 1), false, ""},
		"not yet":          {look(weak, strong, "", 1), true, ""},
		"never":            {look(weak, strong, "", 5), false, "is not as it was before the repair"},
		"deleted instead":  {look(weak, nil, noPolicy, 5), false, "is not as it was before the repair"},
		"never deleted":    {look("none", strong, "", 5), false, "is not as it was before the repair"},
		"unreadable":       {look("none", nil, denied, 1), false, "could not be read"},
	})
}
