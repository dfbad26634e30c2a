package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndoPublicAccessBlock(t *testing.T) {
	t.Parallel()
	decide := scriptOf(t, "UndoBlockBucketPublicAccess", "decide")
	all, half, off := recorded(true, true, true, true), recorded(true, false, true, false), recorded(false, false, false, false)
	const none, changed = "none", "The public access block of trail was changed since the repair " + repairID
	const noBucket = "Step fails when it is Execute/Cancelling action. An error occurred (NoSuchBucket) when calling the operation: no."
	for name, tc := range map[string]struct {
		before, now any
		failure     string // of reading
		action      string
		says        string
		after       any // before when nil
	}{
		"a part of a block":             {half, all, "", "set", "Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off, as before the repair.", nil},
		"all off":                       {off, all, "", "set", "Restored the public access block: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets off", nil},
		"no block":                      {none, all, "", "delete", "Restored: the bucket has no public access block, as before the repair.", nil},
		"recorded as texts":             {recorded("true", "False", "True", "false"), recorded("true", "true", "true", "true"), "", "set", "Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off", half},
		"deleted, as before":            {none, nil, noBlock, "none", "Nothing to change: ", nil},
		"set, as before":                {half, half, "", "none", "Nothing to change: ", nil},
		"the repair did nothing":        {all, all, "", "none", "Nothing to change: ", nil},
		"deleted since":                 {half, nil, noBlock, "", changed, nil},
		"off since, and none before":    {none, off, "", "", changed, nil},
		"another setting":               {half, recorded(true, true, true, false), "", "", changed, nil},
		"it did nothing, and off since": {all, half, "", "", changed, nil},
		"no Booleans":                   {recorded("true", "true", "on", "true"), all, "", "", "does not say what it left", nil},
		"a setting is left out":         {map[string]any{"BlockPublicAcls": true}, all, "", "", "does not say what it left", nil},
		"no settings":                   {true, all, "", "", "does not say what it left", nil},
		"the bucket is gone":            {half, nil, noBucket, "", "NotImplementedError: Nothing was changed: the bucket trail is gone.", nil},
		"unreadable":                    {half, nil, denied, "", "could not be read, so nothing was changed", nil},
		"unreadable, and none before":   {none, nil, denied, "", "could not be read, so nothing was changed", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			block := func(value any) []string { return texts(t, map[string]any{"PublicAccessBlock": value}) }
			payload := recalled("BlockBucketPublicAccess", nil, nil, map[string]any{
				"bucket": "trail", "read": reading(t, "read", "Block", tc.now, tc.failure),
				"outputs": map[string]any{"verify.Before": block(tc.before), "verify.After": block(all)},
			})
			var got struct {
				Action, Change  string
				Settings, After map[string]any
			}
			err := run(t.Context(), config, decide, payload, &got)
			if tc.action == "" {
				failedWith(t, err, tc.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			after := tc.before
			if tc.after != nil {
				after = tc.after
			}
			settings := after
			if after == none {
				settings = off
			}
			if diff := cmp.Diff([]any{tc.action, settings, after}, []any{got.Action, any(got.Settings), got.After["PublicAccessBlock"]}); diff != "" {
				t.Errorf("Action, Settings, After (-want +got):\n%s", diff)
			}
			if !strings.HasPrefix(got.Change, tc.says) {
				t.Errorf("Change is %q, want %q", got.Change, tc.says)
			}
		})
	}
}

func TestVerifyUndoPublicAccessBlock(t *testing.T) {
	t.Parallel()
	verify := scriptOf(t, "UndoBlockBucketPublicAccess", "verify")
	all, half := recorded(true, true, true, true), recorded(true, false, true, false)
	look := func(now any, look int) func(*testing.T) (bool, error) {
		return func(t *testing.T) (bool, error) {
			return again(t, verify, map[string]any{"was": map[string]any{"PublicAccessBlock": half}, "block": now, "look": look})
		}
	}
	checkLooks(t, map[string]lookCase{
		"restored":         {look(half, 1), false, ""},
		"restored at last": {look(half, 5), false, ""},
		"not yet":          {look(all, 4), true, ""},
		"never":            {look(all, 5), false, "is not as it was before the repair"},
	})
	checkGone(t, "UndoBlockBucketPublicAccess", noBlock, "The public access block was deleted, and S3 does not say that the bucket has none.")
}
