package request

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
)

// Progress is what the ledger says of a request. With neither an attempt nor a refusal, the request is still in the
// queue.
type Progress struct {
	Attempt *decide.Attempt
	Refusal string // why nothing was started
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

// OfFinding finds the attempt to remediate a finding: the latest that has the finding and had not ended at the time of
// the request, or the one that the request itself started.
func OfFinding(rec decide.Record, ref decide.Ref, settled int) Progress {
	a := rec.Last()
	if a == nil || a.Undo != "" {
		return Progress{}
	}
	for _, r := range a.Findings {
		if r == ref || r.ID == ref.ID && a.Number > settled {
			return Progress{Attempt: a}
		}
	}
	return Progress{}
}

// Over reports whether the request is over, or paused. A paused request may be pending for days.
func (p Progress) Over() bool {
	return p.Refusal != "" || p.Attempt != nil &&
		(p.Succeeded() || p.Attempt.State == decide.Failed || p.paused() || p.unready())
}

// Succeeded reports whether the request is done and verified.
func (p Progress) Succeeded() bool { return p.Attempt != nil && p.Attempt.State == decide.Succeeded }

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
	case p.Refusal != "":
		return "refused: " + p.Refusal
	case a == nil:
		return "queued"
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

func queued(a decide.Attempt) string {
	until := a.NotBefore.UTC().Format("15:04:05 UTC")
	switch a.Cause {
	case decide.Retry:
		return "failed for a reason that should pass; next attempt after " + until
	case decide.Broken:
		return "pending: remediation of " + a.Control + " is paused until " + until
	case decide.Paced, decide.Busy:
		return "pending until " + until
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
