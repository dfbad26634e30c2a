package request

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
)

// Progress is how the ledger has what somebody asked for. With neither an attempt nor a refusal,
// nobody has come to it yet.
type Progress struct {
	Attempt *decide.Attempt
	Refusal string // why nothing was begun
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

// Settled is the number of the newest attempt that was over when somebody asked. It tells what
// came of a finding from what had come of it before.
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

// OfFinding finds the attempt to repair what a finding is about: the newest that has it and was not
// settled when somebody asked, or the one that answered the request itself.
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

// Over says whether nothing more comes by itself. What waits for the administrator's switch may
// wait for days.
func (p Progress) Over() bool {
	return p.Refusal != "" || p.Attempt != nil &&
		(p.Succeeded() || p.Attempt.State == decide.Failed || p.paused() || p.unready())
}

// Succeeded says whether what was asked for is done and verified.
func (p Progress) Succeeded() bool { return p.Attempt != nil && p.Attempt.State == decide.Succeeded }

func (p Progress) paused() bool {
	return p.Attempt.State == decide.Queued && p.Attempt.Cause == decide.Paused
}

// unready says whether the account is not set up yet, which may take a day.
func (p Progress) unready() bool {
	return p.Attempt.State == decide.Queued && p.Attempt.Cause == decide.Unready
}

// String says how it goes, for people.
func (p Progress) String() string {
	switch a := p.Attempt; {
	case p.Refusal != "":
		return "refused: " + p.Refusal
	case a == nil:
		return "waits on the queue"
	case p.paused():
		return "waits, because Hubmend is paused by its administrator; it goes on when the switch is active"
	case p.unready():
		return "waits, because its account is not set up for this repair yet; it is tried again for 24 hours, and " +
			"the note of the finding says what is missing"
	case a.State == decide.Queued:
		return queued(*a)
	case a.State == decide.Claimed:
		return "is being started"
	case a.State == decide.Running:
		return "runs as execution " + a.ExecutionID
	case a.State == decide.Succeeded:
		return "done and verified: " + a.Change
	}
	return fmt.Sprintf("failed (%s): %s", p.Attempt.Class, p.Attempt.Reason)
}

func queued(a decide.Attempt) string {
	until := a.NotBefore.UTC().Format("15:04:05 UTC")
	switch a.Cause {
	case decide.Retry:
		return "failed for a reason that should pass; tried again after " + until
	case decide.Broken:
		return "waits for " + a.Control + ", whose automatic repair is paused until " + until
	case decide.Paced, decide.Busy:
		return "waits for its turn at " + until
	}
	return "is about to start"
}

// Follow asks how it goes until it is over, and tells each answer. Its error is that of ask, or of
// the context when that ends first; the last answer comes with either.
func Follow(ctx context.Context, every time.Duration, ask func(context.Context) (Progress, error),
	tell func(Progress)) (Progress, error) {
	var p Progress
	for {
		now, err := ask(ctx)
		if err != nil {
			return p, err
		}
		p = now
		tell(p)
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
