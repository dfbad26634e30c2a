package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndoOldAccessKeys(t *testing.T) {
	t.Parallel()
	const then = "2020-01-01T00:00:00+00:00"
	type undoCase struct {
		old    []string    // what the repair deactivated
		now    []accessKey // of the user
		keys   []string    // to be activated
		change string
		err    string // a part of it; then nothing is done
	}
	cases := map[string]undoCase{
		"one": {old: []string{"A"}, now: []accessKey{inactive("A", then)}, keys: []string{"A"},
			change: "Restored: reactivated access key A of ann."},
		"both": {old: []string{"A", "B"},
			now: []accessKey{inactive("B", then), inactive("A", then)}, keys: []string{"A", "B"},
			change: "Restored: reactivated access keys A and B of ann."},
		"one that was off before": {old: []string{"A"}, now: []accessKey{inactive("A", then), inactive("B", then)},
			keys: []string{"A"}, change: "Restored: reactivated access key A of ann"},
		"one that is new": {old: []string{"A"}, now: []accessKey{inactive("A", then), active("B", then)},
			keys: []string{"A"}, change: "Restored: reactivated access key A of ann"},
		"active again": {old: []string{"A"}, now: []accessKey{active("A", then)},
			change: "Nothing to change: the access keys of ann are as they were before the repair."},
		"one of both active again": {old: []string{"A", "B"},
			now: []accessKey{active("A", then), inactive("B", then)}, keys: []string{"B"},
			change: "Restored: reactivated access key B of ann"},
		"nothing was deactivated": {now: []accessKey{inactive("A", then)}, change: "Nothing to change: "},
		"deleted": {old: []string{"A"},
			err: "Deleted since the repair " + repairID + ": access key A of ann"},
		"one of both deleted": {old: []string{"A", "B"}, now: []accessKey{inactive("B", then)},
			err: ": access key A of ann"},
		"the user was made anew": {old: []string{"A", "B"}, now: []accessKey{active("C", then)},
			err: ": access keys A and B of ann"},
		"deleted, the other as then": {old: []string{"A", "B"}, now: []accessKey{active("A", then)},
			err: ": access key B of ann"},
	}
	before := func(tc undoCase) (was, left []accessKey) {
		for _, id := range tc.old {
			was, left = append(was, active(id, then)), append(left, inactive(id, then))
		}
		return orEmpty(was), orEmpty(left)
	}
	parameters := map[string][]string{"UserName": {"ann"}}
	for by, record := range map[string]func(was, left []accessKey) map[string]any{
		"a program": func(was, left []accessKey) map[string]any {
			return repaired(t, "DeactivateOldAccessKeys", was, left, parameters)
		},
		"steps": func(was, left []accessKey) map[string]any {
			return repairedBySteps("DeactivateOldAccessKeys", texts(t, was...), texts(t, left...), parameters)
		},
		"steps, in one text": func(was, left []accessKey) map[string]any {
			return repairedBySteps("DeactivateOldAccessKeys", texts(t, was), texts(t, left), parameters)
		},
	} {
		t.Run("by "+by, func(t *testing.T) {
			t.Parallel()
			tried(t, "UndoDeactivateOldAccessKeys", cases, func(tc undoCase) []play {
				was, left := before(tc)
				of := func(reads ...any) []play {
					return undoing(record(was, left), map[string][]any{listKeys: reads, updateKey: {object{}}})
				}
				return append(of(keysAnswer(tc.now), keysAnswer(tc.now), keysAnswer(was)), of(keysAnswer(tc.now))[1])
			}, func(t *testing.T, tc undoCase, done []played) {
				plan, undo, stuck := done[0], done[1], done[2]
				if tc.err != "" {
					plan.refused(t, tc.err)
					undo.refused(t, tc.err)
					return
				}
				was, _ := before(tc)
				for _, got := range []played{plan, undo} {
					if got.Error != "" || !strings.HasPrefix(got.Change, tc.change) {
						t.Errorf("%q, %s; want %q", got.Change, got.Error, tc.change)
					}
					if diff := cmp.Diff(orEmpty(tc.keys),
						keyUpdates(t, append(got.Made, got.Planned...), "Active")); diff != "" {
						t.Errorf("activated (-want +got):\n%s", diff)
					}
					checkJSON(t, "After", was, got.After)
				}
				says := ""
				if len(tc.keys) > 0 {
					says = "hubmend:unverified Not active: " + keyNames(tc.keys) +
						". This may have been changed during this run. Check it, then try again."
				}
				if stuck.Error != says {
					t.Errorf("when a key stays: %q, want %q", stuck.Error, says)
				}
			})
		})
	}
}
