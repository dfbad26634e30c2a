package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndoOldAccessKeys(t *testing.T) {
	t.Parallel()
	const document, then = "UndoDeactivateOldAccessKeys", "2020-01-01T00:00:00Z"
	decide, verify := scriptOf(t, document, "decide"), scriptOf(t, document, "verify")
	for name, tc := range map[string]struct {
		old    []string    // what the repair deactivated
		now    []accessKey // of the user
		keys   []string    // to be activated
		change string
		err    string // a part of it; then there is no plan
	}{
		"one":                        {old: []string{"A"}, now: []accessKey{inactive("A", then)}, keys: []string{"A"}, change: "Restored: access key A of ann is active again."},
		"both":                       {old: []string{"A", "B"}, now: []accessKey{inactive("B", then), inactive("A", then)}, keys: []string{"A", "B"}, change: "Restored: access key A and B of ann is active again."},
		"one that was off before":    {old: []string{"A"}, now: []accessKey{inactive("A", then), inactive("B", then)}, keys: []string{"A"}, change: "Restored: access key A of ann"},
		"one that is new":            {old: []string{"A"}, now: []accessKey{inactive("A", then), active("B", then)}, keys: []string{"A"}, change: "Restored: access key A of ann"},
		"active again":               {old: []string{"A"}, now: []accessKey{active("A", then)}, change: "Nothing to change: the access keys of ann are as they were before the repair."},
		"one of both active again":   {old: []string{"A", "B"}, now: []accessKey{active("A", then), inactive("B", then)}, keys: []string{"B"}, change: "Restored: access key B of ann"},
		"nothing was deactivated":    {now: []accessKey{inactive("A", then)}, change: "Nothing to change: "},
		"deleted":                    {old: []string{"A"}, err: "Access key A of ann was deleted since the repair " + repairID},
		"one of both deleted":        {old: []string{"A", "B"}, now: []accessKey{inactive("B", then)}, err: "Access key A of ann was deleted"},
		"the user was made anew":     {old: []string{"A", "B"}, now: []accessKey{active("C", then)}, err: "Access key A and B of ann was deleted"},
		"deleted, the other as then": {old: []string{"A", "B"}, now: []accessKey{active("A", then)}, err: "Access key B of ann was deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var before, after []accessKey
			for _, id := range tc.old {
				before, after = append(before, active(id, then)), append(after, inactive(id, then))
			}
			payload := recalled("DeactivateOldAccessKeys", texts(t, before...), texts(t, after...), map[string]any{"user": "ann", "keys": orEmpty(tc.now)})
			var got struct {
				Action, Change string
				Keys           []string
				After          []accessKey
			}
			err := run(t.Context(), config, decide, payload, &got)
			if tc.err != "" {
				refusedWith(t, err, tc.err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := []any{map[bool]string{true: "activate", false: "none"}[len(tc.keys) > 0], orEmpty(tc.keys), orEmpty(before)}
			if diff := cmp.Diff(want, []any{got.Action, got.Keys, got.After}); diff != "" {
				t.Errorf("Action, Keys, After (-want +got):\n%s", diff)
			}
			if !strings.HasPrefix(got.Change, tc.change) {
				t.Errorf("Change is %q, want %q", got.Change, tc.change)
			}
			// It looks again while a key is not active, and says which at the fifth look.
			look := map[string]any{"was": before, "keys": orEmpty(tc.now), "look": 4}
			if before == nil {
				look["was"] = []any{}
			}
			var looked struct{ Again bool }
			if err := run(t.Context(), config, verify, look, &looked); err != nil || looked.Again != (len(tc.keys) > 0) {
				t.Errorf("verify: again is %t, %v", looked.Again, err)
			}
			look["look"] = 5
			err = run(t.Context(), config, verify, look, &looked)
			if (err != nil) != (len(tc.keys) > 0) || err != nil && !strings.Contains(err.Error(), "Access key "+strings.Join(tc.keys, " and ")+" is not active") {
				t.Errorf("verify at the last look: %v", err)
			}
		})
	}
}
