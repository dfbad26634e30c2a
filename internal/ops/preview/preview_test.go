package preview_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/preview"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const account, region = "222222222222", "eu-west-1"

type object = map[string]any

// found is an open finding of a control, changed by edits.
func found(tb testing.TB, control, resource, id string, edits object) preview.Finding {
	tb.Helper()
	c, known := catalog.Embedded().ByID(control)
	if !known {
		tb.Fatalf("no control %s", control)
	}
	document, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: account,
		Region: region, ID: id, Now: now.Add(-48 * time.Hour)})
	if err != nil {
		tb.Fatal(err)
	}
	maps.Copy(document, edits)
	raw, err := json.Marshal(document)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := preview.Read(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func group(n int) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/sg-%017d", region, account, n)
}

// enabled are the groups with some controls, each once.
func enabled(t testing.TB, controls ...string) []catalog.Group {
	t.Helper()
	var all []catalog.Group
	for _, id := range controls {
		for _, p := range catalog.Embedded().Playbooks {
			if g, ok := p.GroupOf(id); ok {
				all = append(all, g)
				break
			}
		}
	}
	return all
}

func options(t testing.TB) preview.Options {
	t.Helper()
	return preview.Options{Now: now, Catalog: catalog.Embedded(), Settings: decide.Defaults, Home: region, USD: 0.01,
		Enabled: enabled(t, "EC2.13", "KMS.4", "IAM.8")}
}

// approved is a control whose repairs are always asked for.
func approved() catalog.Control {
	all := catalog.Embedded().Controls
	return all[slices.IndexFunc(all, func(c catalog.Control) bool { return c.Approval != "" })]
}

// resourceOf is a resource of a control.
func resourceOf(c catalog.Control) string {
	parts := map[string]string{"partition": "aws", "region": region, "account": account}
	return control.Fill(c.Resource.ID, func(name string) string { return cmp.Or(parts[name], "name") })
}

func record(edit func(*decide.Record)) map[string]decide.Record {
	c, _ := catalog.Embedded().ByID("EC2.13")
	r := decide.Record{Version: 1, Target: target.Target{Account: account, Region: region, Runbook: c.Runbook,
		Resource: group(1)}}
	edit(&r)
	return map[string]decide.Record{r.Target.Key(): r}
}

