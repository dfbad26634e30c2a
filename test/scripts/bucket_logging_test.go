package scripts_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
)

const (
	getLogging    = "s3:GetBucketLogging"
	getLocation   = "s3:GetBucketLocation"
	getLock       = "s3:GetObjectLockConfiguration"
	getLifecycle  = "s3:GetBucketLifecycleConfiguration"
	getEncryption = "s3:GetBucketEncryption"
	createBucket  = "s3:CreateBucket"
	putLogging    = "s3:PutBucketLogging"

	virginia = "hubmend-access-logs-111111111111-us-east-1"
	ireland  = "hubmend-access-logs-111111111111-eu-west-1"
)

// completed are the calls that make an empty bucket a log bucket.
var completed = []string{
	"s3:PutPublicAccessBlock", "s3:PutBucketOwnershipControls", "s3:PutBucketEncryption", "s3:PutBucketPolicy",
	"s3:PutBucketLifecycleConfiguration",
}

func located(constraint string) map[string]any {
	return map[string]any{"LocationConstraint": constraint}
}

// logsTo is S3's answer about where a bucket logs to; nothing when it does not.
func logsTo(bucket, prefix string) map[string]any {
	if bucket == "" {
		return map[string]any{}
	}
	return map[string]any{"LoggingEnabled": map[string]any{"TargetBucket": bucket, "TargetPrefix": prefix,
		"TargetObjectKeyFormat": map[string]any{"SimplePrefix": map[string]any{}}}}
}

func to(bucket, prefix string) map[string]any {
	return map[string]any{"TargetBucket": bucket, "TargetPrefix": prefix}
}

func encrypted(algorithm string) map[string]any {
	rule := map[string]any{"BucketKeyEnabled": false}
	if algorithm != "" {
		rule["ApplyServerSideEncryptionByDefault"] = map[string]any{"SSEAlgorithm": algorithm}
	}
	return map[string]any{"ServerSideEncryptionConfiguration": map[string]any{"Rules": []any{rule}}}
}

// unlogged is the repair of a bucket that does not log, while there is no log bucket; some answers are others.
func unlogged(events map[string]any, others map[string][]any) play {
	all := map[string]any{"BucketName": "trail", "RetentionInDays": "365"}
	maps.Copy(all, events)
	answers := map[string][]any{
		getLogging: {logsTo("", "")}, getLocation: {located(""), "NoSuchBucket"},
		getLock:      {"ObjectLockConfigurationNotFoundError"},
		getLifecycle: {"NoSuchLifecycleConfiguration"}, createBucket: done, putLogging: done,
	}
	for _, call := range completed {
		answers[call] = done
	}
	maps.Copy(answers, others)
	return play{all, answers}
}

