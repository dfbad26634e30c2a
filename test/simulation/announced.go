package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
	"hubmend/internal/engine/decide"
)

// PutEvents takes events as everything else: it takes time, and may fail or be the last call.
func (c *client) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput,
	_ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	c.count(in.Entries)
	out, err := call(ctx, c, func() (*eventbridge.PutEventsOutput, error) {
		if len(in.Entries) > 10 {
			c.violate("%d events in a call", len(in.Entries))
		}
		for _, e := range in.Entries {
			c.hear(*e.DetailType, *e.Detail)
		}
		return &eventbridge.PutEventsOutput{}, nil
	})
	c.lost = c.lost || err != nil
	return out, err
}

// hear checks an event against the schema and what is true.
func (w *world) hear(kind, detail string) {
	if err := contract.Check(kind, []byte(detail)); err != nil {
		w.violate("the event %s breaks its schema: %v", detail, err)
		return
	}
	var e announce.Repair // a breaker's lacks some of it
	if err := json.Unmarshal([]byte(detail), &e); err != nil {
		w.violate("read the event %s: %v", detail, err)
		return
	}
	if other, is := w.announced[e.ID]; is && other != detail {
		w.violate("two events have an id: %s and %s", other, detail)
	}
	w.announced[e.ID] = detail
	w.states[e.State]++
	if e.State == announce.Repaired || e.State == announce.Undone {
		if x := w.ssm.byID[e.Attempt.ExecutionID]; x == nil || !x.outcome.Succeeded {
			w.violate("the event %s tells of a success that there is not", detail)
		}
	}
	digest, was := w.rules.proposed[proposalID(e)]
	if e.State == announce.Approved && (!was || digest != e.Proposal.Digest) {
		w.violate("the event %s approves what was not proposed", detail)
	}
}

// The events about the policy, and a part of their key: one for each finding, or one for each proposal.
var (
	ofFindings = map[decide.ParkCause]announce.State{decide.Exempted: announce.Exempt, decide.Delayed: announce.Delayed,
		decide.Unreadable: announce.PolicyUnreadable}
	ends = []announce.State{announce.Approved, announce.Rejected, announce.Expired, announce.Withdrawn}
)

// demand notes what must be announced of a record that was saved: each wait of a finding when it begins, and of each
// proposal that it is open, approved and over.
func (c *client) demand(was decide.Record, d decide.Decision, is decide.Record) {
	for _, p := range is.Parked {
		before := slices.IndexFunc(was.Parked,
			func(x decide.Parked) bool { return x.Request.Ref.ID == p.Request.Ref.ID })
		goesOn := before >= 0 && was.Parked[before].ReturnedAt.IsZero() && was.Parked[before].Cause == p.Cause &&
			was.Parked[before].Rule == p.Rule && was.Parked[before].RuleEnds.Equal(p.RuleEnds)
		if state, told := ofFindings[p.Cause]; told && p.ReturnedAt.IsZero() && !goesOn {
			c.demanded[fmt.Sprint(state, " of ", is.Target.Key(), " ", p.Request.Ref.ID)]++
		}
	}
	x, y := was.Proposal, is.Proposal
	goesOn := y.State != "" && x.Round == y.Round
	if y.State == decide.Open && !(goesOn && x.State == decide.Open) {
		c.demanded["PROPOSED of "+is.ProposalID()]++
	}
	if x.State == decide.Open && !goesOn || d.ProposalEnd.Result != "" {
		c.demanded["the end of "+was.ProposalID()]++
	}
	if round := newlyApproved(was, is); round > 0 {
		c.demanded["APPROVED of "+decide.ProposalID(is.Target.Key(), round)]++
	}
}

// newlyApproved returns the proposal of the latest attempt, if no attempt before was for it; else 0.
func newlyApproved(was, is decide.Record) int {
	a := is.Last()
	if a == nil || slices.ContainsFunc(was.Attempts, func(x decide.Attempt) bool { return x.Proposal == a.Proposal }) {
		return 0
	}
	return a.Proposal
}

// count notes the events that are put.
func (c *client) count(entries []types.PutEventsRequestEntry) {
	for _, entry := range entries {
		var e announce.Repair
		_ = json.Unmarshal([]byte(*entry.Detail), &e) // hear says what is wrong with it
		if slices.Contains(slices.Collect(maps.Values(ofFindings)), e.State) {
			for _, id := range e.Findings {
				c.demanded[fmt.Sprint(e.State, " of ", e.Target.Key, " ", id)]--
			}
		}
		if e.Proposal == nil {
			continue
		}
		if slices.Contains(ends, e.State) {
			c.demanded["the end of "+e.Proposal.ID]--
		}
		_, approved := c.demanded["APPROVED of "+e.Proposal.ID]
		if e.State == announce.Proposed || e.State == announce.Approved && approved {
			c.demanded[fmt.Sprint(e.State, " of ", e.Proposal.ID)]--
		}
	}
}

// checkDemanded demands of a function that did all of its work that it announced what it saved, and nothing else.
func (c *client) checkDemanded() {
	for _, what := range slices.Sorted(maps.Keys(c.demanded)) {
		switch n := c.demanded[what]; {
		case c.lost:
		case n > 0:
			c.violate("the event %s is missing", what)
		case n < 0:
			c.violate("the event %s tells of nothing that changed", what)
		}
	}
}

// noteProposed keeps what people can approve.
func (w *world) noteProposed(rec decide.Record) {
	if rec.Proposal.State == decide.Open {
		w.rules.proposed[rec.ProposalID()] = rec.Proposal.Digest
	}
}

func proposalID(e announce.Repair) string {
	if e.Proposal == nil {
		return ""
	}
	return e.Proposal.ID
}
