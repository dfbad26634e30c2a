package overview_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/overview"
)

// waits is a finding that the policy holds back.
func waits(cause decide.ParkCause, id string, before time.Duration, more func(*decide.Parked)) decide.Parked {
	p := decide.Parked{Cause: cause, Rule: "the rule", Owner: "ann", Ticket: "T-1", Until: noon.Add(time.Hour),
		Request: decide.Request{Ref: decide.Ref{ID: id}, Control: "X.1", AskedAt: ago(before)}}
	more(&p)
	return p
}

func asItIs(*decide.Parked) {}

// Everything that the policy holds back is listed, with what it is held back by.
func TestParkedTargets(t *testing.T) {
	t.Parallel()
	ends := noon.AddDate(0, 1, 0)
	rec := decide.Record{Parked: []decide.Parked{
		waits(decide.Exempted, "f1", time.Minute, func(p *decide.Parked) { p.RuleEnds = ends }),
		waits(decide.Exempted, "f2", time.Hour, func(p *decide.Parked) { p.RuleEnds = ends }),
		waits(decide.Exempted, "f3", time.Minute, func(p *decide.Parked) { p.Rule = "another" }),
		waits(decide.Exempted, "f4", time.Minute, func(p *decide.Parked) { p.ReturnedAt = noon }),
		waits(decide.Delayed, "f5", time.Minute, asItIs),
		waits(decide.Asked, "f6", time.Minute, asItIs),
		waits(decide.Asked, "f7", time.Minute, func(p *decide.Parked) { p.Request.Control = "X.2" }),
		waits(decide.Unreadable, "f8", time.Minute, func(p *decide.Parked) {
			p.Rule, p.Owner, p.Ticket, p.Reason = "", "", "", "it is broken."
		}),
	}, Proposal: decide.Proposal{Round: 3, State: decide.Open, Control: "X.1", Rule: "the rule",
		Plan: "Would close it.", ExpiresAt: noon.Add(2 * time.Hour)}}
	rec.Target = targetOf("sg-1")
	one := func(state overview.State, before time.Duration, until time.Time, why string) overview.Target {
		return overview.Target{State: state, Since: ago(before), Until: until, Why: why, Key: rec.Target.Key(),
			Account: rec.Target.Account, Region: rec.Target.Region, Resource: rec.Target.Resource, Control: "X.1",
			Runbook: "ClosePorts", Findings: 1, Rule: "the rule", Owner: "ann", Ticket: "T-1"}
	}
	exempt := one(overview.Exempt, time.Hour, ends,
		`Rule "the rule" of the policy exempts it until 2026-04-01 12:00 UTC. Owner: ann. Ticket: T-1.`)
	exempt.Findings, exempt.IDs = 2, []string{"f1", "f2"}
	another := one(overview.Exempt, time.Minute, time.Time{},
		`Rule "another" of the policy exempts it without an end. Owner: ann. Ticket: T-1.`)
	another.Rule, another.IDs = "another", []string{"f3"}
	asked := one(overview.PendingApproval, time.Minute, noon.Add(2*time.Hour),
		`Rule "the rule" of the policy requires approval. Plan: Would close it. Approve it with `+"`hubmend approve "+
			rec.ProposalID()+"`.")
	asked.Findings, asked.Proposal, asked.IDs = 2, rec.ProposalID(), []string{"f6", "f7"}
	undecided := one(overview.Undecided, time.Minute, noon.Add(time.Hour),
		"The policy does not allow or forbid it: it is broken.")
	undecided.Rule, undecided.Owner, undecided.Ticket, undecided.IDs = "", "", "", []string{"f8"}
	delayed := one(overview.Delayed, time.Minute, noon.Add(time.Hour),
		`Rule "the rule" of the policy delays it until 2026-03-01 13:00 UTC. Owner: ann. Ticket: T-1.`)
	delayed.IDs = []string{"f5"}
	got := summed(options, record(rec))
	if diff := cmp.Diff([]overview.Target{exempt, another}, got.Exempt); diff != "" {
		t.Errorf("exempt (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]overview.Target{asked, undecided, delayed}, got.Targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	for plan, want := range map[string]decide.Proposal{
		"It is being planned.":                              {State: decide.Planning},
		"The plan failed: No role. Hubmend plans it again.": {State: decide.Wanted, Problem: "No role."},
	} {
		rec.Proposal = want
		got := summed(options, record(rec)).Targets[0].Why
		if got != "A person has to approve each repair of this control. "+plan {
			t.Errorf("%q, want %q", got, plan)
		}
	}
}

// A failure needs no attention any longer when the policy holds back all of its findings.
func TestFailedAndExempt(t *testing.T) {
	t.Parallel()
	failed := attempt(time.Hour, ends(decide.Failed, time.Minute, "It broke."))
	failed.Findings = []decide.Ref{{ID: "f1"}, {ID: "f2"}}
	rec := decide.Record{Attempts: []decide.Attempt{failed},
		Parked: []decide.Parked{waits(decide.Exempted, "f1", time.Minute, asItIs)}}
	if got := summed(options, record(rec)); len(got.Targets) != 1 || len(got.Exempt) != 1 {
		t.Errorf("one of two is exempt: %+v", got)
	}
	rec.Parked = append(rec.Parked, waits(decide.Exempted, "f2", time.Minute, asItIs))
	if got := summed(options, record(rec)); len(got.Targets) != 0 || len(got.Exempt) != 1 {
		t.Errorf("both are exempt: %+v", got)
	}
}