func TestEnableBucketLogging(t *testing.T) {
	t.Parallel()
	turned := func(to string) string { return "Turned on access logging to " + to + " with the prefix trail/." }
	for name, tc := range map[string]struct {
		bucket, region string // trail and us-east-1 when empty
		constraint     any
		target         map[string]any
		days           string // 365 when empty
		to             string // the log bucket; empty when nothing is to be done
		change         string
		err            string // a part of the refusal
	}{
		"us-east-1 has no constraint": {to: virginia, change: turned(virginia)},
		"us-east-1 with an empty one": {constraint: "", to: virginia, change: turned(virginia)},
		"another Region": {region: "eu-west-1", constraint: "eu-west-1", to: ireland,
			change: turned(ireland)},
		"EU is how old buckets say it": {region: "eu-west-1", constraint: "EU", to: ireland,
			change: turned(ireland)},
		"a bucket that is like the log one": {bucket: virginia + "-2", to: virginia,
			change: "Turned on access logging to " + virginia + " with the prefix " + virginia + "-2/."},
		"other days": {days: "30", to: virginia, change: turned(virginia)},
		"logs already": {target: logsTo("team", "s3/"),
			change: "Nothing to change: the bucket logs to team."},
		"logs already, in another Region": {constraint: "eu-west-1", target: logsTo("team", ""),
			change: "Nothing to change: the bucket logs to team."},
		"the log bucket logs elsewhere": {bucket: virginia, target: logsTo("team", ""),
			change: "Nothing to change: the bucket logs to team."},
		"the log bucket itself": {bucket: virginia, err: virginia + " stores Hubmend's access logs."},
		"the log bucket of another Region": {bucket: ireland, constraint: "eu-west-1",
			err: "is in eu-west-1, but this repair ran in us-east-1"},
		"a bucket of another Region": {region: "eu-west-1", constraint: "eu-central-1",
			err: "The bucket trail is in eu-central-1, but this repair ran in eu-west-1."},
		"a bucket of us-east-1 from abroad": {region: "eu-west-1", err: "Turn on access logging in us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, answers := map[string]any{"Mode": "plan"}, map[string][]any{
				getLocation: {map[string]any{"LocationConstraint": tc.constraint}, "NoSuchBucket"}}
			if tc.bucket != "" {
				events["BucketName"] = tc.bucket
			}
			if tc.target != nil {
				answers[getLogging] = []any{tc.target}
			}
			days := "365"
			if tc.days != "" {
				days, events["RetentionInDays"] = tc.days, tc.days
			}
			region := "us-east-1"
			if tc.region != "" {
				region = tc.region
			}
			repair := unlogged(events, answers)
			got := playsIn(t, home(region, "aws"), "EnableBucketLogging", repair)[0]
			if tc.err != "" {
				got.refused(t, tc.err)
				return
			}
			planned, before, after := append(append([]string{createBucket}, completed...), putLogging), to("",
				""), to(tc.to, repair.Events["BucketName"].(string)+"/")
			if tc.to == "" {
				target := tc.target["LoggingEnabled"].(map[string]any)
				planned, before = []string{}, to(target["TargetBucket"].(string), target["TargetPrefix"].(string))
				after = before
			}
			if diff := cmp.Diff([]any{planned, before, after, tc.change},
				[]any{names(got.Planned), decoded(t, got.Before), decoded(t, got.After), got.Change}); diff != "" ||
				got.Error != "" {
				t.Errorf("%s (-want +got):\n%s", got.Error, diff)
			}
			var lifecycle struct {
				LifecycleConfiguration struct{ Rules []map[string]any }
			}
			input(t, got.Planned, "s3:PutBucketLifecycleConfiguration", &lifecycle)
			if rules := lifecycle.LifecycleConfiguration.Rules; tc.to != "" &&
				!cmp.Equal(rules[0]["Expiration"], any(map[string]any{"Days": number(t, days)})) {
				t.Errorf("lifecycle %v, want %s days", rules, days)
			}
		})
	}
}

