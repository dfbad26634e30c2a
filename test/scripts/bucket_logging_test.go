package scripts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/runbook"
)

type loggingPlan struct {
	LogBuckets []string
	Days       int
	Before     map[string]string
	Change     string
}

func TestLogBucket(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "EnableBucketLogging", "decide")
	const virginia, ireland = "hubmend-access-logs-222222222222-us-east-1", "hubmend-access-logs-222222222222-eu-west-1"
	none := map[string]string{"TargetBucket": "", "TargetPrefix": ""}
	logs := func(to string) loggingPlan {
		return loggingPlan{LogBuckets: []string{to}, Days: 365, Before: none, Change: "Turned on access logging, to " + to + " below trail/."}
	}
	for name, tc := range map[string]struct {
		bucket     string // trail when empty
		region     string
		constraint any
		target     map[string]string
		days       string // 365 when empty
		want       loggingPlan
		err        string // a part of it; then there is no plan
	}{
		"us-east-1 has no constraint":       {region: "us-east-1", want: logs(virginia)},
		"us-east-1 with an empty one":       {region: "us-east-1", constraint: "", want: logs(virginia)},
		"another Region":                    {region: "eu-west-1", constraint: "eu-west-1", want: logs(ireland)},
		"EU is how old buckets say it":      {region: "eu-west-1", constraint: "EU", want: logs(ireland)},
		"a bucket that is like the log one": {bucket: virginia + "-2", region: "us-east-1", want: loggingPlan{[]string{virginia}, 365, none, "Turned on access logging, to " + virginia + " below " + virginia + "-2/."}},
		"other days":                        {region: "us-east-1", days: "30", want: loggingPlan{[]string{virginia}, 30, none, logs(virginia).Change}},
		"logs already": {region: "us-east-1", target: map[string]string{"TargetBucket": "team", "TargetPrefix": "s3/"},
			want: loggingPlan{[]string{}, 365, map[string]string{"TargetBucket": "team", "TargetPrefix": "s3/"}, "Nothing to change: the bucket logs to team."}},
		"logs already, in another Region": {region: "us-east-1", constraint: "eu-west-1", target: map[string]string{"TargetBucket": "team", "TargetPrefix": ""},
			want: loggingPlan{[]string{}, 365, map[string]string{"TargetBucket": "team", "TargetPrefix": ""}, "Nothing to change: the bucket logs to team."}},
		"the log bucket logs elsewhere": {bucket: virginia, region: "us-east-1", target: map[string]string{"TargetBucket": "team"},
			want: loggingPlan{[]string{}, 365, map[string]string{"TargetBucket": "team", "TargetPrefix": ""}, "Nothing to change: the bucket logs to team."}},
		"the log bucket itself":             {bucket: virginia, region: "us-east-1", err: virginia + " is where Hubmend's access logs go."},
		"the log bucket of another Region":  {bucket: ireland, region: "us-east-1", constraint: "eu-west-1", err: "is in eu-west-1, and this ran in us-east-1"},
		"a bucket of another Region":        {region: "eu-west-1", constraint: "eu-central-1", err: "The bucket trail is in eu-central-1, and this ran in eu-west-1."},
		"a bucket of us-east-1 from abroad": {region: "eu-west-1", err: "turn on access logging in us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := map[string]any{"bucket": "trail", "account": "222222222222", "region": tc.region, "days": "365", "target": map[string]string{}}
			if tc.bucket != "" {
				payload["bucket"] = tc.bucket
			}
			if tc.constraint != nil {
				payload["constraint"] = tc.constraint
			}
			if tc.target != nil {
				payload["target"] = tc.target
			}
			if tc.days != "" {
				payload["days"] = tc.days
			}
			var got struct {
				loggingPlan
				After map[string]string
			}
			err := run(t.Context(), config, script, payload, &got)
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("error = %v, want it to say %q", err, tc.err)
			}
			after := tc.want.Before
			for _, to := range tc.want.LogBuckets {
				after = map[string]string{"TargetBucket": to, "TargetPrefix": fmt.Sprint(payload["bucket"], "/")}
			}
			if diff := cmp.Diff(after, got.After); diff != "" {
				t.Errorf("After (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got.loggingPlan); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// A bucket's ARN holds no account, and a finding is not trusted. S3 refuses a call on a
// bucket that is not the expected account's; the emulator does not, so no scenario shows it.
func TestCallsOnBucketsNameTheOwner(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, r := range catalog.Embedded().Runbooks {
		runbook.Walk(r.Document.MainSteps, func(s runbook.Step) {
			if s.Inputs["Service"] != "s3" || s.Inputs["Api"] == "CreateBucket" {
				return
			}
			calls++
			if s.Inputs["ExpectedBucketOwner"] != "{{ global:ACCOUNT_ID }}" {
				t.Errorf("%s: step %s: ExpectedBucketOwner is %v", r.Name, s.Name, s.Inputs["ExpectedBucketOwner"])
			}
		})
	}
	if calls == 0 {
		t.Error("no runbook calls S3")
	}
}

// S3 delivers nothing to a log bucket with a default retention, and says so to nobody.
func TestLockOfLogBucket(t *testing.T) {
	t.Parallel()
	const call = " when calling the GetObjectLockConfiguration operation: x"
	none, denied := "An error occurred (ObjectLockConfigurationNotFoundError)"+call, "An error occurred (AccessDenied)"+call
	other := "An error occurred (NoSuchLifecycleConfiguration) when calling the GetBucketLifecycleConfiguration operation: x"
	for name, tc := range map[string]struct {
		step    string
		payload map[string]any
		err     string // a part of it
	}{
		"no lock":                  {"unlocked", map[string]any{"failures": []string{none}}, ""},
		"no lock, no lifecycle":    {"unlocked", map[string]any{"failures": []string{other, none}}, ""},
		"not allowed to look":      {"unlocked", map[string]any{"failures": []string{denied}}, "Whether the log bucket logs has Object Lock could not be found out."},
		"not known why":            {"unlocked", map[string]any{"failures": []string{other}}, "could not be found out"},
		"compliance":               {"locked", map[string]any{"mode": "COMPLIANCE"}, "The log bucket logs has Object Lock with a default retention (COMPLIANCE)"},
		"governance":               {"locked", map[string]any{"mode": "GOVERNANCE"}, "Remove its default retention"},
		"a lock without retention": {"locked", map[string]any{"mode": nil}, ""},
		"an output that is not":    {"locked", map[string]any{"mode": "{{ lock.Mode }}"}, ""},
		"no value at all":          {"locked", map[string]any{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.payload["bucket"] = "logs"
			err := run(t.Context(), interpreter(t), scriptOf(t, "EnableBucketLogging", tc.step), tc.payload, &struct{}{})
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error = %v, want it to say %q", err, tc.err)
			}
		})
	}
}
