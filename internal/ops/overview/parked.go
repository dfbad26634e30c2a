package overview

import (
	"cmp"
	"fmt"
	"slices"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/parked"
)

var stateOfCause = map[decide.ParkCause]State{decide.Exempted: Exempt, decide.Asked: PendingApproval,
	decide.Delayed: Delayed, decide.Unreadable: Undecided}

// Parked gives what the policy holds back of a record's target: one entry for what people are asked, and else one for
// each cause, rule and control.
func Parked(rec decide.Record) []Target {
	var all []Target
	for _, p := range rec.Parked {
		if !p.ReturnedAt.IsZero() {
			continue
		}
		t := ParkedTarget(rec, p)
		i := slices.IndexFunc(all, func(x Target) bool {
			return x.State == t.State && (x.Rule == t.Rule && x.Control == t.Control || t.State == PendingApproval)
		})
		if i < 0 {
			all = append(all, t)
			continue
		}
		all[i].Findings++
		all[i].IDs = append(all[i].IDs, t.IDs...)
		all[i].V2IDs = AddV2IDs(all[i].V2IDs, t.IDs, t.V2IDs)
		if t.Since.Before(all[i].Since) {
			all[i].Since = t.Since
		}
	}
	return all
}

// ParkedTarget gives one finding that the policy holds back of a record's target.
func ParkedTarget(rec decide.Record, p decide.Parked) Target {
	t := Target{
		State: stateOfCause[p.Cause], Since: p.Request.AskedAt, Until: p.Until, Why: parked.Why(p),
		Key: rec.Target.Key(), Account: rec.Target.Account, Region: rec.Target.Region, Resource: rec.Target.Resource,
		Control: p.Request.Control, Runbook: rec.Target.Runbook, Findings: 1, Rule: p.Rule, Owner: p.Owner,
		Ticket: p.Ticket, IDs: []string{p.Request.Ref.ID},
	}
	t.V2IDs = Recorded(rec, t.IDs)
	switch p.Cause {
	case decide.Exempted:
		t.Until = p.RuleEnds
	case decide.Asked:
		x := rec.Proposal
		t.Control, t.Rule, t.Until, t.Proposal = cmp.Or(x.Control, t.Control), x.Rule, x.ExpiresAt, rec.ProposalID()
		t.Why = proposalWhy(rec)
	}
	return t
}

// proposalWhy describes what a record's proposal waits for.
func proposalWhy(rec decide.Record) string {
	x := rec.Proposal
	why := parked.Asks(x.Rule, x.Reason)
	switch {
	case x.State == decide.Open:
		return fmt.Sprintf("%s Plan: %s Approve it with `hubmend approve %s`.", why, x.Plan, rec.ProposalID())
	case x.Problem != "":
		return why + " The plan failed: " + x.Problem + " Hubmend plans it again."
	}
	return why + " It is being planned."
}

// heldBack reports whether the policy holds back all of some findings.
func heldBack(rec decide.Record, refs []decide.Ref) bool {
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(r decide.Ref) bool {
		return !slices.ContainsFunc(rec.Parked, func(p decide.Parked) bool {
			return p.Request.Ref.ID == r.ID && p.ReturnedAt.IsZero()
		})
	})
}
