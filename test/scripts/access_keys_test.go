package scripts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noon is a moment as Systems Manager writes it; ninetyBefore is 90 days earlier to the second.
const (
	noon         = "2026-06-01_12.00.00"
	ninetyBefore = "2026-03-03T12:00:00+00:00"
)

type accessKey struct{ AccessKeyId, Status, CreateDate string } //nolint:revive,staticcheck // as IAM spells it

func active(id, created string) accessKey   { return accessKey{id, "Active", created} }
func inactive(id, created string) accessKey { return accessKey{id, "Inactive", created} }

type oldKeys struct {
	Keys       []accessKey `json:"keys"`
	UserName   string      `json:"userName"`
	MaxAgeDays string      `json:"maxAgeDays"`
	Now        string      `json:"now"`
	Look       int         `json:"look"`
}

func TestOldAccessKeys(t *testing.T) {
	t.Parallel()
	decide, verify := scriptOf(t, "DeactivateOldAccessKeys", "decide"), scriptOf(t, "DeactivateOldAccessKeys", "verify")
	for name, tc := range map[string]struct {
		keys   []accessKey
		days   string // 90 when empty
		old    []string
		change string
	}{
		"no keys":           {change: "Nothing to change: ann has no active access key that is 90 days old."},
		"the exact day":     {keys: []accessKey{active("A", ninetyBefore)}, old: []string{"A"}, change: "Deactivated access key A (created 2026-03-03) of ann."},
		"a second less":     {keys: []accessKey{active("A", "2026-03-03T12:00:01+00:00")}},
		"a day more":        {keys: []accessKey{active("A", "2026-03-02T12:00:00+00:00")}, old: []string{"A"}},
		"today":             {keys: []accessKey{active("A", "2026-06-01T11:59:59+00:00")}},
		"inactive":          {keys: []accessKey{inactive("A", "2020-01-01T00:00:00+00:00")}},
		"both":              {keys: []accessKey{active("A", "2020-01-01T00:00:00Z"), active("B", "2021-01-01T00:00:00Z")}, old: []string{"A", "B"}, change: "A (created 2020-01-01) and B (created 2021-01-01) of ann"},
		"one of two":        {keys: []accessKey{active("A", "2026-05-01T00:00:00Z"), active("B", "2020-01-01T00:00:00Z")}, old: []string{"B"}},
		"UTC as Z":          {keys: []accessKey{active("A", "2026-03-03T12:00:00Z")}, old: []string{"A"}},
		"with milliseconds": {keys: []accessKey{active("A", "2026-03-03T12:00:00.001Z")}},
		"with a space":      {keys: []accessKey{active("A", "2026-03-03 12:00:00+00:00")}, old: []string{"A"}},
		"no offset is UTC":  {keys: []accessKey{active("A", "2026-03-03T12:00:00")}, old: []string{"A"}},
		"another time zone": {keys: []accessKey{active("A", "2026-03-03T14:00:00+02:00"), active("B", "2026-03-03T12:00:00-01:00")}, old: []string{"A"}},
		"fewer days":        {keys: []accessKey{active("A", "2026-05-31T12:00:00Z"), active("B", "2026-05-31T12:00:01Z")}, days: "1", old: []string{"A"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := oldKeys{Keys: orEmpty(tc.keys), UserName: "ann", MaxAgeDays: tc.days, Now: noon, Look: 4}
			if tc.days == "" {
				payload.MaxAgeDays = "90"
			}
			var got struct {
				Action, Change string
				Old            []string
				Before, After  []accessKey
			}
			if err := run(t.Context(), config, decide, payload, &got); err != nil {
				t.Fatal(err)
			}
			var before []string
			var after []accessKey
			for _, key := range got.Before {
				before, after = append(before, key.AccessKeyId), append(after, inactive(key.AccessKeyId, key.CreateDate))
			}
			if diff := cmp.Diff(orEmpty(after), got.After); diff != "" {
				t.Errorf("After (-want +got):\n%s", diff)
			}
			want := []any{map[bool]string{true: "deactivate", false: "none"}[len(tc.old) > 0], orEmpty(tc.old), orEmpty(tc.old)}
			if diff := cmp.Diff(want, []any{got.Action, got.Old, orEmpty(before)}); diff != "" {
				t.Errorf("Action, Old, Before (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.Change, tc.change) {
				t.Errorf("Change is %q, want it to say %q", got.Change, tc.change)
			}
			var looked struct{ Again bool }
			if err := run(t.Context(), config, verify, payload, &looked); err != nil || looked.Again != (len(tc.old) > 0) {
				t.Errorf("verify: again is %t, %v", looked.Again, err)
			}
			payload.Look = 5
			err := run(t.Context(), config, verify, payload, &looked)
			if (err != nil) != (len(tc.old) > 0) || err != nil && !strings.Contains(err.Error(), strings.Join(tc.old, " and ")+" is "+payload.MaxAgeDays+" days old and still active") {
				t.Errorf("verify at the last look: %v", err)
			}
		})
	}
}

// IAM gives a user two keys; a script that is given more must still say what it found.
func TestManyOldAccessKeys(t *testing.T) {
	t.Parallel()
	config := interpreter(t)
	payload := oldKeys{UserName: "ann", MaxAgeDays: "90", Now: noon}
	for i := range 120 {
		payload.Keys = append(payload.Keys, active(fmt.Sprintf("AKIA%016d", i), "2020-01-01T00:00:00Z"))
	}
	var got struct{ Old []string }
	if err := run(t.Context(), config, scriptOf(t, "DeactivateOldAccessKeys", "decide"), payload, &got); err != nil || len(got.Old) != 120 {
		t.Errorf("found %d of 120, %v", len(got.Old), err)
	}
}
