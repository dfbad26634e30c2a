package scripts_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// weakPolicy is as IAM answers, which leaves out what is not set.
func weakPolicy() object {
	return object{
		"MinimumPasswordLength": 8.0, "RequireSymbols": false, "RequireNumbers": true,
		"RequireUppercaseCharacters": false,
		"RequireLowercaseCharacters": false, "AllowUsersToChangePassword": false, "ExpirePasswords": false,
	}
}

func but(policy object, name string, value any) object {
	policy = maps.Clone(policy)
	policy[name] = value
	return policy
}

// asTexts is a policy as Automation may record it.
func asTexts(policy object) object {
	written := object{}
	for name, value := range policy {
		written[name] = fmt.Sprint(value)
	}
	return written
}

// restored is what IAM is given for a policy: all settings, but no number that is not set.
func restored(policy object) object {
	all := object{"HardExpiry": false}
	maps.Copy(all, given(policy))
	return all
}

func TestUndoPasswordPolicy(t *testing.T) {
	t.Parallel()
	strong, weak := passing(nil), weakPolicy()
	aging, remembering := but(weak, "MaxPasswordAge", 365.0), but(weak, "PasswordReusePrevention", 5.0)
	const changed = "The account's password policy has changed since the repair " + repairID
	type undoCase struct {
		before object // what the repair noted
		now    any    // what IAM answers
		does   string // empty when it must not
		says   string
	}
	cases := map[string]undoCase{
		"neither age nor reuse": {weak, strong, writePolicy,
			"Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge not set, " +
				"PasswordReusePrevention not set, RequireSymbols false,"},
		"an age": {aging, strong, writePolicy,
			"Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge 365,"},
		"reuse": {remembering, strong, writePolicy, "Restored the account's password policy: "},
		"both": {but(aging, "PasswordReusePrevention", 24.0), strong, writePolicy,
			"Restored the account's password policy: "},
		"none": {nil, strong, deletePolicy,
			"Restored: the account has no password policy, as before the repair."},
		"hard expiry was left out": {weak, passing(object{"HardExpiry": nil}), writePolicy, "Restored "},
		"as before": {weak, but(but(weak, "HardExpiry", false), "MaxPasswordAge", 0), "none",
			"Nothing to change: "},
		"none, as before":        {nil, "NoSuchEntity", "none", "Nothing to change: "},
		"the repair did nothing": {strong, strong, "none", "Nothing to change: "},
		"stricter since":         {weak, but(strong, "MinimumPasswordLength", 20), "", changed},
		"hard expiry since":      {weak, but(strong, "HardExpiry", true), "", changed},
		"none since":             {weak, "NoSuchEntity", "", changed},
		"recorded as texts": {asTexts(weak), strong, writePolicy,
			"Restored the account's password policy: MinimumPasswordLength 8, MaxPasswordAge not set, " +
				"PasswordReusePrevention not set, RequireSymbols false, RequireUppercaseCharacters false,"},
		"changed, with texts": {asTexts(weak), but(strong, "HardExpiry", true), "", changed},
		"no Boolean":          {but(weak, "RequireSymbols", "on"), strong, "", "has no record of its result"},
		"no number": {but(weak, "MinimumPasswordLength", "long"), strong, "",
			"has no record of its result"},
		"unreadable":              {weak, "AccessDenied", "", "hubmend:recall AccessDenied "},
		"unreadable, none before": {nil, "AccessDenied", "", "hubmend:recall AccessDenied "},
	}
	for by, record := range map[string]func(object) map[string]any{
		"a program": func(before object) map[string]any {
			return repaired(t, "SetPasswordPolicy", before, policyRecord(strong), map[string][]string{})
		},
		"steps": func(before object) map[string]any {
			if before["PasswordPolicy"] == nil {
				before = object{"PasswordPolicy": before}
			}
			return repairedBySteps("SetPasswordPolicy", texts(t, before), texts(t, object{"PasswordPolicy": strong}),
				map[string][]string{})
		},
	} {
		t.Run("by "+by, func(t *testing.T) {
			t.Parallel()
			tried(t, "UndoSetPasswordPolicy", cases, func(tc undoCase) []play {
				now := tc.now
				if policy, is := now.(object); is {
					now = policyAnswer(policy)
				}
				reads := []any{now, policyAnswer(tc.before)}
				if tc.does == "" || tc.does == "none" {
					reads = reads[:1]
				}
				return undoing(record(policyRecord(tc.before)),
					map[string][]any{readPolicy: reads, writePolicy: {object{}}, deletePolicy: {object{}}})
			}, func(t *testing.T, tc undoCase, done []played) {
				plan, undo := done[0], done[1]
				if tc.does == "" {
					if !strings.Contains(undo.Error, tc.says) || len(undo.Made) > 2 || plan.Error != undo.Error {
						t.Errorf("%q after %v, want %q", undo.Error, names(undo.Made), tc.says)
					}
					return
				}
				want := []string{tc.does}
				if tc.does == "none" {
					want = []string{}
				}
				if diff := cmp.Diff(want, names(plan.Planned)); diff != "" || undo.Error != "" ||
					!strings.HasPrefix(undo.Change, tc.says) || plan.Change != undo.Change {
					t.Errorf("%q %q (-want +got):\n%s", undo.Error, undo.Change, diff)
				}
				var written object
				input(t, undo.Made, writePolicy, &written)
				if diff := cmp.Diff(asTexts(restored(tc.before)), asTexts(written)); tc.does == writePolicy &&
					diff != "" {
					t.Errorf("written (-want +got):\n%s", diff)
				}
				if by == "a program" && tc.does != "none" {
					checkJSON(t, "After", policyRecord(tc.before), undo.After)
				}
			})
		})
	}
}

