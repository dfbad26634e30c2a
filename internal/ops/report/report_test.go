package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/report"
)

func outcomesOf(r report.Report) []string {
	all := []string{}
	for _, e := range r.Repairs {
		all = append(all, string(e.Outcome))
	}
	return all
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	for name, tc := range map[string]struct {
		attempts []any
		want     []string // the latest first
	}{
		"nothing":               {nil, []string{}},
		"a repair":              {[]any{past(one, 1, day)}, []string{"repaired"}},
		"nothing to change":     {[]any{past(one, 1, day, compliant)}, []string{"compliant"}},
		"a failure":             {[]any{past(one, 1, day, failed(decide.Verification, "no"))}, []string{"failed"}},
		"what it cannot repair": {[]any{past(one, 1, day, failed(decide.Refused, "no"))}, []string{"skipped"}},
		"an undo": {[]any{past(one, 1, day), past(one, 2, time.Hour, undo(1, decide.Succeeded))},
			[]string{"undo", "undone"}},
		"an undo after the period": {[]any{past(one, 1, day), past(one, 2, -time.Hour, undo(1, decide.Succeeded))},
			[]string{"undone"}},
		"an undo that failed": {[]any{past(one, 2, time.Hour, undo(1, decide.Failed))}, []string{"undo failed"}},
		"at the beginning":    {[]any{past(one, 1, 30*day)}, []string{"repaired"}},
		"before it":           {[]any{past(one, 1, 30*day+time.Second)}, []string{}},
		"at the end":          {[]any{past(one, 1, 0)}, []string{}},
		"still in the record alone": {
			[]any{decide.Record{Target: one, Attempts: []decide.Attempt{past(one, 1, day).Attempt}}},
			[]string{"repaired"}},
		"running": {
			[]any{decide.Record{Target: one,
				Attempts: []decide.Attempt{{Number: 1, State: decide.Running, QueuedAt: noon}}}}, []string{}},
	} {
		if diff := cmp.Diff(tc.want, outcomesOf(reportOf(t, tc.attempts...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The archive has the previous value, and the record does not. Either may come first.
func TestArchiveWins(t *testing.T) {
	t.Parallel()
	whole := past(groupOf("sg-1"), 1, day)
	record := decide.Record{Target: whole.Target, Version: 1, Attempts: []decide.Attempt{whole.Attempt}}
	for _, entries := range [][]any{{whole, record}, {record, whole}} {
		r := reportOf(t, entries...)
		if len(r.Repairs) != 1 || r.Repairs[0].Before != whole.Outcome.Before {
			t.Errorf("%+v", r.Repairs)
		}
	}
}

func TestEntry(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	r := reportOf(t, past(one, 1, day), past(one, 2, time.Hour, undo(1, decide.Succeeded)))
	want := report.Entry{
		Outcome: outcomes.Undone, Control: "EC2.13",
		Title:   "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
		Account: account, Region: "eu-west-1", Resource: one.Resource, Key: one.Key(), Number: 1,
		FoundAt: ago(day + 40*time.Second), StartedAt: ago(day + 39*time.Second), EndedAt: ago(day),
		Trigger: "automatic", Document: "hubmend-CloseSecurityGroupPorts",
		Execution: execution(1),
		Console: "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/" + execution(1) +
			"?region=eu-west-1",
		Before: past(one, 1, day).Outcome.Before, After: past(one, 1, day).Outcome.After,
		Calls: past(one, 1, day).Outcome.Calls, Change: "Closed TCP 22 to the world.",
		Verified: "SSH (TCP 22) of the security group is closed to 0.0.0.0/0 and ::/0. All other rules stay.",
		Findings: []string{"arn:aws:securityhub:eu-west-1:222222222222:finding/f-1"},
		V2IDs:    map[string]string{"arn:aws:securityhub:eu-west-1:222222222222:finding/f-1": "9d1b"},
		UndoneAt: ago(time.Hour),
	}
	if diff := cmp.Diff(want, r.Repairs[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if u := r.Repairs[0]; u.Undoes != execution(1) ||
		u.RequestedBy() != "arn:aws:iam::111111111111:user/ann, sent by "+sender ||
		u.Document != "hubmend-UndoCloseSecurityGroupPorts" || u.Verified != "" {
		t.Errorf("the undo is %+v", u)
	}
	global := target.Target{Account: account, Region: target.Global, Runbook: "DeactivateOldAccessKeys",
		Resource: "arn:aws:iam::222222222222:user/ann"}
	if e := reportOf(t, past(global, 1, day)).Repairs[0]; e.Region != "global" ||
		!strings.HasPrefix(e.Console, "https://eu-west-1.") {
		t.Errorf("a global one is %+v", e)
	}
}

// The time to repair has the attempts that were repeated in it, and no others.
func TestFoundAt(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	after := func(p ledger.Past, d time.Duration, more ...func(*ledger.Past)) ledger.Past {
		next := past(one, p.Attempt.Number+1, 0, more...)
		next.Attempt.QueuedAt, next.Attempt.ClaimedAt = p.Attempt.EndedAt, p.Attempt.EndedAt
		next.Attempt.EndedAt = p.Attempt.EndedAt.Add(d)
		return next
	}
	first := past(one, 1, day, failed(decide.Throttling, "slow down"))
	second := after(first, time.Minute, failed(decide.Internal, "oops"))
	third := after(second, time.Minute)
	if got := reportOf(t, first, second, third).Repairs[0].Took(); got != 40*time.Second+2*time.Minute {
		t.Errorf("it took %v", got)
	}
	broken := past(one, 1, day, failed(decide.Verification, "no"))
	if got := reportOf(t, broken, after(broken, time.Minute)).Repairs[0].Took(); got != time.Minute {
		t.Errorf("after one that is not repeated automatically it took %v", got)
	}
	later := after(first, time.Minute)
	later.Attempt.QueuedAt = later.Attempt.QueuedAt.Add(10 * time.Second)
	if got := reportOf(t, first, later).Repairs[0].Took(); got != 50*time.Second {
		t.Errorf("asked for anew it took %v", got)
	}
}

func TestTotal(t *testing.T) {
	t.Parallel()
	var entries []any
	for i := range 20 { // they take 1 to 20 seconds
		p := past(groupOf("sg-1"), i+1, day)
		p.Attempt.QueuedAt = p.Attempt.EndedAt.Add(-time.Duration(i+1) * time.Second)
		entries = append(entries, p)
	}
	other := groupOf("sg-2")
	entries = append(entries, past(other, 1, day, failed(decide.Permission, "no")),
		past(other, 2, day, failed(decide.Refused, "no")),
		past(other, 3, day, undo(5, decide.Succeeded)), past(other, 4, day, undo(9, decide.Failed)),
		past(other, 5, 2*day), past(other, 6, day, compliant))
	r := reportOf(t, entries...)
	number := func(f float64) *float64 { return &f }
	want := outcomes.Tally{Repaired: 20, Compliant: 1, Failed: 1, Skipped: 1, Undone: 1, Undos: 1, UndosFailed: 1,
		SuccessRate: number(20. / 21), MedianSeconds: number(10.5), P95Seconds: number(19)}
	if diff := cmp.Diff(want, r.Total); diff != "" || r.Resources != 1 || r.Total.Attempts() != 26 {
		t.Errorf("%d resources, %d attempts (-want +got):\n%s", r.Resources, r.Total.Attempts(), diff)
	}
	few := reportOf(t, past(other, 1, day), past(other, 2, time.Hour)).Total
	if *few.MedianSeconds != 40 || *few.P95Seconds != 40 || *few.SuccessRate != 1 {
		t.Errorf("%+v", few)
	}
	if none := reportOf(t).Total; none != (outcomes.Tally{}) {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	far := groupOf("sg-9")
	far.Account = "333333333333"
	far.Region = "us-east-1"
	far.Resource = "arn:aws:ec2:us-east-1:333333333333:security-group/sg-9"
	unknown := past(far, 1, day, failed(decide.Verification, "no"))
	unknown.Attempt.Control = "Old.1" // of an older catalog
	waits := decide.Record{Target: far, Version: 1, HeldAt: ago(time.Hour), HeldBy: "ann",
		Attempts: []decide.Attempt{{Number: 3, Control: "EC2.14", State: decide.Succeeded, EndedAt: ago(40 * day)}}}
	r := reportOf(t, past(groupOf("sg-1"), 1, day), unknown, waits,
		openFinding("EC2.13", "f", "eu-west-1", groupOf("sg-3").Resource))

	type row struct {
		Name                              string
		Repaired, Failed, Attention, Open int
	}
	rows := func(name string, s report.Standing) row { return row{name, s.Repaired, s.Failed, s.Attention, s.Open} }
	var controls, accounts, regions []row
	for _, c := range r.Controls {
		if s := rows(c.ID, c.Standing); s != (row{Name: c.ID}) {
			controls = append(controls, s)
		}
	}
	for _, p := range r.Accounts {
		accounts = append(accounts, rows(p.Name, p.Standing))
	}
	for _, p := range r.Regions {
		regions = append(regions, rows(p.Name, p.Standing))
	}
	for name, got := range map[string][2][]row{
		"controls": {controls, {{"EC2.13", 1, 0, 0, 1}, {"EC2.14", 0, 0, 1, 0}, {"Old.1", 0, 1, 0, 0}}},
		"accounts": {accounts, {{account, 1, 0, 0, 1}, {"333333333333", 0, 1, 1, 0}}},
		"Regions":  {regions, {{"eu-west-1", 1, 0, 0, 1}, {"us-east-1", 0, 1, 1, 0}}},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if len(r.Controls) != len(options.Catalog.Controls)+1 {
		t.Errorf("%d controls", len(r.Controls))
	}
	cis := r.Frameworks[slices.IndexFunc(r.Frameworks,
		func(f report.Framework) bool { return f.ID == "cis-aws-foundations-benchmark/v/1.2.0" })]
	var numbers []string
	for _, rule := range cis.Rules {
		numbers = append(numbers, rule.Number)
		if rule.Number == "4.1" && (rule.ID != "EC2.13" || rule.Repaired != 1 || rule.Open != 1) {
			t.Errorf("4.1 is %+v", rule)
		}
	}
	if cis.Name != "CIS AWS Foundations v1.2.0" || slices.Index(numbers, "1.4") > slices.Index(numbers, "1.10") ||
		!slices.Contains(numbers, "4.1") {
		t.Errorf("%s has %s", cis.Name, numbers)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	resource := groupOf("sg-1").Resource
	first, second := openFinding("EC2.13", "f-1", "eu-west-1", resource), openFinding("EC2.13", "f-2", "eu-west-1",
		resource)
	second.ObservedAt = ago(time.Minute)
	second.V2.UID = "9d1b"
	user := openFinding("IAM.3", "f-3", "eu-west-1", "arn:aws:iam::222222222222:user/ann")
	user.ResourceType = "AwsIamUser"
	again := user
	again.ID, again.Region = "f-4", "us-east-1"
	strange := openFinding("EC2.13", "f-5", "eu-west-1", "arn:aws:ec2:eu-west-1:999999999999:security-group/sg-1")
	done, left, unknown := first, first, first
	done.Workflow, left.RecordState, unknown.ControlID = "RESOLVED", "ARCHIVED", "EC2.99"
	passed, hidden := first, first
	passed.Compliance, hidden.Workflow = "PASSED", "SUPPRESSED"

	var got []string
	r := reportOf(t, first, second, user, again, strange)
	for _, o := range r.Open {
		got = append(got, strings.Join([]string{o.Control, o.Region, o.Resource, o.Finding}, " "))
	}
	want := []string{"EC2.13 eu-west-1 " + resource + " f-2", "EC2.13 eu-west-1 " + strange.ResourceID + " f-5",
		"IAM.3 global arn:aws:iam::222222222222:user/ann f-3"}
	if diff := cmp.Diff(want, got); diff != "" || !r.OpenKnown {
		t.Errorf("known: %v (-want +got):\n%s", r.OpenKnown, diff)
	}
	if r.Open[0].V2ID != "9d1b" {
		t.Errorf("%+v", r.Open[0])
	}
	if r := reportOf(t, done, left, unknown, passed, hidden); len(r.Open) > 0 || !r.OpenKnown {
		t.Errorf("%+v", r.Open)
	}
	if reportOf(t).OpenKnown {
		t.Error("nobody asked, and what is open is known")
	}
}

// A repair that waits for a re-check needs no attention and is not in progress.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	r := reportOf(t, decide.Record{Target: one, Version: 1, Unconfirmed: []decide.Ref{{ID: "f-1"}, {ID: "f-2"}},
		Attempts: []decide.Attempt{past(one, 1, time.Hour).Attempt}})
	if len(r.Waiting)+len(r.Attention())+len(r.InProgress()) != 0 || len(r.Unconfirmed) != 1 ||
		r.UnconfirmedFindings() != 2 || r.Controls[0].Attention != 0 {
		t.Errorf("%+v", r)
	}
}

// Two reports of the same are the same, in whichever order the ledger gives its entries.
func TestOrder(t *testing.T) {
	t.Parallel()
	entries := []any{
		past(groupOf("sg-1"), 1, day), past(groupOf("sg-2"), 1, day),
		past(groupOf("sg-2"), 2, time.Hour, failed(decide.Verification, "no")),
		decide.Record{Target: groupOf("sg-3"), Version: 1, HeldAt: noon,
			Attempts: []decide.Attempt{past(groupOf("sg-3"), 4, time.Hour).Attempt}},
		decide.Breaker{Control: "EC2.13", OpenUntil: noon.Add(time.Hour)},
		openFinding("EC2.14", "f", "eu-west-1", groupOf("sg-4").Resource),
	}
	want := reportOf(t, entries...)
	slices.Reverse(entries)
	if diff := cmp.Diff(want, reportOf(t, entries...)); diff != "" {
		t.Error(diff)
	}
	if len(want.Attention()) != 1 || len(want.InProgress()) != 0 || len(want.Paused) != 1 ||
		want.Repairs[0].EndedAt.Before(want.Repairs[1].EndedAt) {
		t.Errorf("%+v", want)
	}
	text, err := json.Marshal(reportOf(t))
	if err != nil || strings.Contains(string(text), ":null,\"") &&
		!strings.Contains(string(text), `"successRate":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

// An exempt finding is neither open nor closed. A resource with another finding that is not exempt stays open.
func TestExempt(t *testing.T) {
	t.Parallel()
	group := func(name string) string { return groupOf(name).Resource }
	open := func(id, name string) finding.Finding { return openFinding("EC2.13", id, "eu-west-1", group(name)) }
	r := reportOf(t, exempted("sg-1", "EC2.13", "f-1", "f-2"), exempted("sg-2", "EC2.13", "f-3"),
		open("f-1", "sg-1"), open("f-2", "sg-1"), open("f-3", "sg-2"), open("f-4", "sg-2"), open("f-5", "sg-3"))
	var left []string
	for _, o := range r.Open {
		left = append(left, o.Resource+" "+o.Rule)
	}
	if diff := cmp.Diff([]string{group("sg-2") + " Payments\n", group("sg-3") + " "}, left); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	if len(r.Exempt) != 2 || r.ExemptFindings() != 3 || r.Exempt[0].Owner != "ann@example.com" {
		t.Errorf("exempt: %+v", r.Exempt)
	}
	for _, c := range r.Controls {
		if c.ID == "EC2.13" && (c.Exempt != 2 || c.Open != 2 || c.Attention != 0) {
			t.Errorf("EC2.13: %+v", c.Standing)
		}
	}
	var page strings.Builder
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The policy exempts 3 findings.", "Exempt by the policy (3 findings)",
		"<bdi>ann@example.com</bdi>", "2026-04-30", "(partly exempt by rule Payments)"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

// Of what a person approved, the report has who requested it, and who approved it.
func TestApproved(t *testing.T) {
	t.Parallel()
	const ann, bob = "arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:user/bob"
	r := reportOf(t, past(groupOf("sg-1"), 1, day, func(p *ledger.Past) {
		p.Attempt.Proposal, p.Attempt.By, p.Attempt.AskedBy, p.Attempt.Despite = 2, ann, bob, "it is gone"
	}))
	e := r.Repairs[0]
	if e.ApprovedBy() != ann || e.RequestedBy() != bob || e.Proposal != decide.ProposalID(e.Key, 2) ||
		e.Despite != "it is gone" {
		t.Errorf("%+v", e)
	}
	e = reportOf(t, past(groupOf("sg-1"), 1, day)).Repairs[0]
	if e.ApprovedBy() != "" || e.RequestedBy() != "automatic" {
		t.Errorf("nobody was asked: %+v", e)
	}
}
