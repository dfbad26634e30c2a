package replay_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/replay"
)

const account, region = "222222222222", "eu-west-1"

var (
	end   = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	begin = end.Add(-30 * 24 * time.Hour)
)

type object = map[string]any

func options() replay.Options {
	o := replay.Options{Catalog: catalog.Embedded(), Settings: decide.Defaults, Home: region, USD: 0.01,
		RunTime: 8 * time.Second, Since: 30 * 24 * time.Hour}
	for _, p := range catalog.Embedded().Playbooks {
		if g, ok := p.Group("CIS4142"); ok {
			o.Enabled = append(o.Enabled, g)
		}
	}
	return o
}

// version is a finding as it was at a time, with a result since another one.
func version(tb testing.TB, id int, control, status string, since, observed time.Time, edits object) replay.Finding {
	tb.Helper()
	c, _ := catalog.Embedded().ByID(control)
	document, err := samplefinding.Build(samplefinding.Spec{Control: c, Account: account, Region: region,
		Resource: fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/sg-%017d", region, account, id),
		ID:       fmt.Sprint(control, "-", id), Now: observed})
	if err != nil {
		tb.Fatal(err)
	}
	document["Compliance"] = object{"Status": status, "SecurityControlId": control}
	document["FirstObservedAt"], document["CreatedAt"] = since.Format(time.RFC3339), since.Format(time.RFC3339)
	maps.Copy(document, edits)
	raw, err := json.Marshal(document)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := replay.Read(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// last keeps the period's end where it is.
func last(tb testing.TB) replay.Finding {
	tb.Helper()
	return version(tb, 999, "EC2.13", "PASSED", end.Add(-1000*time.Hour), end, nil)
}

func TestReplay(t *testing.T) {
	t.Parallel()
	old, within := begin.Add(-240*time.Hour), begin.Add(100*time.Hour)
	// again fails so many times, every two hours.
	again := func(times int) []replay.Finding {
		var all []replay.Finding
		for i := range times {
			at := within.Add(time.Duration(i) * 2 * time.Hour)
			all = append(all, version(t, 1, "EC2.13", "FAILED", at, at, nil),
				version(t, 1, "EC2.13", "PASSED", at.Add(time.Hour), at.Add(time.Hour), nil))
		}
		return all
	}
	one := []replay.Finding{version(t, 1, "EC2.13", "FAILED", old, end, nil)}
	policied := func(d policy.Decision, when policy.When) policy.Policy {
		return policy.Policy{Format: 1, Proposals: policy.Proposals{Expire: 60 * 24 * time.Hour},
			Rules: []policy.Rule{{Name: "r", Decision: d, When: when, Delay: 72 * time.Hour}}}
	}
	for name, tc := range map[string]struct {
		policy    policy.Policy
		parked    map[string]int
		versions  []replay.Finding
		total     replay.Day
		suspended int
		failing   int
	}{
		"nothing": {},
		"open when the group was ENABLED": {
			versions: []replay.Finding{version(t, 1, "EC2.13", "FAILED", old, end, nil)},
			total:    replay.Day{Events: 1, Attempts: 1, Resolved: 1, USD: 0.01}},
		"two findings of one resource": {
			versions: []replay.Finding{version(t, 1, "EC2.13", "FAILED", old, end, nil),
				version(t, 1, "EC2.14", "FAILED", old, end, nil)},
			total: replay.Day{Events: 2, Attempts: 1, Resolved: 2, USD: 0.01}},
		"fixed before": {versions: []replay.Finding{version(t, 1, "EC2.13", "PASSED", old, end, nil)}},
		"fixed in the period, and created before": {
			versions: []replay.Finding{version(t, 1, "EC2.13", "PASSED", within, end,
				object{"CreatedAt": old.Format(time.RFC3339)})},
			total: replay.Day{Events: 1, Attempts: 1, Resolved: 1, USD: 0.01}},
		"exempt": {policy: policied(policy.Exempt, policy.When{}), versions: one, failing: 1,
			parked: map[string]int{"exempt": 1}, total: replay.Day{Events: 1}},
		"asked": {policy: policied(policy.Ask, policy.When{}), versions: one, failing: 1,
			parked: map[string]int{"ask": 1}, total: replay.Day{Events: 1, Plans: 1, USD: 0.01, Emails: 1}},
		"delayed": {policy: policied(policy.Delay, policy.When{}), versions: one,
			total: replay.Day{Events: 1, Attempts: 1, Resolved: 1, USD: 0.01, Emails: 1}},
		"a fact is not known": {policy: policied(policy.Exempt, policy.When{OUs: []string{"ou-1"}}), versions: one,
			failing: 1, parked: map[string]int{"policy unreadable": 1}, total: replay.Day{Events: 1, Emails: 1}},
		"suppressed": {versions: []replay.Finding{version(t, 1, "EC2.13", "FAILED", old, end,
			object{"Workflow": object{"Status": "SUPPRESSED"}})}},
		"of another group": {versions: []replay.Finding{version(t, 1, "EC2.2", "FAILED", old, end, nil)}},
		"refused": {
			versions: []replay.Finding{version(t, 1, "EC2.13", "FAILED", within, end, object{"Resources": []object{
				{"Type": "AwsEc2SecurityGroup", "Id": "x"}}})},
			total: replay.Day{Events: 1}, failing: 1},
		"failed twice": {versions: again(2), total: replay.Day{Events: 2, Attempts: 2, Resolved: 2, USD: 0.02}},
		"failed six times": {versions: again(6), suspended: 1,
			total: replay.Day{Events: 6, Attempts: 3, Resolved: 3, USD: 0.03, Suspended: 1, Emails: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Policy = tc.policy
			r := replay.Make(o, append(slices.Clone(tc.versions), last(t)))
			if !maps.Equal(r.Parked, tc.parked) {
				t.Errorf("parked %v, want %v", r.Parked, tc.parked)
			}
			got := r.Total
			got.EmailsBy = nil
			got.USD = float64(int(got.USD*100+0.5)) / 100
			if diff := cmp.Diff(tc.total, got); diff != "" {
				t.Errorf("total (-want +got):\n%s\nemails %v", diff, r.Total.EmailsBy)
			}
			if len(r.Suspended) != tc.suspended || r.Failing != tc.failing {
				t.Errorf("suspended %+v, failing %d", r.Suspended, r.Failing)
			}
			if !r.From.Equal(begin) || !r.To.Equal(end) || len(r.Days) != 31 {
				t.Errorf("from %s to %s, %d days", r.From, r.To, len(r.Days))
			}
		})
	}
}

// The same export gives the same report, and a large one does not take long.
func TestReplayOfTenThousand(t *testing.T) {
	t.Parallel()
	versions := []replay.Finding{last(t)}
	for i := range 5_000 {
		versions = append(versions, version(t, i, "EC2.13", "FAILED",
			begin.Add(time.Duration(i)*7*time.Minute-240*time.Hour), end.Add(-time.Duration(i)*time.Second), nil),
			version(t, i, "EC2.14", "FAILED", begin.Add(time.Duration(i)*3*time.Minute), end, nil))
	}
	started := time.Now()
	one := replay.Make(options(), versions)
	if took := time.Since(started); took > time.Minute {
		t.Errorf("it takes %s", took)
	}
	t.Logf("%+v in %s", one.Total, time.Since(started))
	if diff := cmp.Diff(one, replay.Make(options(), versions), cmp.AllowUnexported(replay.Suspended{})); diff != "" {
		t.Errorf("another report (-first +second):\n%s", diff)
	}
	if one.Total.Attempts < 5_000 || one.Failing != 0 {
		t.Errorf("%+v, failing %d", one.Total, one.Failing)
	}
}
