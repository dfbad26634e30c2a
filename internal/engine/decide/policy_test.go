package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
)

// under is the open gate with a policy in force that has one rule for everything.
func under(r policy.Rule) decide.Gate {
	r.Name, r.Reason, r.Owner, r.Ticket = "the rule", "it is moving", "ann@example.com", "T-1"
	return governed(policy.Policy{Format: policy.Format, Rules: []policy.Rule{r}})
}

func governed(p policy.Policy) decide.Gate {
	g := open
	g.Policy = decide.InForce{Version: policy.Version{Number: 1, Policy: p, Hash: p.Hash()}}
	return g
}

var (
	exempt   = policy.Rule{Decision: policy.Exempt, Until: noon.AddDate(0, 2, 0)}
	proposes = policy.Rule{Decision: policy.Ask}
	delays   = policy.Rule{Decision: policy.Delay, Delay: time.Hour}
	allows   = policy.Rule{Decision: policy.Allow}
	expected = "digest-1"
)

func unreadable() decide.Gate {
	g := open
	g.Policy.Problem = "the policy cannot be read (down)."
	return g
}

// parked lists the causes for which findings of a record wait.
func parked(rec decide.Record) []string {
	var all []string
	for _, p := range rec.Parked {
		if p.ReturnedAt.IsZero() {
			all = append(all, p.Request.Ref.ID+" "+string(p.Cause))
		}
	}
	return all
}

