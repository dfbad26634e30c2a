package announce

import (
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
)

// waiting are the states of findings that the policy stops. A finding that waits for an approval has its proposal's.
var waiting = map[decide.ParkCause]State{
	decide.Exempted: Exempt, decide.Delayed: Delayed, decide.Unreadable: PolicyUnreadable,
}

// stopped returns the findings that began to wait for the policy, as one change for each control and rule.
func stopped(was, is decide.Record, now time.Time) []change {
	var all []change
	for _, p := range is.Parked {
		state, told := waiting[p.Cause]
		if !told || !p.ReturnedAt.IsZero() || slices.ContainsFunc(was.Parked, p.WaitsAs) {
			continue
		}
		group := strings.Join([]string{p.Request.Control, p.Rule}, "\n")
		i := slices.IndexFunc(all, func(c change) bool { return c.state == state && c.group == group })
		if i < 0 {
			i = len(all)
			all = append(all, newlyParked(state, group, p, now))
		}
		c := &all[i]
		c.findings = append(c.findings, p.Request.Ref)
		if p.Cause == decide.Delayed && p.Until.Before(c.until) {
			c.until = p.Until
		}
		if r := p.Request; c.request == nil && r.By != "" {
			c.request = &Request{AskedBy: text(r.By), Sender: finding.Doubtful(r.Sender, r.By)}
		}
	}
	return all
}

// newlyParked is the change of the first finding of a group.
func newlyParked(state State, group string, p decide.Parked, now time.Time) change {
	c := change{state: state, attempt: &decide.Attempt{Control: p.Request.Control}, at: now, group: group}
	switch p.Cause {
	case decide.Unreadable:
		c.reason = p.Reason
	case decide.Exempted:
		c.rule, c.until = rule(p), p.RuleEnds
	default:
		c.rule, c.until = rule(p), p.Until
	}
	return c
}

// proposalChanges returns how a proposal ended and which one is open now. A proposal that was announced always ends
// with an event.
func proposalChanges(was decide.Record, d decide.Decision, now time.Time) []change {
	var all []change
	is := d.Record
	same := was.Proposal.Round == is.Proposal.Round && is.Proposal.State != ""
	if state := endOf(was.Proposal, d.ProposalEnd); was.Proposal.State != "" && !same && state != "" {
		all = append(all, ended(was, d, state, now))
	}
	if is.Proposal.State == decide.Open && (was.Proposal.State != decide.Open || !same) {
		all = append(all, change{state: Proposed, attempt: &decide.Attempt{Control: is.Proposal.Control},
			findings: asked(is), at: now, rule: proposalRule(is), proposal: proposal(is)})
	}
	return all
}

// endOf returns the state that a proposal ends in; empty for one that was never announced and that nobody answered.
func endOf(x decide.Proposal, end decide.ProposalEnd) State {
	switch {
	case end.Result == decide.Approved:
		return Approved
	case end.Result == decide.Rejected:
		return Rejected
	case end.Result == decide.Expired:
		return Expired
	case x.State == decide.Open:
		return Withdrawn
	}
	return ""
}

// ended is the change of a proposal that is over.
func ended(was decide.Record, d decide.Decision, state State, now time.Time) change {
	c := change{state: state, attempt: &decide.Attempt{Control: was.Proposal.Control}, findings: asked(was), at: now,
		reason: d.ProposalEnd.Reason, rule: proposalRule(was), proposal: proposal(was)}
	c.proposal.Sender = finding.Doubtful(d.ProposalEnd.Sender, d.ProposalEnd.By)
	switch state {
	case Approved:
		c.proposal.ApprovedBy = text(d.ProposalEnd.By)
		a := d.Record.Last()
		if a != nil && a.Proposal == was.Proposal.Round {
			c.attempt, c.findings = a, a.Findings
		}
	case Rejected:
		c.proposal.RejectedBy = text(d.ProposalEnd.By)
	}
	return c
}

// asked returns the findings that the proposal of a record is for. Others wait for their own.
func asked(r decide.Record) []decide.Ref {
	var refs []decide.Ref
	for _, p := range r.Waiting(decide.Asked) {
		if r.Proposal.Parameters.Covers(p.Request.Parameters) {
			refs = append(refs, p.Request.Ref)
		}
	}
	return refs
}

func proposal(r decide.Record) *Proposal {
	x := r.Proposal
	return &Proposal{ID: r.ProposalID(), Plan: text(x.Plan), Digest: x.Digest, ExpiresAt: x.ExpiresAt.UTC(),
		AskedBy: text(x.AskedBy), AskedSender: finding.Doubtful(x.AskedSender, x.AskedBy)}
}

// proposalRule returns the rule that asks. The proposal has its name, and the findings what else it says.
func proposalRule(r decide.Record) *Rule {
	p := decide.Parked{Rule: r.Proposal.Rule, Reason: r.Proposal.Reason}
	for _, one := range r.Waiting(decide.Asked) {
		if one.Rule == p.Rule {
			p.Owner, p.Ticket = one.Owner, one.Ticket
		}
	}
	return rule(p)
}

// rule returns what an entry says of its rule, or nil.
func rule(p decide.Parked) *Rule {
	is := Rule{Name: text(p.Rule), Reason: text(p.Reason), Owner: text(p.Owner), Ticket: text(p.Ticket)}
	if is == (Rule{}) {
		return nil
	}
	return &is
}

// plannedAgain reports whether an approved attempt ended because the resource has changed, so that people are asked
// again.
func plannedAgain(is decide.Record, a decide.Attempt) bool {
	return a.Class == failure.Changed && is.Proposal.State != ""
}
