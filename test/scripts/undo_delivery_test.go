package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planned is what an undo decides about a setting that is a map of texts.
type planned struct {
	Action        string
	Before, After map[string]string
	Change        string
}

func TestUndoBucketLogging(t *testing.T) {
	t.Parallel()
	const document, changed = "UndoEnableBucketLogging", "Where the bucket trail logs to was changed since the repair " + repairID
	decide := scriptOf(t, document, "decide")
	type target = map[string]string
	to := func(bucket, prefix string) target { return target{"TargetBucket": bucket, "TargetPrefix": prefix} }
	none, ours, theirs := to("", ""), to("hubmend-access-logs-1-us-east-1", "trail/"), to("team", "")
	const restored, same = "Restored: access to the bucket is not logged, as before the repair; the log bucket stays.", "Nothing to change: the bucket logs as it did before the repair."
	for name, tc := range map[string]struct {
		before, after, now target
		grants             any
		dates              string
		want               planned
		err                string // a part of it; then there is no plan
	}{
		"as the repair left it":         {before: none, after: ours, now: ours, want: planned{"stop", ours, none, restored}},
		"off again":                     {before: none, after: ours, now: none, want: planned{"none", none, none, same}},
		"left out":                      {before: none, after: ours, now: target{}, want: planned{"none", none, none, same}},
		"another prefix":                {before: none, after: ours, now: to(ours["TargetBucket"], "mine/"), err: changed},
		"no prefix":                     {before: none, after: ours, now: target{"TargetBucket": ours["TargetBucket"]}, err: changed},
		"another bucket":                {before: none, after: ours, now: theirs, err: changed},
		"grants besides":                {before: none, after: ours, now: ours, grants: []any{map[string]string{"Permission": "READ"}}, err: changed},
		"names by date":                 {before: none, after: ours, now: ours, dates: "EventTime", err: changed},
		"the repair did nothing":        {before: theirs, after: theirs, now: theirs, dates: "EventTime", want: planned{"none", theirs, theirs, same}},
		"it did nothing, and off since": {before: theirs, after: theirs, now: none, err: changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			read := map[string]any{"bucket": "trail", "target": tc.now}
			if tc.grants != nil {
				read["grants"] = tc.grants
			}
			if tc.dates != "" {
				read["dates"] = tc.dates
			}
			var got planned
			err := run(t.Context(), config, decide, recalled("EnableBucketLogging", texts(t, tc.before), texts(t, tc.after), read), &got)
			checkPlan(t, tc.want, got, err, tc.err)
		})
	}
}

func TestUndoTrailDelivery(t *testing.T) {
	t.Parallel()
	const document, trail = "UndoSendTrailToCloudWatchLogs", "arn:aws:cloudtrail:us-east-1:1:trail/main"
	const changed = "Where " + trail + " delivers to was changed since the repair " + repairID
	decide := scriptOf(t, document, "decide")
	to := func(group, role string) map[string]string {
		return map[string]string{"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
	}
	none, ours, theirs := to("", ""), to("arn:ours:*", "arn:our-role"), to("arn:theirs:*", "arn:their-role")
	const restored, same = "Restored: the trail no longer delivers to CloudWatch Logs; its log group stays.", "Nothing to change: the trail delivers as it did before the repair."
	for name, tc := range map[string]struct {
		before, after, now map[string]string
		want               planned
		err                string // a part of it; then there is no plan
	}{
		"as the repair left it":         {before: none, after: ours, now: ours, want: planned{"stop", ours, none, restored}},
		"stopped already":               {before: none, after: ours, now: none, want: planned{"none", none, none, same}},
		"another log group":             {before: none, after: ours, now: to("arn:theirs:*", "arn:our-role"), err: changed},
		"another role":                  {before: none, after: ours, now: to("arn:ours:*", "arn:their-role"), err: changed},
		"a role without a log group":    {before: none, after: ours, now: to("", "arn:our-role"), err: changed},
		"the repair did nothing":        {before: theirs, after: theirs, now: theirs, want: planned{"none", theirs, theirs, same}},
		"it did nothing, and off since": {before: theirs, after: theirs, now: none, err: changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			read := map[string]any{"trail": trail}
			for key, name := range map[string]string{"group": "CloudWatchLogsLogGroupArn", "role": "CloudWatchLogsRoleArn"} {
				if tc.now[name] != "" { // Automation leaves out what was not found
					read[key] = tc.now[name]
				}
			}
			var got planned
			err := run(t.Context(), config, decide, recalled("SendTrailToCloudWatchLogs", texts(t, tc.before), texts(t, tc.after), read), &got)
			checkPlan(t, tc.want, got, err, tc.err)
		})
	}
}

func checkPlan(t *testing.T, want, got planned, err error, refusal string) {
	t.Helper()
	if refusal != "" {
		refusedWith(t, err, refusal)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// Both look again while something is delivered still, and say what at the fifth look.
func TestUndoOfDeliveryIsVerified(t *testing.T) {
	t.Parallel()
	for document, tc := range map[string]struct {
		still []map[string]any
		says  string
	}{
		"UndoEnableBucketLogging":       {[]map[string]any{{"target": "logs"}}, "The bucket still logs to logs."},
		"UndoSendTrailToCloudWatchLogs": {[]map[string]any{{"group": "x", "role": "y"}, {"group": "x"}, {"role": "x"}}, "The trail still delivers to x."},
	} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			script := scriptOf(t, document, "verify")
			for _, payload := range append(tc.still, map[string]any{}) {
				still := len(payload) > 0
				var looked struct{ Again bool }
				payload["look"] = 4
				if err := run(t.Context(), config, script, payload, &looked); err != nil || looked.Again != still {
					t.Errorf("%v: again is %t, %v", payload, looked.Again, err)
				}
				payload["look"] = 5
				err := run(t.Context(), config, script, payload, &looked)
				if (err != nil) != still || err != nil && !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%v at the last look: %v", payload, err)
				}
			}
		})
	}
}