// Rules hold for automatic repairs. Persons are stopped by an exemption only, and by what keeps the policy
// from being known, unless they say that it is meant.
func TestPolicyStopsStarts(t *testing.T) {
	t.Parallel()
	despite := func(r *decide.Request) { byHand(r); r.Despite = "the application is gone" }
	for name, tc := range map[string]struct {
		gate    decide.Gate
		request decide.Request
		starts  bool
		parked  []string
		told    []string
	}{
		"no policy":         {open, ask("f1", "e1"), true, nil, []string{"f1 NOTIFIED"}},
		"allow":             {under(allows), ask("f1", "e1"), true, nil, []string{"f1 NOTIFIED"}},
		"exempt":            {under(exempt), ask("f1", "e1"), false, []string{"f1 exempt"}, []string{"f1 NOTIFIED"}},
		"exempt, by hand":   {under(exempt), ask("f1", "e1", byHand), false, []string{"f1 exempt"}, []string{"f1 "}},
		"exempt, and meant": {under(exempt), ask("f1", "e1", despite), true, nil, []string{"f1 NOTIFIED"}},
		"ask":               {under(proposes), ask("f1", "e1"), false, []string{"f1 ask"}, []string{"f1 NOTIFIED"}},
		"ask, by hand":      {under(proposes), ask("f1", "e1", byHand), true, nil, []string{"f1 NOTIFIED"}},
		"delay":             {under(delays), ask("f1", "e1"), false, []string{"f1 delay"}, []string{"f1 NOTIFIED"}},
		"delay, by hand":    {under(delays), ask("f1", "e1", byHand), true, nil, []string{"f1 NOTIFIED"}},
		"unreadable": {unreadable(), ask("f1", "e1"), false, []string{"f1 policy unreadable"},
			[]string{"f1 NOTIFIED"}},
		"unreadable, by hand": {unreadable(), ask("f1", "e1", byHand), false, nil, nil},
		"unreadable, meant":   {unreadable(), ask("f1", "e1", despite), true, nil, []string{"f1 NOTIFIED"}},
	} {
		d := through(t, tc.gate, nil, record(), tc.request)
		if d.Start != tc.starts {
			t.Errorf("%s: it starts: %t", name, d.Start)
		}
		if diff := cmp.Diff(tc.parked, parked(d.Record)); diff != "" {
			t.Errorf("%s: parked (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.told, told(d.Announce)); diff != "" {
			t.Errorf("%s: told (-want +got):\n%s", name, diff)
		}
	}
}

// A fact is asked for when a rule depends on it, and not before. One that cannot be read has the finding wait.
func TestPolicyNeedsFacts(t *testing.T) {
	t.Parallel()
	rule := policy.Rule{Decision: policy.Exempt, When: policy.When{Tags: []string{"keep"}}}
	g := under(rule)
	d := decide.OnFindings(record(), []decide.Request{ask("f1", "e1")}, nil, g, noon, settings)
	if d.NeedsFact != policy.NeedTags || d.Save || d.Start {
		t.Errorf("without tags: needs %q, save %t, start %t", d.NeedsFact, d.Save, d.Start)
	}
	g.Policy.Facts.Tags = map[string]string{}
	if d = through(t, g, nil, record(), ask("f1", "e1")); !d.Start {
		t.Error("a resource without the tag is not repaired")
	}
	g.Policy.Facts.Tags = map[string]string{"keep": "yes"}
	if d = through(t, g, nil, record(), ask("f1", "e1")); d.Start {
		t.Error("a resource with the tag is repaired")
	}
	g.Policy.Facts.Tags, g.Policy.FactsProblem = nil, "it depends on tags, which cannot be read (denied)."
	d = through(t, g, nil, record(), ask("f1", "e1"))
	if got := parked(d.Record); d.Start || len(got) != 1 || got[0] != "f1 policy unreadable" {
		t.Errorf("with tags that cannot be read: start %t, parked %q", d.Start, got)
	}
	if len(d.Notifications) != 1 || d.Notifications[0].Kind != decide.PolicyUnreadable {
		t.Errorf("notifications = %+v", d.Notifications)
	}
}

// A finding that comes again while it waits is answered once, and a delay counts from the first time.
func TestParkedFindingComesAgain(t *testing.T) {
	t.Parallel()
	g := under(delays)
	first := through(t, g, nil, record(), ask("f1", "e1"))
	until := first.Record.Parked[0].Until
	later := noon.Add(10 * time.Minute)
	again := decide.OnFindings(first.Record, []decide.Request{ask("f1", "e1")}, nil, g, later, settings)
	if !again.Record.Parked[0].Until.Equal(until) || len(again.Announce) != 0 || len(again.Notifications) != 0 {
		t.Errorf("until %s, told %q, %d notifications", again.Record.Parked[0].Until, told(again.Announce),
			len(again.Notifications))
	}
	asNew := decide.OnFindings(first.Record, []decide.Request{ask("f1", "e2")}, nil, g, later, settings)
	if diff := cmp.Diff([]string{"f1 NOTIFIED"}, told(asNew.Announce)); diff != "" || len(asNew.Notifications) != 0 {
		t.Errorf("an event that is new: %s", diff)
	}
}

// The policy is asked again before a queued attempt is claimed.
func TestPolicyAtTheClaim(t *testing.T) {
	t.Parallel()
	queued := through(t, decide.Gate{Slot: noon.Add(time.Minute)}, nil, record(), ask("f1", "e1"),
		ask("f2", "e2", forPorts("22", "3389"))).Record
	if a := queued.Last(); a.State != decide.Queued || len(a.Asks) != 2 {
		t.Fatalf("attempt = %+v", a)
	}
	wake := func(rec decide.Record, g decide.Gate) decide.Decision {
		return decide.OnWake(rec, nil, g, noon.Add(time.Hour), settings)
	}
	if d := wake(queued, under(allows)); !d.Start {
		t.Error("it does not start although nothing stops it")
	}
	d := wake(queued, under(exempt))
	if diff := cmp.Diff([]string{"f1 exempt", "f2 exempt"}, parked(d.Record)); d.Start || diff != "" ||
		d.Record.Last() != nil {
		t.Errorf("exempt by now: start %t, attempts %v, parked %s", d.Start, d.Record.Attempts, diff)
	}
	// One of two may start, and does so with its own parameters.
	only := exempt
	only.When.Severities = []string{"LOW"}
	low := queued.Clone()
	low.Attempts[0].Asks[1].Severity = "LOW"
	g := under(only)
	g.Slot = noon.Add(time.Hour)
	d = wake(low, g)
	if diff := cmp.Diff([]string{"f2 exempt"}, parked(d.Record)); diff != "" || !d.Start ||
		len(d.Record.Last().Findings) != 1 || !cmp.Equal(d.Record.Last().Parameters, ports("22")) {
		t.Errorf("one of two: start %t, parameters %v, %s", d.Start, d.Record.Last().Parameters, diff)
	}
	// Whether it runs is not known, and it must not be started again.
	unknown := queued.Clone()
	unknown.Last().MayRun, unknown.Last().ClaimedAt = true, noon
	if d = wake(unknown, under(exempt)); d.Start || d.Record.Last().State != decide.Queued {
		t.Errorf("it may still run: start %t, attempt %+v", d.Start, d.Record.Last())
	}
	unknown.Last().ClaimedAt = noon.Add(-2 * time.Hour)
	d = wake(unknown, under(exempt))
	if a := d.Record.Last(); d.Start || a == nil || a.State != decide.Failed || len(d.Notifications) != 1 {
		t.Errorf("it may run: start %t, attempt %+v", d.Start, a)
	}
	if d = wake(unknown, unreadable()); d.Start || d.Record.Last().State != decide.Queued {
		t.Errorf("it may run, and the policy cannot be read: start %t, attempt %+v", d.Start, d.Record.Last())
	}
}

// The sweep looks at parked findings.
func TestParkedFindingIsLookedAt(t *testing.T) {
	t.Parallel()
	seen := func(edit func(*decide.Seen)) map[string]decide.Seen {
		s := decide.Seen{Workflow: finding.Notified, Compliance: finding.Failed, RecordState: finding.Active,
			ObservedAt: noon}
		edit(&s)
		return map[string]decide.Seen{"f1": s}
	}
	asItWas := seen(func(*decide.Seen) {})
	forever := exempt
	forever.Until = time.Time{}
	for name, tc := range map[string]struct {
		parkedUnder, now decide.Gate
		seen             map[string]decide.Seen
		after            time.Duration
		parked, told     []string
		notified         []decide.Kind
	}{
		"it is early": {under(exempt), under(exempt), nil, time.Hour, []string{"f1 exempt"}, nil, nil},
		"it still fails after a week": {under(forever), under(forever), asItWas, 7 * 24 * time.Hour,
			[]string{"f1 exempt"}, nil, nil},
		"it passes by now": {under(exempt), under(exempt), seen(func(s *decide.Seen) { s.Compliance = "PASSED" }),
			7 * 24 * time.Hour, nil, nil, nil},
		"a person has it in hand": {under(exempt), under(exempt),
			seen(func(s *decide.Seen) { s.Workflow = finding.Suppressed }),
			7 * 24 * time.Hour, nil, nil, nil},
		"two weeks before the end": {under(exempt), under(exempt), asItWas, exempt.Until.Sub(noon) - 14*24*time.Hour,
			[]string{"f1 exempt"}, nil, []decide.Kind{decide.ExemptionEnds}},
		"after the end": {under(exempt), under(exempt), asItWas, exempt.Until.Sub(noon), nil,
			[]string{"f1 NEW"}, nil},
		"the rule is gone": {under(exempt), governed(policy.Policy{Format: 1}), asItWas, time.Hour, nil,
			[]string{"f1 NEW"}, nil},
		"another rule":           {under(exempt), under(delays), asItWas, time.Hour, nil, []string{"f1 NEW"}, nil},
		"the delay is over":      {under(delays), under(delays), asItWas, time.Hour, nil, []string{"f1 NEW"}, nil},
		"the policy is readable": {unreadable(), under(allows), asItWas, 5 * time.Minute, nil, []string{"f1 NEW"}, nil},
		"the policy is not": {unreadable(), unreadable(), asItWas, 5 * time.Minute,
			[]string{"f1 policy unreadable"}, nil, nil},
	} {
		rec := through(t, tc.parkedUnder, nil, record(), ask("f1", "e1")).Record
		d := decide.OnWake(rec, tc.seen, tc.now, noon.Add(tc.after), settings)
		if diff := cmp.Diff(tc.parked, parked(d.Record)); diff != "" {
			t.Errorf("%s: parked (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.told, told(slices.Concat(d.Updates, d.Announce))); diff != "" {
			t.Errorf("%s: told (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.notified, kinds(d.Notifications)); diff != "" {
			t.Errorf("%s: notified (-want +got):\n%s", name, diff)
		}
	}
}

func kinds(all []decide.Notification) []decide.Kind {
	var names []decide.Kind
	for _, n := range all {
		names = append(names, n.Kind)
	}
	return names
}

// One notification announces the end of an exemption.
func TestExemptionRemindsOnce(t *testing.T) {
	t.Parallel()
	g := under(exempt)
	rec := through(t, g, nil, record(), ask("f1", "e1")).Record
	seen := map[string]decide.Seen{"f1": {Workflow: finding.Notified, Compliance: finding.Failed,
		RecordState: finding.Active}}
	told := 0
	for now := noon; now.Before(exempt.Until); now = now.Add(24 * time.Hour) {
		d := decide.OnWake(rec, seen, g, now, settings)
		told += len(d.Notifications)
		rec = d.Record
	}
	if told != 1 {
		t.Errorf("%d notifications were sent", told)
	}
	if due := rec.Due(settings); due.After(exempt.Until) {
		t.Errorf("it is due at %s, after the end of the exemption", due)
	}
}

// proposed is a record with a proposal that is open.
func proposed(t *testing.T, g decide.Gate, requests ...decide.Request) decide.Record {
	t.Helper()
	d := through(t, g, nil, record(), requests...)
	if !d.Plan || d.Start {
		t.Fatalf("plan %t, start %t", d.Plan, d.Start)
	}
	started := decide.OnPlanStarted(d.Record, d.Record.Proposal.Round, "exec-plan", noon)
	planned := decide.OnPlanned(started.Record,
		decide.Outcome{ExecutionID: "exec-plan", Planning: true, Succeeded: true,
			Change: "Would close it.", Digest: expected}, nil, noon)
	if diff := cmp.Diff([]decide.Kind{decide.RepairProposed}, kinds(planned.Notifications)); diff != "" {
		t.Errorf("notified (-want +got):\n%s", diff)
	}
	for _, u := range planned.Updates {
		if u.Workflow != finding.Notified || !strings.Contains(u.Note, "hubmend approve "+planned.Record.ProposalID()) {
			t.Errorf("%s: %s", u.Workflow, u.Note)
		}
	}
	return planned.Record
}

func answer(rec decide.Record, edits ...func(*decide.Answer)) decide.Answer {
	a := decide.Answer{ID: "answer-1", Round: rec.Proposal.Round, Approve: true, By: ann, At: noon}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

// An approved repair is started once, bound to its plan, and for every finding that asked.
func TestApprove(t *testing.T) {
	t.Parallel()
	g := under(proposes)
	rec := proposed(t, g, ask("f1", "e1"), ask("f2", "e2"))
	d := decide.OnAnswer(rec, answer(rec), nil, g, noon, settings)
	a := d.Record.Last()
	if !d.Start || a == nil || a.Expected != expected || a.By != ann || a.Proposal != 1 || len(a.Findings) != 2 {
		t.Fatalf("start %t, attempt %+v", d.Start, a)
	}
	if d.Record.Proposal.State != "" || len(d.Record.Parked) > 0 {
		t.Errorf("left: %+v, %q", d.Record.Proposal, parked(d.Record))
	}
	again := decide.OnAnswer(d.Record, answer(rec), nil, g, noon, settings)
	if again.Save || again.Start {
		t.Error("the answer counts when it comes again")
	}
	other := decide.OnAnswer(d.Record, answer(rec, func(a *decide.Answer) { a.ID = "answer-2" }), nil, g, noon,
		settings)
	if other.Start || other.Record.Refused.Request != "answer-2" {
		t.Errorf("another answer to the same proposal: start %t, refused %+v", other.Start, other.Record.Refused)
	}
	// The custom action on one of the findings approves too.
	click := through(t, g, nil, rec, ask("f1", "e3", byHand))
	if a := click.Record.Last(); !click.Start || a.Expected != expected || len(a.Findings) != 2 {
		t.Errorf("a click: start %t, attempt %+v", click.Start, a)
	}
}

// A repair that meets another state than was approved changes nothing, and is proposed again.
func TestApprovedPlanIsOutdated(t *testing.T) {
	t.Parallel()
	g := under(proposes)
	rec := proposed(t, g, ask("f1", "e1"))
	rec = decide.OnStarted(decide.OnAnswer(rec, answer(rec), nil, g, noon, settings).Record, 1, "exec-1").Record
	d := decide.OnOutcome(rec, decide.Outcome{ExecutionID: "exec-1", Class: failure.Changed, Reason: "It differs."},
		nil,
		noon, settings)
	if x := d.Record.Proposal; x.State != decide.Wanted || x.Round != 2 {
		t.Errorf("proposal = %+v", x)
	}
	if x := d.Record.Proposal; x.Rule != "the rule" || x.Reason == "" || x.ExpiresAt.IsZero() {
		t.Errorf("what it is about is lost: %+v", x)
	}
	if diff := cmp.Diff([]string{"f1 ask"}, parked(d.Record)); diff != "" || len(d.Notifications) > 0 {
		t.Errorf("parked %s, notified %v", diff, kinds(d.Notifications))
	}
	if d = decide.OnWake(d.Record, nil, g, noon, settings); !d.Plan {
		t.Error("it is not planned again")
	}
}

// Silence is no, and so is a rejection. Both are in the notes of the findings, and nothing starts.
func TestNoApproval(t *testing.T) {
	t.Parallel()
	g := under(proposes)
	rec := proposed(t, g, ask("f1", "e1"))
	no := func(a *decide.Answer) { a.Approve, a.Reason = false, "not before the release" }
	d := decide.OnAnswer(rec, answer(rec, no), nil, g, noon, settings)
	if len(d.Updates) != 1 || !strings.Contains(d.Updates[0].Note, "not before the release") || d.Start ||
		d.Record.Proposal.State != "" || len(d.Record.Parked) > 0 {
		t.Errorf("rejected: %+v, start %t, %+v", d.Updates, d.Start, d.Record.Proposal)
	}
	d = decide.OnWake(rec, nil, g, noon.Add(policy.ExpireDefault), settings)
	if len(d.Updates) != 1 || d.Start || d.Record.Proposal.State != "" || len(d.Record.Parked) > 0 {
		t.Errorf("expired: %+v, start %t, %+v", d.Updates, d.Start, d.Record.Proposal)
	}
	late := decide.OnAnswer(rec, answer(rec), nil, g, noon.Add(policy.ExpireDefault), settings)
	if late.Start || late.Record.Refused.Request == "" {
		t.Errorf("approved too late: start %t", late.Start)
	}
}

// Approvers are checked against the identity that SQS confirms.
func TestWhoMayApprove(t *testing.T) {
	t.Parallel()
	const lead = "arn:aws:sts::111111111111:assumed-role/SecurityLead/carol"
	byLead := func(a *decide.Answer) { a.By, a.Sender = lead, "AROAEXAMPLE:carol" }
	forged := func(a *decide.Answer) { a.By, a.Sender = lead, "AROAEXAMPLE:mallory" }
	named := proposes
	named.Approvers = []string{"arn:aws:sts::*:assumed-role/SecurityLead/*"}
	second := under(proposes)
	second.Policy.Policy.Proposals.SecondPerson = true
	requested := func(r *decide.Request) { byHand(r); r.Trigger, r.By = finding.CommandLine, lead }
	for name, tc := range map[string]struct {
		gate    decide.Gate
		request decide.Request
		answer  func(*decide.Answer)
		starts  bool
	}{
		"anybody":      {under(proposes), ask("f1", "e1"), func(*decide.Answer) {}, true},
		"who is named": {under(named), ask("f1", "e1"), byLead, true},
		"who is not named": {under(named), ask("f1", "e1"), func(a *decide.Answer) { a.By, a.Sender = ann, "" },
			false},
		"who only says so": {under(named), ask("f1", "e1"), forged, false},
		"a second person": {second, ask("f1", "e1", requested),
			func(a *decide.Answer) { a.By, a.Sender = ann, "" }, true},
		"the same person":       {second, ask("f1", "e1", requested), byLead, false},
		"nobody requested it":   {second, ask("f1", "e1"), byLead, true},
		"who is not confirmed":  {second, ask("f1", "e1", requested), forged, false},
		"a custom action alone": {second, ask("f1", "e1", byHand), byLead, true},
	} {
		rec := proposed(t, tc.gate, tc.request)
		// The policy in force at the answer counts, and not that at the request.
		rec.Proposal.Approvers = []string{"outdated"}
		d := decide.OnAnswer(rec, answer(rec, tc.answer), nil, tc.gate, noon, settings)
		if d.Start != tc.starts || d.Start == (d.Record.Refused.Request != "") {
			t.Errorf("%s: start %t, refused %q", name, d.Start, d.Record.Refused.Reason)
		}
	}
}

// A plan that fails is made again, with one notification. One that finds nothing to do, or that the runbook refuses,
// is an answer.
func TestPlanFails(t *testing.T) {
	t.Parallel()
	g := under(proposes)
	d := through(t, g, nil, record(), ask("f1", "e1"))
	running := decide.OnPlanStarted(d.Record, 1, "exec-plan", noon).Record
	outcome := func(o decide.Outcome) decide.Decision {
		o.ExecutionID, o.Planning = "exec-plan", true
		return decide.OnPlanned(running, o, nil, noon)
	}
	for name, tc := range map[string]struct {
		d        decide.Decision
		state    decide.ProposalState
		updates  int
		notified int
	}{
		"it could not be started": {decide.OnPlanRefused(d.Record, 1, "no role.", time.Time{}, noon), decide.Wanted, 0,
			1},
		"it was denied": {outcome(decide.Outcome{Class: decide.Permission, Reason: "denied."}), decide.Wanted,
			0, 1},
		"it has no digest": {outcome(decide.Outcome{Succeeded: true, Change: "Would close it."}), decide.Wanted,
			0, 1},
		"it is refused": {outcome(decide.Outcome{Class: decide.Refused, Reason: "it is the default."}), "", 1,
			0},
		"nothing to change": {outcome(decide.Outcome{Succeeded: true, Change: "Nothing to change: it is closed.",
			Digest: expected}), "", 1, 0},
	} {
		x := tc.d.Record.Proposal
		if x.State != tc.state || len(tc.d.Updates) != tc.updates || len(tc.d.Notifications) != tc.notified ||
			!tc.d.Save {
			t.Errorf("%s: %+v, %d updates, %d notifications", name, x, len(tc.d.Updates), len(tc.d.Notifications))
		}
		if again := decide.OnPlanRefused(tc.d.Record, x.Round, "no role.", time.Time{},
			noon); len(again.Notifications) > 0 {
			t.Errorf("%s: another notification is sent", name)
		}
	}
	late := decide.OnPlanned(running, decide.Outcome{ExecutionID: "exec-other", Planning: true, Succeeded: true,
		Digest: expected}, nil, noon)
	if late.Save {
		t.Error("another execution counts as the plan")
	}
	// The outcome of a planning execution is never that of an attempt.
	claimed := record(attempt(1, decide.Claimed))
	if d := decide.OnOutcome(claimed, decide.Outcome{ExecutionID: "exec-x", Planning: true, Succeeded: true,
		StartedAt: noon}, nil, noon, settings); d.Save {
		t.Error("a plan counts as a repair")
	}
}

// Automatic starts wait when a budget is used up. A person's do not, and one that was counted is not counted again.
func TestBudgets(t *testing.T) {
	t.Parallel()
	g := governed(policy.Policy{Format: 1, Budgets: policy.Budgets{HourlyPerControlAndAccount: 1}})
	d := decide.OnFindings(record(), []decide.Request{ask("f1", "e1")}, nil, g, noon, settings)
	if d.NeedsBudget != "X.22" || d.Start || d.Save {
		t.Errorf("needs budget %q, start %t", d.NeedsBudget, d.Start)
	}
	g.Budget = decide.Budget{Asked: true}
	if d = through(t, g, nil, record(), ask("f1", "e1")); !d.Start || !d.Record.Last().BudgetAt.Equal(noon) {
		t.Errorf("within the budget: start %t, counted at %s", d.Start, d.Record.Last().BudgetAt)
	}
	g.Budget.Until = noon.Add(time.Hour)
	d = through(t, g, nil, record(), ask("f1", "e1"))
	if a := d.Record.Last(); d.Start || a.Cause != decide.OverBudget || !a.NotBefore.Equal(g.Budget.Until) {
		t.Errorf("past it: start %t, attempt %+v", d.Start, a)
	}
	note := d.Announce[0].Note
	if !strings.Contains(note, "budget of the policy") || !strings.Contains(note, "13:00 UTC") {
		t.Errorf("past it: the note is %q", note)
	}
	if diff := cmp.Diff([]decide.Kind{decide.BudgetSpent}, kinds(d.Notifications)); diff != "" {
		t.Errorf("notified (-want +got):\n%s", diff)
	}
	if again := decide.OnWake(d.Record, nil, g, noon.Add(time.Hour), settings); len(again.Notifications) > 0 {
		t.Error("another notification is sent for the same attempt")
	}
	g.Budget = decide.Budget{}
	if d = through(t, g, nil, record(), ask("f1", "e1", byHand)); !d.Start {
		t.Error("a person waits for a budget")
	}
	counted := record(attempt(1, decide.Queued, func(a *decide.Attempt) { a.BudgetAt = noon.Add(-time.Minute) }))
	if d = decide.OnWake(counted, nil, g, noon.Add(time.Minute), settings); d.NeedsBudget == "" {
		t.Error("an attempt of another hour is not counted again")
	}
	counted.Attempts[0].BudgetAt = noon
	if d = decide.OnWake(counted, nil, g, noon.Add(time.Minute), settings); d.NeedsBudget != "" {
		t.Error("an attempt is counted twice in an hour")
	}
}
