package scripts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	getBlock    = "s3:GetPublicAccessBlock"
	putBlock    = "s3:PutPublicAccessBlock"
	deleteBlock = "s3:DeletePublicAccessBlock"
	noBlock     = "NoSuchPublicAccessBlockConfiguration"
)

var blockSettings = []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}

// recorded returns a public access block with these four settings.
func recorded(values ...any) map[string]any {
	all := map[string]any{}
	for i, value := range values {
		all[blockSettings[i]] = value
	}
	return all
}

var (
	allOn  = recorded(true, true, true, true)
	allOff = recorded(false, false, false, false)
	halfOn = recorded(true, false, true, false)
	none   = map[string]any{"PublicAccessBlock": "none"}
)

// blocks are S3's answers about a block: a text is the code of an error.
func blocks(all ...any) []any {
	var answers []any
	for _, one := range all {
		if settings, is := one.(map[string]any); is {
			one = map[string]any{"PublicAccessBlockConfiguration": settings}
		}
		answers = append(answers, one)
	}
	return answers
}

func TestBlockBucketPublicAccess(t *testing.T) {
	t.Parallel()
	const all = "BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets"
	for name, tc := range map[string]struct {
		now    any
		before map[string]any
		change string
	}{
		"none":    {noBlock, none, "Turned on " + all + "; the bucket had no public access block."},
		"all off": {allOff, allOff, "Turned on " + all + "."},
		"one off": {recorded(true, true, true, false), recorded(true, true, true, false),
			"Turned on RestrictPublicBuckets."},
		"two off": {recorded(true, false, false, true), recorded(true, false, false, true),
			"Turned on IgnorePublicAcls and BlockPublicPolicy."},
		"a setting that S3 left out": {recorded(true, true, true), recorded(true, true, true, false),
			"Turned on RestrictPublicBuckets."},
		"all on": {allOn, allOn, "Nothing to change: the bucket blocks all public access."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "BlockBucketPublicAccess",
				play{map[string]any{"BucketName": "trail", "Mode": "plan"},
					map[string][]any{getBlock: blocks(tc.now)}})[0]
			if diff := cmp.Diff([]any{tc.before, allOn, tc.change},
				[]any{decoded(t, got.Before), decoded(t, got.After), got.Change}); diff != "" || got.Error != "" {
				t.Errorf("%s, Before, After, Change (-want +got):\n%s", got.Error, diff)
			}
			var put struct{ PublicAccessBlockConfiguration map[string]any }
			input(t, got.Planned, putBlock, &put)
			if planned := len(got.Planned) == 1 &&
				cmp.Equal(put.PublicAccessBlockConfiguration, allOn); planned == cmp.Equal(tc.now, any(allOn)) {
				t.Errorf("planned %s", got.Planned)
			}
		})
	}
}

// Two reads in a row count, and a denied read is not the same as no setting.
func TestPublicAccessBlockIsVerified(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reads []any
		says  string // the failure; empty when there is none
	}{
		"at once": {[]any{noBlock, allOn}, ""},
		"late":    {[]any{noBlock, noBlock, allOff, allOn, allOff, allOn}, ""},
		"one off": {[]any{halfOn, recorded(true, true, true, false)},
			"hubmend:unverified Public access to the bucket is not blocked: RestrictPublicBuckets is off. It may"},
		"two off": {[]any{halfOn, recorded(false, true, false, true)},
			"hubmend:unverified Public access to the bucket is not blocked: BlockPublicAcls and BlockPublicPolicy " +
				"are off. "},
		"none": {[]any{noBlock},
			"hubmend:unverified Public access to the bucket is not blocked: BlockPublicAcls, IgnorePublicAcls, " +
				"BlockPublicPolicy and RestrictPublicBuckets are off. "},
		"unreadable": {[]any{"AccessDenied"},
			"hubmend:read AccessDenied s3:GetPublicAccessBlock: no. The bucket trail does not belong to account " +
				"111111111111, or its policy denies this."},
		"gone": {[]any{"NoSuchBucket"}, "hubmend:read NoSuchBucket s3:GetPublicAccessBlock: no"},
		"unreadable afterwards": {[]any{noBlock, "AccessDenied"},
			"hubmend:check AccessDenied s3:GetPublicAccessBlock: no. "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "BlockBucketPublicAccess",
				play{map[string]any{"BucketName": "trail"},
					map[string][]any{getBlock: blocks(tc.reads...), putBlock: {"OperationAborted", done[0]}}})[0]
			if got.says(t, tc.says); tc.says == "" && got.Error != "" {
				t.Error(got.Error)
			}
		})
	}
}

