package scripts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	describeInstances = "ec2:DescribeInstances"
	modifyOptions     = "ec2:ModifyInstanceMetadataOptions"
	statistics        = "cloudwatch:GetMetricStatistics"
)

// instanceAnswer describes an instance.
func instanceAnswer(state, tokens, options string) object {
	return object{"Reservations": []any{object{"Instances": []any{object{"State": object{"Name": state},
		"MetadataOptions": object{"HttpTokens": tokens, "State": options}}}}}}
}

func requests(days ...float64) object {
	points := []any{}
	for _, sum := range days {
		points = append(points, object{"Sum": sum})
	}
	return object{"Datapoints": points}
}

func TestRequireIMDSv2(t *testing.T) {
	t.Parallel()
	type instance struct {
		reads  []any // the answers about the instance, of which the last is repeated
		usage  any
		change string // the beginning
		err    string // the beginning of the failure
		writes int
	}
	optional := instanceAnswer("running", "optional", "applied")
	required := instanceAnswer("running", "required", "applied")
	for name, tc := range map[string]instance{
		"optional": {reads: []any{optional, required}, usage: requests(), writes: 1,
			change: "The instance requires IMDSv2."},
		"never without a token": {reads: []any{optional, required}, usage: requests(0, 0), writes: 1,
			change: "The instance requires IMDSv2."},
		"required": {reads: []any{required}, change: "Nothing to change: the instance requires IMDSv2."},
		"required, and terminated": {reads: []any{instanceAnswer("terminated", "required", "applied")},
			change: "Nothing to change: "},
		"terminated": {reads: []any{instanceAnswer("terminated", "optional", "applied")},
			err: "hubmend:refused Instance i-1 is terminated, so there is nothing left to repair."},
		"shutting down": {reads: []any{instanceAnswer("shutting-down", "optional", "applied")},
			err: "hubmend:refused Instance i-1 is shutting-down"},
		"used": {reads: []any{optional}, usage: requests(0, 3, 4),
			err: "hubmend:refused Software on instance i-1 used IMDSv1 for 7 requests in the last 14 days, and " +
				"would fail."},
		"CloudWatch is denied": {reads: []any{optional}, usage: "AccessDenied",
			err: "hubmend:read AccessDenied cloudwatch:GetMetricStatistics"},
		"not applied yet": {reads: []any{optional, instanceAnswer("running", "required", "pending"), required},
			usage: requests(), writes: 1, change: "The instance requires IMDSv2."},
		"never applied": {reads: []any{optional, instanceAnswer("running", "required", "pending")},
			usage: requests(), writes: 1, err: "hubmend:unverified EC2 has not applied the metadata options yet."},
		"ignored": {reads: []any{optional}, usage: requests(), writes: 1, err: "hubmend:unverified "},
		"stopped, so it applies them at its start": {reads: []any{instanceAnswer("stopped", "optional", "applied"),
			instanceAnswer("stopped", "required", "pending")}, usage: requests(), writes: 1,
			change: "The instance requires IMDSv2."},
		"gone": {reads: []any{"InvalidInstanceID.NotFound"},
			err: "hubmend:read InvalidInstanceID.NotFound ec2:DescribeInstances"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "RequireIMDSv2", play{object{"InstanceId": "i-1"}, map[string][]any{
				describeInstances: tc.reads, statistics: {tc.usage}, modifyOptions: {object{}}}})[0]
			if !strings.HasPrefix(got.Error, tc.err) || (tc.err == "") != (got.Error == "") ||
				!strings.HasPrefix(got.Change, tc.change) || len(got.writes()) != tc.writes {
				t.Errorf("error %q, change %q, writes %v", got.Error, got.Change, got.writes())
			}
			for _, c := range got.Made {
				var asked struct{ StartTime, EndTime string }
				if c.Call == statistics && (json.Unmarshal(c.Parameters, &asked) != nil ||
					asked.StartTime != "2026-05-18 12:00:00+00:00" || asked.EndTime != "2026-06-01 12:00:00+00:00") {
					t.Errorf("it asks CloudWatch about %s", c.Parameters)
				}
			}
		})
	}
}

func TestUndoRequireIMDSv2(t *testing.T) {
	t.Parallel()
	optional := instanceAnswer("running", "optional", "applied")
	required := instanceAnswer("running", "required", "applied")
	record := repaired(t, "RequireIMDSv2", object{"HttpTokens": "optional"}, object{"HttpTokens": "required"},
		map[string][]string{"InstanceId": {"i-1"}})
	for name, tc := range map[string]struct {
		reads       []any
		change, err string
		writes      []string
	}{
		"required":       {reads: []any{required, optional}, change: "Restored: ", writes: []string{modifyOptions}},
		"optional again": {reads: []any{optional}, change: "Nothing to change: ", writes: []string{}},
		"no other state": {reads: []any{instanceAnswer("running", "", "applied")},
			err: "have changed since the repair"},
		"it is not taken": {reads: []any{required}, err: "hubmend:unverified", writes: []string{modifyOptions}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]any{describeInstances: tc.reads, modifyOptions: {object{}}}
			got := plays(t, "UndoRequireIMDSv2", undoing(record, answers)[1])[0]
			if !strings.Contains(got.Error, tc.err) || (tc.err == "") != (got.Error == "") ||
				!strings.HasPrefix(got.Change, tc.change) {
				t.Errorf("error %q, change %q", got.Error, got.Change)
			}
			if diff := cmp.Diff(tc.writes, got.writes()); diff != "" && len(tc.writes) > 0 {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