// The log bucket is created or completed before the bucket changes, and some log buckets are refused.
func TestLogBucket(t *testing.T) {
	t.Parallel()
	ours, complete := []any{located(""), located("")}, []any{map[string]any{"Rules": []any{}}}
	locked := func(rule any) []any {
		return []any{map[string]any{"ObjectLockConfiguration": map[string]any{"ObjectLockEnabled": "Enabled",
			"Rule": rule}}}
	}
	retained := func(mode string) []any {
		return locked(map[string]any{"DefaultRetention": map[string]any{"Mode": mode, "Days": 7}})
	}
	made := append([]string{createBucket}, completed...)
	const kept = "The default encryption of the log bucket " + virginia + " is not SSE-S3 (AES256)"
	const denied = "The bucket " + virginia +
		" does not belong to account 111111111111, or its policy denies this."
	for name, tc := range map[string]struct {
		answers map[string][]any
		writes  []string
		says    string // the failure
	}{
		"missing":        {nil, made, ""},
		"left half made": {map[string][]any{getLocation: ours}, completed, ""},
		"complete": {map[string][]any{getLocation: ours, getLifecycle: complete,
			getEncryption: {encrypted("AES256")}}, nil, ""},
		"a lock without retention": {map[string][]any{getLocation: ours, getLock: locked(map[string]any{})}, completed,
			""},
		"another account's": {map[string][]any{getLocation: {located(""), "AccessDenied"},
			createBucket: {"BucketAlreadyExists"}}, nil,
			"hubmend:write BucketAlreadyExists s3:CreateBucket: no. Another AWS account has a bucket named " +
				virginia + "."},
		"ours, and denies everything": {map[string][]any{getLocation: {located(""), "AccessDenied"},
			getLock: {"AccessDenied"}}, nil,
			"hubmend:check AccessDenied s3:GetObjectLockConfiguration: no. " + denied},
		"ours, and its lifecycle is denied": {map[string][]any{getLocation: ours, getLifecycle: {"AccessDenied"}}, nil,
			"hubmend:read AccessDenied s3:GetBucketLifecycleConfiguration: no. " + denied},
		"compliance": {map[string][]any{getLocation: ours, getLock: retained("COMPLIANCE")}, nil,
			"hubmend:refused The log bucket " + virginia + " has Object Lock with a default retention (COMPLIANCE)"},
		"governance": {map[string][]any{getLocation: ours, getLifecycle: complete,
			getLock: retained("GOVERNANCE")}, nil, "hubmend:refused The log bucket "},
		"its lock is denied": {map[string][]any{getLocation: ours, getLock: {"AccessDenied"}}, nil,
			"hubmend:read AccessDenied s3:GetObjectLockConfiguration: no"},
		"a KMS key": {map[string][]any{getLocation: ours, getLifecycle: complete,
			getEncryption: {encrypted("aws:kms")}}, nil, "hubmend:refused " + kept},
		"no algorithm": {map[string][]any{getLocation: ours, getLifecycle: complete,
			getEncryption: {encrypted("")}}, nil, "hubmend:refused " + kept},
		"its encryption is denied": {map[string][]any{getLocation: ours, getLifecycle: complete,
			getEncryption: {"AccessDenied"}}, nil, "hubmend:read AccessDenied s3:GetBucketEncryption: no"},
		"its policy may not be set": {map[string][]any{"s3:PutBucketPolicy": {"AccessDenied"}}, nil,
			"hubmend:write AccessDenied s3:PutBucketPolicy: no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]any{getLogging: {logsTo("", ""), logsTo(virginia, "trail/")}}
			maps.Copy(answers, tc.answers)
			got := plays(t, "EnableBucketLogging", unlogged(nil, answers))[0]
			if tc.says != "" {
				got.says(t, tc.says)
				return
			}
			if diff := cmp.Diff(append(slices.Clone(tc.writes), putLogging), got.writes()); diff != "" ||
				got.Error != "" {
				t.Errorf("%s, writes (-want +got):\n%s", got.Error, diff)
			}
		})
	}
}

// A new log bucket is not visible everywhere yet, and another repair may create it at the same time.
func TestLogBucketIsNew(t *testing.T) {
	t.Parallel()
	late := []any{"NoSuchBucket", "OperationAborted", done[0]}
	answers := map[string][]any{
		getLogging:  {logsTo("", ""), logsTo(ireland, "trail/"), logsTo("", ""), logsTo(ireland, "trail/")},
		getLocation: {located("EU"), "NoSuchBucket"},
		getLock:     {"NoSuchBucket"}, getLifecycle: {"NoSuchBucket"}, createBucket: {"BucketAlreadyOwnedByYou"},
		putLogging: {"InvalidTargetBucketForLogging", done[0]},
	}
	want := []string{createBucket}
	for _, call := range completed {
		answers[call] = late
		want = append(want, call, call, call)
	}
	got := playsIn(t, home("eu-west-1", "aws"), "EnableBucketLogging", unlogged(nil, answers))[0]
	if diff := cmp.Diff(append(want, putLogging, putLogging), got.writes()); diff != "" || got.Error != "" {
		t.Errorf("%s, writes (-want +got):\n%s", got.Error, diff)
	}
	var created map[string]any
	input(t, got.Made, createBucket, &created)
	if diff := cmp.Diff(map[string]any{"Bucket": ireland, "CreateBucketConfiguration": located("eu-west-1")},
		created); diff != "" {
		t.Errorf("CreateBucket (-want +got):\n%s", diff)
	}
	plays(t, "EnableBucketLogging", unlogged(nil, nil))[0].says(t,
		"hubmend:unverified S3 does not report "+virginia+" as the log bucket. Start the repair again.")
}