func rule(d policy.Decision, when policy.When) policy.Policy {
	return policy.Policy{Format: 1, Rules: []policy.Rule{{Name: "the rule", Decision: d, When: when, Reason: "Because.",
		Owner: "team@example.com", Ticket: "T-1", Delay: 72 * time.Hour, Until: now.Add(90 * 24 * time.Hour)}}}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	guide := catalog.Embedded().Guides[0]
	failed := func(before time.Duration) decide.Attempt {
		return decide.Attempt{Number: 1, State: decide.Failed, Class: decide.Verification, Control: "EC2.13",
			ClaimedAt: now.Add(-before), EndedAt: now.Add(-before)}
	}
	for name, tc := range map[string]struct {
		control string // EC2.13 if empty
		edits   object
		options func(*preview.Options)
		want    preview.Outcome
		until   time.Time
		rule    string
		reason  string // a part of it
	}{
		"repaired": {want: preview.Repaired},
		"allowed by a rule": {want: preview.Repaired, rule: "the rule", options: func(o *preview.Options) {
			o.Policy = rule(policy.Allow, policy.When{Controls: []string{"EC2.*"}})
		}, reason: ""},
		"exempt": {want: preview.Exempt, rule: "the rule", until: now.Add(90 * 24 * time.Hour), reason: "Because.",
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Exempt, policy.When{Groups: []string{"CIS4142"}})
			}},
		"asked": {want: preview.Asked, rule: "the rule", until: now.Add(90 * 24 * time.Hour),
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Ask, policy.When{Severities: []string{"HIGH"}})
			}},
		"delayed": {want: preview.Delayed, rule: "the rule", until: now.Add(72 * time.Hour),
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Delay, policy.When{FirstObservedBefore: now.Add(-24 * time.Hour)})
			}},
		"another resource": {want: preview.Repaired,
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Exempt, policy.When{Resources: []string{"sg-9*"}})
			}},
		"tags are not known": {want: preview.Unknown, reason: "depends on tags",
			options: func(o *preview.Options) { o.Policy = rule(policy.Exempt, policy.When{Tags: []string{"keep"}}) }},
		"tags of the finding": {want: preview.Exempt, rule: "the rule", until: now.Add(90 * 24 * time.Hour),
			edits: object{"Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": group(1),
				"Tags": object{"keep": "yes"}}}},
			options: func(o *preview.Options) { o.Policy = rule(policy.Exempt, policy.When{Tags: []string{"keep"}}) }},
		"known tags win": {want: preview.Repaired,
			edits: object{"Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": group(1),
				"Tags": object{"keep": "yes"}}}},
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Exempt, policy.When{Tags: []string{"keep"}})
				o.Facts.Tags = map[string]map[string]string{group(1): {}}
			}},
		"the OU is not known": {want: preview.Unknown, reason: "depends on organizational units",
			options: func(o *preview.Options) { o.Policy = rule(policy.Ask, policy.When{OUs: []string{"ou-1"}}) }},
		"the OU is known": {want: preview.Asked, rule: "the rule", until: now.Add(90 * 24 * time.Hour),
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Ask, policy.When{OUs: []string{"r-1"}})
				o.Facts.OUs = map[string][]string{account: {"ou-1", "r-1"}}
			}},
		"a control that always asks": {control: approved().ID, edits: object{"Resources": []object{
			{"Type": approved().Resource.Type, "Id": resourceOf(approved())}}}, want: preview.Asked,
			reason:  approved().Approval,
			options: func(o *preview.Options) { o.Enabled = enabled(t, approved().ID) }},
		"a guide":     {control: guide.ID, want: preview.Manual, reason: guide.Guide},
		"not enabled": {control: "EC2.2", want: preview.Uncovered, reason: "not ENABLED"},
		"no control of ours": {want: preview.Uncovered, reason: "No control", edits: object{
			"Compliance": object{"Status": "FAILED", "SecurityControlId": "Nothing.1"}}},
		"two resources": {want: preview.Refused, reason: "names 2 resources", edits: object{"Resources": []object{
			{"Type": "AwsEc2SecurityGroup", "Id": group(1)}, {"Type": "AwsEc2SecurityGroup", "Id": group(2)}}}},
		"another resource type": {want: preview.Refused, reason: "repairs a AwsEc2SecurityGroup", edits: object{
			"Resources": []object{{"Type": "AwsEc2Instance",
				"Id": "arn:aws:ec2:eu-west-1:222222222222:instance/i-1"}}}},
		"the account as a whole": {want: preview.Refused, reason: "the whole account", edits: object{
			"Resources": []object{{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"}}}},
		"a resource of another account": {want: preview.Refused, reason: "belongs to account 333333333333",
			edits: object{"Resources": []object{{"Type": "AwsEc2SecurityGroup",
				"Id": strings.Replace(group(1), account, "333333333333", 1)}}}},
		"notified": {want: preview.Notified, reason: "Set it to NEW",
			edits: object{"Workflow": object{"Status": "NOTIFIED"}}},
		"suspended": {want: preview.Suspended, reason: "3 attempts within 24 h",
			options: func(o *preview.Options) {
				o.Records = record(func(r *decide.Record) {
					r.Attempts = []decide.Attempt{failed(3 * time.Hour), failed(2 * time.Hour), failed(time.Hour)}
				})
			}},
		"suspended, and exempt": {want: preview.Exempt, rule: "the rule", until: now.Add(90 * 24 * time.Hour),
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Exempt, policy.When{})
				o.Records = record(func(r *decide.Record) {
					r.Attempts = []decide.Attempt{failed(3 * time.Hour), failed(2 * time.Hour), failed(time.Hour)}
				})
			}},
		"suspended, and asked": {want: preview.Asked, rule: "the rule", until: now.Add(90 * 24 * time.Hour),
			options: func(o *preview.Options) {
				o.Policy = rule(policy.Ask, policy.When{})
				o.Records = record(func(r *decide.Record) {
					r.Attempts = []decide.Attempt{failed(3 * time.Hour), failed(2 * time.Hour), failed(time.Hour)}
				})
			}},
		"failed once": {want: preview.Repaired, options: func(o *preview.Options) {
			o.Records = record(func(r *decide.Record) { r.Attempts = []decide.Attempt{failed(time.Hour)} })
		}},
		"held": {want: preview.Held, reason: "undone by ann", options: func(o *preview.Options) {
			o.Records = record(func(r *decide.Record) { r.HeldAt, r.HeldBy = now.Add(-time.Hour), "ann" })
		}},
		"the breaker is open": {want: preview.Waiting, until: now.Add(time.Hour),
			reason: "failed for several resources", options: func(o *preview.Options) {
				o.Breakers = map[string]decide.Breaker{"EC2.13": {Control: "EC2.13", OpenUntil: now.Add(time.Hour)}}
			}},
		"the breaker was open": {want: preview.Repaired, options: func(o *preview.Options) {
			o.Breakers = map[string]decide.Breaker{"EC2.13": {Control: "EC2.13", OpenUntil: now.Add(-time.Hour)}}
		}},
		"paused": {want: preview.Waiting, until: now, reason: "paused",
			options: func(o *preview.Options) { o.Paused = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			if tc.options != nil {
				tc.options(&o)
			}
			if tc.control == "" {
				tc.control = "EC2.13"
			}
			report := preview.Make(o, []preview.Finding{found(t, tc.control, group(1), "a", tc.edits)})
			got := report.Rows[0]
			if got.Outcome != tc.want || got.Rule != tc.rule || !got.Until.Equal(tc.until) ||
				!strings.Contains(got.Reason, tc.reason) {
				t.Errorf("%s because of %q, by rule %q until %s", got.Outcome, got.Reason, got.Rule, got.Until)
			}
			if tc.rule != "" && (got.Owner != "team@example.com" || got.Ticket != "T-1") {
				t.Errorf("the rule's owner is %q, its ticket %q", got.Owner, got.Ticket)
			}
			starts := tc.want == preview.Repaired || tc.want == preview.Delayed
			if report.Total.By[tc.want] != 1 || (report.Total.Repairs == 1) != starts ||
				report.First.IsZero() == starts {
				t.Errorf("total %v, the first at %s", report.Total.By, report.First)
			}
		})
	}
}

