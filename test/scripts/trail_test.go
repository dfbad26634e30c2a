package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trail is what GetTrail answers, and where the script runs.
type trailPayload struct {
	Trail     map[string]any `json:"trail"`
	Account   string         `json:"account"`
	Region    string         `json:"region"`
	Partition string         `json:"partition"`
	Days      string         `json:"days"`
}

// ownTrail makes the payload of a trail that is at home where the script runs, with some
// fields changed; a nil removes one.
func ownTrail(fields map[string]any) trailPayload {
	p := trailPayload{
		Account: "111111111111", Region: "eu-west-1", Partition: "aws", Days: "365",
		Trail: map[string]any{
			"Name": "main", "TrailARN": "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main", "HomeRegion": "eu-west-1",
			"IsMultiRegionTrail": true, "IsOrganizationTrail": false, "LogFileValidationEnabled": false,
		},
	}
	for name, value := range fields {
		p.Trail[name] = value
		if value == nil {
			delete(p.Trail, name)
		}
	}
	return p
}

// elsewhere are trails that cannot be changed where the script runs, and what the error
// says. They are the same for every repair of a trail.
var elsewhere = map[string]struct {
	fields map[string]any
	says   []string
}{
	"shadow of a trail from another Region": {map[string]any{"HomeRegion": "us-east-1", "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/main"},
		[]string{"The home Region of the trail main is us-east-1,", "this ran in eu-west-1.", "in us-east-1."}},
	"home Region by the ARN alone": {map[string]any{"HomeRegion": nil, "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/main"},
		[]string{"The home Region of the trail main is us-east-1,"}},
	"organization's, from a member": {map[string]any{"IsOrganizationTrail": true, "TrailARN": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main"},
		[]string{"main is the trail of an organization, and account 111111111111 is a member", "in the organization's management account, 999999999999."}},
	"organization's, from a member in another Region": {
		map[string]any{"IsOrganizationTrail": true, "HomeRegion": "us-east-1", "TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/main"},
		[]string{"management account, 999999999999."}},
	"another account's": {map[string]any{"TrailARN": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main"},
		[]string{"The trail main is account 999999999999's."}},
}

func TestTrailsThatCannotBeChangedHere(t *testing.T) {
	t.Parallel()
	for document, done := range map[string]map[string]any{
		"EnableTrailValidation":     {"LogFileValidationEnabled": true},
		"SendTrailToCloudWatchLogs": {"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:999999999999:log-group:x:*"},
	} {
		script := scriptOf(t, document, "decide")
		for name, tc := range elsewhere {
			t.Run(document+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := interpreter(t)
				var got struct{ Change string }
				err := run(t.Context(), config, script, ownTrail(tc.fields), &got)
				if err == nil {
					t.Fatalf("it goes on: %s", got.Change)
				}
				for _, part := range tc.says {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("error %q does not say %q", err, part)
					}
				}
				// A trail that is compliant needs no change, wherever it is.
				compliant := ownTrail(tc.fields)
				for name, value := range done {
					compliant.Trail[name] = value
				}
				if err := run(t.Context(), config, script, compliant, &got); err != nil || !strings.HasPrefix(got.Change, "Nothing to change: ") {
					t.Errorf("compliant: %q, %v", got.Change, err)
				}
			})
		}
	}
}

func TestDecideTrailValidation(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "EnableTrailValidation", "decide")
	type decided struct {
		Action string
		Before map[string]bool
		Change string
	}
	const turnsOn = "Turned on log file validation of the trail main."
	off := map[string]bool{"LogFileValidationEnabled": false}
	for name, tc := range map[string]struct {
		fields map[string]any
		want   decided
	}{
		"off":    {nil, decided{"enable", off, turnsOn}},
		"absent": {map[string]any{"LogFileValidationEnabled": nil}, decided{"enable", off, turnsOn}},
		"on": {map[string]any{"LogFileValidationEnabled": true},
			decided{"none", map[string]bool{"LogFileValidationEnabled": true}, "Nothing to change: log file validation of the trail main is on."}},
		"an organization's, in its own account": {map[string]any{"IsOrganizationTrail": true}, decided{"enable", off, turnsOn}},
		"another partition":                     {map[string]any{"TrailARN": "arn:aws-cn:cloudtrail:eu-west-1:111111111111:trail/main"}, decided{"enable", off, turnsOn}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var got decided
			if err := run(t.Context(), config, script, ownTrail(tc.fields), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecideTrailToCloudWatchLogs(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "SendTrailToCloudWatchLogs", "decide")
	type decided struct {
		LogGroups []string
		Arn       string
		Days      int
		Before    map[string]string
		Change    string
	}
	group := func(partition, name string) string {
		return "arn:" + partition + ":logs:eu-west-1:111111111111:log-group:/hubmend/cloudtrail/" + name + ":*"
	}
	none := map[string]string{"CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": ""}
	now := "The trail main now delivers to the log group /hubmend/cloudtrail/main too, with a retention of 365 days unless the group had one."
	for name, tc := range map[string]struct {
		fields          map[string]any
		partition, days string
		want            decided
	}{
		"delivers nowhere": {want: decided{[]string{"/hubmend/cloudtrail/main"}, group("aws", "main"), 365, none, now}},
		"an empty log group is none": {fields: map[string]any{"CloudWatchLogsLogGroupArn": ""},
			want: decided{[]string{"/hubmend/cloudtrail/main"}, group("aws", "main"), 365, none, now}},
		"another partition": {partition: "aws-us-gov", want: decided{[]string{"/hubmend/cloudtrail/main"}, group("aws-us-gov", "main"), 365, none, now}},
		"another retention": {days: "3653", want: decided{[]string{"/hubmend/cloudtrail/main"}, group("aws", "main"), 3653, none, strings.Replace(now, "365", "3653", 1)}},
		"all that a name may have": {fields: map[string]any{"Name": "a.B_c-9"},
			want: decided{[]string{"/hubmend/cloudtrail/a.B_c-9"}, group("aws", "a.B_c-9"), 365, none, strings.ReplaceAll(strings.ReplaceAll(now, "trail main", "trail a.B_c-9"), "/main", "/a.B_c-9")}},
		"an organization's, in its own account": {fields: map[string]any{"IsOrganizationTrail": true},
			want: decided{[]string{"/hubmend/cloudtrail/main"}, group("aws", "main"), 365, none, now}},
		"delivers to a group of its own": {fields: map[string]any{"CloudWatchLogsLogGroupArn": "arn:x:*", "CloudWatchLogsRoleArn": "arn:role"},
			want: decided{[]string{}, "arn:x:*", 365, map[string]string{"CloudWatchLogsLogGroupArn": "arn:x:*", "CloudWatchLogsRoleArn": "arn:role"},
				"Nothing to change: the trail main delivers to arn:x:*."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := ownTrail(tc.fields)
			if tc.partition != "" {
				payload.Partition = tc.partition
			}
			if tc.days != "" {
				payload.Days = tc.days
			}
			var got struct {
				decided
				After map[string]string
			}
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.decided); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			after := tc.want.Before
			if len(tc.want.LogGroups) > 0 {
				after = map[string]string{
					"CloudWatchLogsLogGroupArn": tc.want.Arn,
					"CloudWatchLogsRoleArn":     "arn:" + payload.Partition + ":iam::111111111111:role/hubmend-trail-delivery",
				}
			}
			if diff := cmp.Diff(after, got.After); diff != "" {
				t.Errorf("After (-want +got):\n%s", diff)
			}
		})
	}
}
