package request

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/ops/parked"
)

// Progress is what the ledger says of a request. If it says nothing, the request is still in the queue.
type Progress struct {
	Attempt *decide.Attempt
	Refusal string // why nothing was started
	// Exemption is the finding with the rule that exempts it, so that nothing was started.
	Exemption *decide.Parked
	// Proposal is what the request became, because a person has to approve it, or what replaces the proposal that was
	// answered.
	Proposal *Proposal
	Rejected bool // the answer was taken, and it was no
}

// Proposal is a proposal that is open now.
type Proposal struct {
	ID string
	decide.Proposal
}

// OfUndo finds the undo with the id of a request.
func OfUndo(rec decide.Record, id string) Progress {
	for i := range rec.Attempts {
		if rec.Attempts[i].Request == id {
			return Progress{Attempt: &rec.Attempts[i]}
		}
	}
	if rec.Refused.Request == id {
		return Progress{Refusal: rec.Refused.Reason}
	}
	return Progress{}
}

// Settled is the number of the latest attempt that had ended at the time of the request. It tells the attempt that
// answers the request from those before it.
func Settled(rec decide.Record) int {
	last := rec.Last()
	switch {
	case last == nil:
		return 0
	case last.State == decide.Succeeded || last.State == decide.Failed:
		return last.Number
	}
	return last.Number - 1
}

// OfAnswer finds what came of an answer to a proposal.
func OfAnswer(rec decide.Record, answer messages.Answer) Progress {
	p := OfUndo(rec, answer.ID)
	if a := rec.Last(); p.Attempt != nil && a.Number > p.Attempt.Number && a.Proposal == answer.Round && a.Undo == "" {
		p.Attempt = a // the next one after a failure that passes
	}
	switch {
	case p.Attempt != nil || p.Refusal != "":
	case rec.LastAnswer != answer.ID:
		return Progress{}
	case !answer.Approve:
		p.Rejected = true
	default:
		p.Refusal = "It was approved, but the finding no longer needs it, or the policy has changed. The note of the " +
			"finding explains it."
	}
	if rec.Proposal.State != "" && rec.Proposal.Round != answer.Round {
		p.Proposal = openProposal(rec)
	}
	return p
}

func openProposal(rec decide.Record) *Proposal { return &Proposal{rec.ProposalID(), rec.Proposal} }

// OfFinding finds the attempt to remediate a finding: the latest that has the finding and had not ended at the time of
// the request, or the one that the request itself started. Without one, it finds what the policy made of the request.
func OfFinding(rec decide.Record, ref decide.Ref, settled int) Progress {
	if a := rec.Last(); a != nil && a.Undo == "" {
		for _, r := range a.Findings {
			if r == ref || r.ID == ref.ID && a.Number > settled {
				return Progress{Attempt: a}
			}
		}
	}
	for _, p := range rec.Parked {
		switch {
		case p.Request.Ref != ref || !p.ReturnedAt.IsZero():
		case p.Cause == decide.Exempted:
			return Progress{Exemption: &p}
		case p.Cause == decide.Asked && rec.Proposal.State != "":
			return Progress{Proposal: openProposal(rec)}
		}
	}
	return Progress{}
}

// Over reports whether the request is over, or may be pending for days.
func (p Progress) Over() bool {
	switch {
	case p.Refusal != "" || p.Exemption != nil || p.Rejected:
		return true
	case p.Attempt != nil:
		return p.Succeeded() || p.Attempt.State == decide.Failed || p.paused() || p.unready() ||
			parked.Undecided(*p.Attempt)
	}
	return p.Proposal != nil && (p.Proposal.State == decide.Open || p.Proposal.Problem != "")
}

// Succeeded reports whether the request is done: a repair is verified, or a proposal rejected.
func (p Progress) Succeeded() bool {
	return p.Rejected || p.Attempt != nil && p.Attempt.State == decide.Succeeded
}

func (p Progress) paused() bool {
	return p.Attempt.State == decide.Queued && p.Attempt.Cause == decide.Paused
}

// unready reports whether the account is not set up yet, which may take a day.
func (p Progress) unready() bool {
	return p.Attempt.State == decide.Queued && p.Attempt.Cause == decide.Unready
}

// String describes the progress for people.
func (p Progress) String() string {
	switch a := p.Attempt; {
	case p.Rejected:
		return "rejected"
	case p.Refusal != "":
		return "refused: " + p.Refusal
	case p.Exemption != nil:
		return "exempt: " + parked.Why(*p.Exemption) + " To remediate it nevertheless, add --despite-policy REASON."
	case a == nil && p.Proposal != nil:
		return p.Proposal.String()
	case a == nil:
		return "queued"
	case parked.Undecided(*a):
		return "pending: " + parked.UndecidedWhy
	case p.paused():
		return "pending: Hubmend is paused; it continues after `hubmend resume`"
	case p.unready():
		return "pending: its account is not set up for this remediation yet; Hubmend tries again for 24 hours, and " +
			"the finding's note says what is missing"
	case a.State == decide.Queued:
		return queued(*a)
	case a.State == decide.Claimed:
		return "starting"
	case a.State == decide.Running:
		return "running as execution " + a.ExecutionID
	case a.State == decide.Succeeded:
		return "done and verified: " + a.Change
	}
	return fmt.Sprintf("failed (%s): %s", p.Attempt.Class, p.Attempt.Reason)
}

// String describes for people what a proposal waits for.
func (p Proposal) String() string {
	switch {
	case p.State == decide.Open:
		return fmt.Sprintf("pending: proposal %s needs approval: `hubmend approve %s`. Plan: %s", p.ID, p.ID, p.Plan)
	case p.Problem != "":
		return fmt.Sprintf("pending: proposal %s needs approval, but its plan failed: %s Hubmend plans it again.", p.ID,
			p.Problem)
	}
	return "pending: proposal " + p.ID + " needs approval, and is being planned"
}

func queued(a decide.Attempt) string {
	until := a.NotBefore.UTC().Format("15:04:05 UTC")
	switch a.Cause {
	case decide.Retry:
		return "failed for a reason that should pass; next attempt after " + until
	case decide.Broken:
		return "pending: remediation of " + a.Control + " is paused until " + until
	case decide.Paced, decide.Busy:
		return "pending until " + until
	case decide.OverBudget:
		return "pending until " + until + ": a budget of the policy is used up"
	}
	return "about to start"
}

// Follow asks for the progress until it is over, and reports each answer. Its error is that of ask, or of the context
// when that ends first; the last answer comes with either.
func Follow(ctx context.Context, every time.Duration, ask func(context.Context) (Progress, error),
	report func(Progress)) (Progress, error) {
	var p Progress
	for {
		now, err := ask(ctx)
		if err != nil {
			return p, err
		}
		p = now
		report(p)
		if p.Over() {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-time.After(every):
		}
	}
}