func TestUndoBucketLogging(t *testing.T) {
	t.Parallel()
	const changed = "Access logging of the bucket trail has changed since the repair " + repairID
	const restored, same = "Restored: access logging of the bucket is off, as before the repair. The log bucket stays.", "Nothing to change: the bucket logs as it did before the repair."
	none, ours, theirs := to("", ""), to(virginia, "trail/"), to("team", "")
	with := func(name string, value any) map[string]any {
		answer := logsTo(virginia, "trail/")
		answer["LoggingEnabled"].(map[string]any)[name] = value
		return answer
	}
	dated := map[string]any{"PartitionedPrefix": map[string]any{"PartitionDateSource": "EventTime"}}
	for name, tc := range map[string]struct {
		before, after, now map[string]any
		change             string // empty when it is refused
	}{
		"as the repair left it": {none, ours, logsTo(virginia, "trail/"), restored},
		"off again":             {none, ours, logsTo("", ""), same},
		"another prefix":        {none, ours, logsTo(virginia, "mine/"), ""},
		"no prefix":             {none, ours, logsTo(virginia, ""), ""},
		"another bucket":        {none, ours, logsTo("team", ""), ""},
		"grants besides": {none, ours, with("TargetGrants", []any{map[string]any{"Permission": "READ"}}),
			""},
		"names by date": {none, ours, with("TargetObjectKeyFormat", dated), ""},
		"the repair did nothing": {theirs, theirs,
			map[string]any{"LoggingEnabled": map[string]any{"TargetBucket": "team", "TargetObjectKeyFormat": dated}},
			same},
		"it did nothing, and off since": {theirs, theirs, logsTo("", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undo := func(record map[string]any) play {
				return play{map[string]any{"ExecutionId": repairID, "Mode": "plan"},
					map[string][]any{"ssm:GetAutomationExecution": {record}, getLogging: {tc.now}}}
			}
			parameters := map[string][]string{"BucketName": {"trail"}, "RetentionInDays": {"365"}}
			for _, got := range plays(t, "UndoEnableBucketLogging",
				undo(repaired(t, "EnableBucketLogging", tc.before, tc.after, parameters)),
				undo(stepped(t, "EnableBucketLogging", "decide", tc.before, tc.after, parameters))) {
				if tc.change == "" {
					got.refused(t, changed)
					continue
				}
				planned := []string{}
				if tc.change == restored {
					planned = []string{putLogging}
				}
				if diff := cmp.Diff([]any{planned, tc.before, tc.change},
					[]any{names(got.Planned), decoded(t, got.After), got.Change}); diff != "" || got.Error != "" {
					t.Errorf("%s (-want +got):\n%s", got.Error, diff)
				}
			}
		})
	}
}

func TestUndoOfBucketLoggingIsVerified(t *testing.T) {
	t.Parallel()
	undo := func(reads ...any) play {
		record := repaired(t, "EnableBucketLogging", to("", ""), to(virginia, "trail/"),
			map[string][]string{"BucketName": {"trail"}})
		return play{map[string]any{"ExecutionId": repairID},
			map[string][]any{"ssm:GetAutomationExecution": {record}, getLogging: reads, putLogging: done}}
	}
	on, off := logsTo(virginia, "trail/"), logsTo("", "")
	got := plays(t, "UndoEnableBucketLogging", undo(on, on, off, on, off), undo(on), undo("NoSuchBucket"))
	var put struct{ BucketLoggingStatus map[string]any }
	if input(t, got[0].Made, putLogging, &put); got[0].Error != "" || put.BucketLoggingStatus == nil ||
		len(put.BucketLoggingStatus) > 0 {
		t.Errorf("%s, PutBucketLogging is given %v", got[0].Error, put)
	}
	got[1].says(t, "hubmend:unverified The bucket still logs to "+virginia+
		". This may have been changed during this run. Check it, then try again.")
	got[2].says(t, "hubmend:recall NoSuchBucket s3:GetBucketLogging: no")
}

// A bucket's ARN holds no account, and a finding is not trusted. S3 refuses a call on a bucket that is not the expected
// account's; the emulator does not, so no scenario shows it. Every play looks at it, too.
func TestCallsOnBucketsNameTheOwner(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, r := range catalog.Embedded().Runbooks {
		for _, call := range r.Document.Program {
			if !strings.HasPrefix(call.Name, "s3:") || call.Name == createBucket {
				continue
			}
			calls++
			if !slices.Contains(call.Parameters, "ExpectedBucketOwner") {
				t.Errorf("%s: %s has no ExpectedBucketOwner", r.Name, call.Name)
			}
		}
	}
	if calls == 0 {
		t.Error("no runbook calls S3")
	}
}
