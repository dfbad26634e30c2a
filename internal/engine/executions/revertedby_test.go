package executions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/target"
)

var (
	repaired    = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	failedAgain = time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)
)

// found is the answer of LookupEvents with one event, and another page if token is not empty.
func found(event, user, token string) answer {
	record := fmt.Sprintf(`{"userIdentity": {"type": "IAMUser", "userName": %q}, "eventTime": "2026-11-29T10:12:00Z",
		"eventName": %q, "userAgent": "aws-cli/2.32.0", "readOnly": false}`, user, event)
	text, _ := json.Marshal(map[string]any{"Events": []map[string]string{{"CloudTrailEvent": record}},
		"NextToken": token})
	return answer{200, strings.Replace(string(text), `"NextToken":""`, `"NextToken":null`, 1)}
}

func TestRevertedBy(t *testing.T) {
	t.Parallel()
	const nothing = `{"Events": []}`
	by := func(attribute, region string) string { return attribute + " in " + region }
	for name, tc := range map[string]struct {
		t       target.Target
		changes []string
		said    answer
		want    string
		calls   []string // attributes that were looked up, and where
	}{
		"by its id": {group, nil, found("X", "alice", ""), "user alice",
			[]string{by("ResourceName=sg-1", "eu-west-1")}},
		"by its name, and then by its ARN": {
			target.Target{Region: "eu-west-1", Resource: "arn:aws:kms:eu-west-1:222222222222:key/1234"}, nil,
			answer{200, nothing}, "", []string{by("ResourceName=1234", "eu-west-1"),
				by("ResourceName=arn:aws:kms:eu-west-1:222222222222:key/1234", "eu-west-1")}},
		"a repository": {
			target.Target{Region: "eu-west-1", Resource: "arn:aws:ecr:eu-west-1:222222222222:repository/team/app"}, nil,
			found("X", "alice", ""), "user alice", []string{by("ResourceName=team/app", "eu-west-1")}},
		"a bucket": {target.Target{Region: "eu-west-1", Resource: "arn:aws:s3:::logs"}, nil, found("X", "alice", ""),
			"user alice", []string{by("ResourceName=logs", "eu-west-1")}},
		"a user": {target.Target{Region: target.Global, Resource: "arn:aws:iam::222222222222:user/a/bob"}, nil,
			found("X", "alice", ""), "user alice", []string{by("ResourceName=bob", "us-east-1")}},
		"a setting of the account": {target.Target{Region: target.Global, Resource: "AWS::::Account:222222222222"},
			[]string{"DeleteX", "PutX"}, answer{200, nothing}, "",
			[]string{by("EventName=DeleteX", "us-east-1"), by("EventName=PutX", "us-east-1")}},
		"a setting that many calls change": {target.Target{Region: target.Global,
			Resource: "AWS::::Account:222222222222"}, []string{"A", "B", "C", "D"}, answer{200, nothing}, "", nil},
		"two pages at most": {group, nil, found("X", "", "more"), "user ",
			[]string{by("ResourceName=sg-1", "eu-west-1"), by("ResourceName=sg-1", "eu-west-1")}},
		"reads only": {group, nil, answer{200, `{"Events": [{"CloudTrailEvent": "{\"eventName\": \"GetX\", ` +
			`\"readOnly\": true}"}, {}]}`}, "", []string{by("ResourceName=sg-1", "eu-west-1")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &endpoint{sts: assumed, ssm: tc.said}
			m := accounts(t, e)
			m.Changes = func(string) []string { return tc.changes }
			tc.t.Account = "222222222222"
			got, err := m.RevertedBy(t.Context(), tc.t, repaired, failedAgain)
			if err != nil || got.Principal != tc.want {
				t.Errorf("RevertedBy = %+v, %v", got, err)
			}
			var calls []string
			for _, in := range e.lookups {
				attribute := in["LookupAttributes"].([]any)[0].(map[string]any)
				calls = append(calls, by(fmt.Sprintf("%s=%s", attribute["AttributeKey"], attribute["AttributeValue"]),
					in["region"].(string)))
				if in["StartTime"] != float64(repaired.Unix()) || in["EndTime"] != float64(failedAgain.Unix()) {
					t.Errorf("looked up from %v to %v", in["StartTime"], in["EndTime"])
				}
			}
			if diff := cmp.Diff(tc.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if tc.calls != nil && e.forms[0].Get("RoleArn") != "arn:aws:iam::222222222222:role/hubmend-settle" {
				t.Errorf("assumed %s", e.forms[0].Get("RoleArn"))
			}
		})
	}
}

func TestRevertedByFails(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: ssmError(400, "AccessDeniedException", "no")}
	m := accounts(t, e)
	m.Changes = func(string) []string { return nil }
	if got, err := m.RevertedBy(t.Context(), group, repaired, failedAgain); err == nil || !got.IsZero() {
		t.Errorf("denied: RevertedBy = %+v, %v", got, err)
	}
	if got, err := m.RevertedBy(t.Context(), group, failedAgain, failedAgain); err != nil || !got.IsZero() {
		t.Errorf("no time between: RevertedBy = %+v, %v", got, err)
	}
}

// The calls of global services are recorded in one Region of each partition.
func TestRevertedByInPartitions(t *testing.T) {
	t.Parallel()
	for home, want := range map[string][]string{"eu-west-1": {"us-east-1", "eu-west-1"}, "us-east-1": {"us-east-1"},
		"us-gov-east-1": {"us-gov-west-1", "us-gov-east-1"}, "cn-northwest-1": {"cn-north-1", "cn-northwest-1"}} {
		e := &endpoint{sts: assumed, ssm: answer{200, `{}`}}
		m := accounts(t, e)
		m.Config.Region, m.Changes = home, func(string) []string { return nil }
		one := target.Target{Account: "222222222222", Region: target.Global, Resource: "bob"}
		if _, err := m.RevertedBy(t.Context(), one, repaired, failedAgain); err != nil {
			t.Error(err)
		}
		var regions []string
		for _, in := range e.lookups {
			regions = append(regions, in["region"].(string))
		}
		if diff := cmp.Diff(want, regions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", home, diff)
		}
	}
}