// Findings that share a target are one repair, and closed ones are left out.
func TestCounts(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Facts.OUs = map[string][]string{account: {"ou-1", "r-1"}}
	edits := func(workflow, compliance, state string) object {
		return object{"Workflow": object{"Status": workflow}, "RecordState": state,
			"Compliance": object{"Status": compliance, "SecurityControlId": "EC2.13"}}
	}
	managed := object{"AwsAccountName": "prod", "Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": group(2),
		"Tags": object{"ManagedBy": "Terraform"}}}}
	report := preview.Make(o, []preview.Finding{
		found(t, "EC2.13", group(1), "a", nil), found(t, "EC2.13", group(1), "b", nil),
		found(t, "EC2.14", group(1), "c", nil), found(t, "EC2.13", group(2), "d", managed),
		found(t, "IAM.8", "arn:aws:iam::222222222222:user/ann", "e", object{"Resources": []object{
			{"Type": "AwsIamUser", "Id": "arn:aws:iam::222222222222:user/ann"}}}),
		found(t, "EC2.13", group(3), "f", edits("SUPPRESSED", "FAILED", "ACTIVE")),
		found(t, "EC2.13", group(3), "g", edits("RESOLVED", "FAILED", "ACTIVE")),
		found(t, "EC2.13", group(3), "h", edits("NEW", "PASSED", "ACTIVE")),
		found(t, "EC2.13", group(3), "i", edits("NEW", "FAILED", "ARCHIVED")),
	})
	if report.Closed != 4 || report.Total.Findings != 5 || report.Total.Repairs != 3 ||
		report.Total.By[preview.Repaired] != 5 {
		t.Errorf("%d closed, total %+v", report.Closed, report.Total)
	}
	if report.Cost.USD != 0.03 {
		t.Errorf("cost %+v", report.Cost)
	}
	var controls []string
	for _, c := range report.Controls {
		controls = append(controls, fmt.Sprint(c.ID, " ", c.Findings, " ", c.Repairs))
	}
	if !slices.Contains(controls, "EC2.13 3 2") || !slices.Contains(controls, "EC2.14 1 1") {
		t.Errorf("controls %q", controls)
	}
	if len(report.Accounts) != 1 || report.Accounts[0].Title != "prod" || report.Accounts[0].Repairs != 3 ||
		len(report.OUs) != 1 || report.OUs[0].Name != "ou-1" {
		t.Errorf("accounts %+v, OUs %+v", report.Accounts, report.OUs)
	}
	if diff := gocmp.Diff([]preview.Managed{{Tool: "terraform", Repairs: 1}}, report.Managed); diff != "" {
		t.Errorf("managed (-want +got):\n%s", diff)
	}
}