// A restored policy may show late: the undo writes once and reads again.
func TestUndoPasswordPolicyLooksAgain(t *testing.T) {
	t.Parallel()
	strong, weak := policyAnswer(passing(nil)), policyAnswer(weakPolicy())
	type lateCase struct {
		before object
		looks  []any // what IAM answers to the first and to each look
		says   string
	}
	tried(t, "UndoSetPasswordPolicy", map[string]lateCase{
		"late":         {weakPolicy(), []any{strong, strong, strong, weak}, ""},
		"in one place": {weakPolicy(), []any{strong, weak, strong, weak}, ""},
		"never": {weakPolicy(), []any{strong},
			"hubmend:unverified The account's password policy does not have its previous value. It may have been " +
				"changed during this run. Check it, then try again."},
		"expires": {weakPolicy(), []any{strong, policyAnswer(but(weakPolicy(), "MaxPasswordAge", 90))},
			"hubmend:unverified The account's password policy does not have its previous value"},
		"none, late": {nil, []any{strong, strong, "NoSuchEntity"}, ""},
		"none, never": {nil, []any{strong},
			"hubmend:unverified The account's password policy was deleted, but IAM still reports one. " +
				"It may have been changed during this run. Check it, then try again."},
		"none, or denied": {nil, []any{strong, "AccessDenied"},
			"hubmend:check AccessDenied iam:GetAccountPasswordPolicy"},
	}, func(tc lateCase) []play {
		record := repaired(t, "SetPasswordPolicy", policyRecord(tc.before), policyRecord(passing(nil)),
			map[string][]string{})
		return undoing(record,
			map[string][]any{readPolicy: tc.looks, writePolicy: {object{}}, deletePolicy: {object{}}})[1:]
	}, func(t *testing.T, tc lateCase, done []played) {
		got := done[0]
		if !strings.HasPrefix(got.Error, tc.says) || (tc.says == "") != (got.Error == "") {
			t.Errorf("%q, want %q", got.Error, tc.says)
		}
		writes := slices.DeleteFunc(names(got.Made),
			func(name string) bool { return name != writePolicy && name != deletePolicy })
		if len(writes) != 1 {
			t.Errorf("it writes %v", writes)
		}
	})
}