func TestUndoPublicAccessBlock(t *testing.T) {
	t.Parallel()
	const changed, unsaid = "The public access block of trail has changed since the repair " +
		repairID, "has no record of its result"
	one := func(block any) any { return map[string]any{"PublicAccessBlock": block} } // how a document of steps wrote it
	for name, tc := range map[string]struct {
		before, after, now any
		writes             []string
		says               string // the change, or the refusal when there are no writes
	}{
		"a part of a block": {halfOn, allOn, allOn, []string{putBlock},
			"Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off, as before the repair."},
		"all off": {allOff, allOn, allOn, []string{putBlock},
			"Restored the public access block: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, " +
				"RestrictPublicBuckets off, as before the repair."},
		"no block": {none, allOn, allOn, []string{deleteBlock},
			"Restored: the bucket has no public access block, as before the repair."},
		"of steps": {one(halfOn), one(allOn), allOn, []string{putBlock},
			"Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off, as before the repair."},
		"of steps, no block": {one("none"), one(allOn), allOn, []string{deleteBlock},
			"Restored: the bucket has no public access block, as before the repair."},
		"of steps, as texts": {one(recorded("true", "False", "True", "false")),
			one(recorded("true", "true", "true", "true")), allOn, []string{putBlock},
			"Restored the public access block: IgnorePublicAcls, RestrictPublicBuckets off, as before the repair."},
		"deleted, as before": {none, allOn, noBlock, []string{},
			"Nothing to change: the public access block is as it was before the repair."},
		"set, as before": {halfOn, allOn, halfOn, []string{},
			"Nothing to change: the public access block is as it was before the repair."},
		"the repair did nothing": {allOn, allOn, allOn, []string{},
			"Nothing to change: the public access block is as it was before the repair."},
		"deleted since":                 {halfOn, allOn, noBlock, nil, changed},
		"off since, and none before":    {none, allOn, allOff, nil, changed},
		"another setting":               {halfOn, allOn, recorded(true, true, true, false), nil, changed},
		"it did nothing, and off since": {allOn, allOn, halfOn, nil, changed},
		"no Booleans":                   {one(recorded("true", "true", "on", "true")), one(allOn), allOn, nil, unsaid},
		"a setting is left out":         {recorded(true), allOn, allOn, nil, unsaid},
		"no settings":                   {one(true), one(allOn), allOn, nil, unsaid},
		"a list":                        {[]any{}, allOn, allOn, nil, unsaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undo := func(record map[string]any) play {
				return play{map[string]any{"ExecutionId": repairID, "Mode": "plan"},
					map[string][]any{"ssm:GetAutomationExecution": {record}, getBlock: blocks(tc.now)}}
			}
			parameters := map[string][]string{"BucketName": {"trail"}}
			for _, got := range plays(t, "UndoBlockBucketPublicAccess",
				undo(repaired(t, "BlockBucketPublicAccess", tc.before, tc.after, parameters)),
				undo(stepped(t, "BlockBucketPublicAccess", "verify", tc.before, tc.after, parameters))) {
				if tc.writes == nil {
					got.refused(t, tc.says)
					continue
				}
				if diff := cmp.Diff([]any{tc.writes, tc.says}, []any{names(got.Planned), got.Change}); diff != "" ||
					got.Error != "" {
					t.Errorf("%s (-want +got):\n%s", got.Error, diff)
				}
			}
		})
	}
}

// The undo writes once, and then reads until two reads in a row show the previous value.
func TestUndoOfPublicAccessBlockIsVerified(t *testing.T) {
	t.Parallel()
	const late = "hubmend:unverified The public access block does not have its previous value. It may have been " +
		"changed during this run. Check it, then try again."
	for name, tc := range map[string]struct {
		before map[string]any
		reads  []any
		wrote  string // empty when it did not
		given  any    // the settings
		says   string
	}{
		"restored":      {halfOn, []any{allOn, halfOn}, putBlock, halfOn, ""},
		"restored late": {halfOn, []any{allOn, allOn, halfOn, allOn, halfOn}, putBlock, halfOn, ""},
		"never":         {halfOn, []any{allOn}, putBlock, halfOn, late},
		"deleted":       {none, []any{allOn, noBlock}, deleteBlock, nil, ""},
		"deleted late":  {none, []any{allOn, allOn, noBlock}, deleteBlock, nil, ""},
		"never deleted": {none, []any{allOn}, deleteBlock, nil, late},
		"deleted, or denied": {none, []any{allOn, "AccessDenied"}, deleteBlock, nil,
			"hubmend:check AccessDenied s3:GetPublicAccessBlock: no. "},
		"the bucket is gone": {halfOn, []any{"NoSuchBucket"}, "", nil,
			"hubmend:recall NoSuchBucket s3:GetPublicAccessBlock: no"},
		"unreadable, none before": {none, []any{"AccessDenied"}, "", nil,
			"hubmend:recall AccessDenied s3:GetPublicAccessBlock: no. "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "UndoBlockBucketPublicAccess",
				play{map[string]any{"ExecutionId": repairID}, map[string][]any{
					"ssm:GetAutomationExecution": {repaired(t, "BlockBucketPublicAccess", tc.before, allOn,
						map[string][]string{"BucketName": {"trail"}})},
					getBlock: blocks(tc.reads...), putBlock: done, deleteBlock: done,
				}})[0]
			if got.says(t, tc.says); tc.says == "" && got.Error != "" {
				t.Error(got.Error)
			}
			want := []string{}
			if tc.wrote != "" {
				want = append(want, tc.wrote)
			}
			if diff := cmp.Diff(want, got.writes()); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
			var put struct{ PublicAccessBlockConfiguration any }
			if input(t, got.Made, putBlock, &put); !cmp.Equal(put.PublicAccessBlockConfiguration, tc.given) {
				t.Errorf("it sets %v, want %v", put.PublicAccessBlockConfiguration, tc.given)
			}
		})
	}
}