// Controls whose repairs cannot be undone come first, then those of high risk.
func TestControlsToLookAtFirst(t *testing.T) {
	t.Parallel()
	o := options(t)
	var findings []preview.Finding
	for i, c := range catalog.Embedded().Controls {
		o.Enabled = append(o.Enabled, catalog.Group{ID: "G", Controls: []string{c.ID}})
		findings = append(findings, found(t, c.ID, group(i), c.ID, object{"Resources": []object{
			{"Type": c.Resource.Type, "Id": "x"}}}))
	}
	last := 1 << 20
	for _, c := range preview.Make(o, findings).Controls {
		weight := map[string]int{"low": 1, "medium": 2, "high": 3}[c.Risk]
		if c.Irreversible != "" {
			weight += 10
		}
		if c.Repairs > 0 {
			weight += 100
		}
		if weight > last {
			t.Errorf("%s, of risk %s, comes too late", c.ID, c.Risk)
		}
		last = weight
	}
}

// Starts of an account and Region are a slot apart, and those of others are not.
func TestSlots(t *testing.T) {
	t.Parallel()
	var findings []preview.Finding
	for i := range 100 {
		findings = append(findings, found(t, "EC2.13", group(i), fmt.Sprint(i), nil))
	}
	report := preview.Make(options(t), findings)
	if want := now.Add(99 * ledger.SlotSpacing); !report.First.Equal(now) || !report.Last.Equal(want) {
		t.Errorf("from %s to %s, want %s", report.First, report.Last, want)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	var findings []preview.Finding
	for i := range 10 {
		findings = append(findings, found(t, "EC2.13", group(i), fmt.Sprint(i), nil))
	}
	for name, tc := range map[string]struct {
		budgets policy.Budgets
		delayed int
		last    time.Time
	}{
		"none": {policy.Budgets{}, 0, now.Add(9 * ledger.SlotSpacing)},
		"hourly": {policy.Budgets{HourlyPerControlAndAccount: 4}, 6,
			now.Add(2*time.Hour + ledger.SlotSpacing)},
		"daily": {policy.Budgets{DailyPerOrganization: 4}, 6, now.Add(36*time.Hour + ledger.SlotSpacing)},
		"both": {policy.Budgets{HourlyPerControlAndAccount: 1, DailyPerOrganization: 6}, 9,
			now.Add(12*time.Hour + 3*time.Hour)},
		"enough": {policy.Budgets{HourlyPerControlAndAccount: 10, DailyPerOrganization: 10}, 0,
			now.Add(9 * ledger.SlotSpacing)},
	} {
		o := options(t)
		o.Policy.Budgets = tc.budgets
		report := preview.Make(o, findings)
		if report.Total.By[preview.Delayed] != tc.delayed || !report.Last.Equal(tc.last) || report.Total.Repairs != 10 {
			t.Errorf("%s: total %+v, the last at %s", name, report.Total, report.Last)
		}
	}
}

// many are so many open findings: of three controls, in ten accounts.
func many(tb testing.TB, n int) []preview.Finding {
	tb.Helper()
	base := found(tb, "EC2.13", group(0), "0", object{"Description": strings.Repeat("x", 4000)})
	all := make([]preview.Finding, n)
	for i := range all {
		raw := strings.NewReplacer(group(0), group(i/2), "/finding/0", fmt.Sprint("/finding/", i),
			account, fmt.Sprint(222222222222+i%10)).Replace(string(base.Raw))
		if i%2 == 1 {
			raw = strings.ReplaceAll(raw, "EC2.13", "EC2.14")
		}
		f, err := preview.Read(json.RawMessage(raw))
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = f
	}
	return all
}

// A policy of 2,000 rules and budgets that are used up do not make 10,000 findings slow. It takes 2 s on a machine that
// does nothing else.
func TestTenThousand(t *testing.T) { //nolint:paralleltest // it takes the time
	findings, o := many(t, 10_000), options(t)
	for i := range 2_000 {
		o.Policy.Rules = append(o.Policy.Rules, policy.Rule{Name: fmt.Sprint("rule ", i), Decision: policy.Exempt,
			When: policy.When{Resources: []string{fmt.Sprintf("arn:aws:s3:::bucket-%d-*", i)}}})
	}
	o.Policy.Budgets.HourlyPerControlAndAccount = 1
	begin := time.Now()
	report := preview.Make(o, findings)
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if report.Total.Findings != 10_000 || report.Total.Repairs == 0 {
		t.Errorf("total %+v", report.Total)
	}
}

func BenchmarkTenThousand(b *testing.B) {
	findings, o := many(b, 10_000), options(b)
	b.ReportAllocs()
	for b.Loop() {
		preview.Make(o, findings)
	}
}
