package scripts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ninetyBefore is 90 days before the noon at which programs run here, to the second.
const ninetyBefore = "2026-03-03T12:00:00+00:00"

const listKeys, updateKey = "iam:ListAccessKeys", "iam:UpdateAccessKey"

type accessKey struct{ AccessKeyId, Status, CreateDate string } //nolint:revive,staticcheck // as IAM spells it

func active(id, created string) accessKey   { return accessKey{id, "Active", created} }
func inactive(id, created string) accessKey { return accessKey{id, "Inactive", created} }

func keysAnswer(keys []accessKey) object { return object{"AccessKeyMetadata": orEmpty(keys)} }

// keyUpdates returns the ids of the keys whose status a run sets, and demands that it is this one.
func keyUpdates(t *testing.T, calls []call, status string) []string {
	t.Helper()
	ids := []string{}
	for _, c := range calls {
		if c.Call != updateKey {
			continue
		}
		var given struct{ AccessKeyId, UserName, Status string } //nolint:revive,staticcheck // as IAM spells it
		input(t, []call{c}, updateKey, &given)
		if given.UserName != "ann" || given.Status != status {
			t.Errorf("it gives %+v, want ann's key to become %s", given, status)
		}
		ids = append(ids, given.AccessKeyId)
	}
	return ids
}

// deactivating runs the repair with these answers to its reads.
func deactivating(planning bool, days string, reads ...[]accessKey) play {
	answers := map[string][]any{updateKey: {object{}}}
	for _, keys := range reads {
		answers[listKeys] = append(answers[listKeys], keysAnswer(keys))
	}
	return play{map[string]any{"UserName": "ann", "MaxAgeDays": days, "Mode": mode(planning)}, answers}
}

func TestOldAccessKeys(t *testing.T) {
	t.Parallel()
	type keyCase struct {
		keys   []accessKey
		days   string // 90 when empty
		old    []string
		change string
	}
	days := func(tc keyCase) string {
		if tc.days == "" {
			return "90"
		}
		return tc.days
	}
	tried(t, "DeactivateOldAccessKeys", map[string]keyCase{
		"no keys": {change: "Nothing to change: ann has no active access key that is 90 days old."},
		"the exact day": {keys: []accessKey{active("A", ninetyBefore)}, old: []string{"A"},
			change: "Deactivated access key A (created 2026-03-03) of ann."},
		"a second less": {keys: []accessKey{active("A", "2026-03-03T12:00:01+00:00")}},
		"a day more":    {keys: []accessKey{active("A", "2026-03-02T12:00:00+00:00")}, old: []string{"A"}},
		"today":         {keys: []accessKey{active("A", "2026-06-01T11:59:59+00:00")}},
		"inactive":      {keys: []accessKey{inactive("A", "2020-01-01T00:00:00+00:00")}},
		"both": {keys: []accessKey{active("A", "2020-01-01T00:00:00Z"), active("B", "2021-01-01T00:00:00Z")},
			old: []string{"A", "B"}, change: "A (created 2020-01-01) and B (created 2021-01-01) of ann"},
		"one of two": {keys: []accessKey{active("A", "2026-05-01T00:00:00Z"), active("B", "2020-01-01T00:00:00Z")},
			old: []string{"B"}},
		"fewer days": {keys: []accessKey{active("A", "2026-05-31T12:00:00Z"), active("B", "2026-05-31T12:00:01Z")},
			days: "1", old: []string{"A"}},
	}, func(tc keyCase) []play {
		after := slices.Clone(tc.keys)
		for i, key := range after {
			if slices.Contains(tc.old, key.AccessKeyId) {
				after[i].Status = "Inactive"
			}
		}
		return []play{deactivating(true, days(tc), tc.keys), deactivating(false, days(tc), tc.keys, tc.keys, after),
			deactivating(false, days(tc), tc.keys)}
	}, func(t *testing.T, tc keyCase, done []played) {
		plan, repair, stuck := done[0], done[1], done[2]
		before, after := []accessKey{}, []accessKey{}
		for _, key := range tc.keys {
			if slices.Contains(tc.old, key.AccessKeyId) {
				key.CreateDate = strings.Replace(key.CreateDate, "Z", "+00:00", 1)
				before, after = append(before, key), append(after, inactive(key.AccessKeyId, key.CreateDate))
			}
		}
		for _, got := range []played{plan, repair} {
			if got.Error != "" || !strings.Contains(got.Change, tc.change) {
				t.Errorf("%q, %s; want it to say %q", got.Change, got.Error, tc.change)
			}
			checkJSON(t, "Before", before, got.Before)
			checkJSON(t, "After", after, got.After)
			if diff := cmp.Diff(orEmpty(tc.old),
				keyUpdates(t, append(got.Made, got.Planned...), "Inactive")); diff != "" {
				t.Errorf("deactivated (-want +got):\n%s", diff)
			}
		}
		says := ""
		if len(tc.old) > 0 {
			says = "hubmend:unverified Still active after " + days(tc) + " days: " + keyNames(tc.old) +
				". This may have been changed during this run. Start the repair again."
		}
		if stuck.Error != says {
			t.Errorf("when a key stays: %q, want %q", stuck.Error, says)
		}
	})
}

// A key may be deleted meanwhile, or its change may be denied.
func TestOldAccessKeyGoesMeanwhile(t *testing.T) {
	t.Parallel()
	gone, denied := deactivating(false, "90", []accessKey{active("A", ninetyBefore)}, nil), deactivating(false, "90",
		[]accessKey{active("A", ninetyBefore)})
	gone.Answers[updateKey], denied.Answers[updateKey] = []any{"NoSuchEntity"}, []any{"AccessDenied"}
	done := plays(t, "DeactivateOldAccessKeys", gone, denied)
	if done[0].Error != "" || !strings.HasPrefix(done[1].Error, "hubmend:write AccessDenied iam:UpdateAccessKey") {
		t.Errorf("%q, %q", done[0].Error, done[1].Error)
	}
}

// keyNames returns what messages call the keys.
func keyNames(ids []string) string {
	if len(ids) == 1 {
		return "access key " + ids[0]
	}
	return "access keys " + strings.Join(ids, " and ")
}
