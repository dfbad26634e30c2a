package decide

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
)

// State is where an attempt stands.
type State string

// The states. A queued attempt may start later, a claimed one is being started, a running
// one has an execution, and the others are ends.
const (
	Queued    State = "queued"
	Claimed   State = "claimed"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
)

// Cause is why an attempt is queued.
type Cause string

// The causes.
const (
	Paced  Cause = "paced"  // its start slot, which is NotBefore, is still to come
	Busy   Cause = "busy"   // Systems Manager accepted no more; NotBefore is a backoff
	Retry  Cause = "retry"  // the attempt before failed for a while only; NotBefore is a backoff
	Paused Cause = "paused" // the switch is off
	Broken Cause = "broken" // the breaker of the control is open, until NotBefore
	// Unready waits for an account, a Region or a runbook to be set up; NotBefore is a backoff.
	Unready Cause = "not ready"
	// OverBudget waits for the next hour or day of the policy's budgets, which is NotBefore.
	OverBudget Cause = "over budget"
)

// Attempt is one execution against a target: a repair, or the undo of one.
type Attempt struct {
	Number     int // 1 for the first ever
	State      State
	Undo       string // the execution of the repair that it undoes; empty for a repair
	Request    string // the id of the message that requested an undo; empty for a repair
	Control    string // that the first finding was about
	Trigger    finding.Trigger
	By         string            // who requested it on the command line, as the message says
	Sender     string            // the id of who sent the message, see finding.Sender
	Parameters target.Parameters // of the last attempt, and of a success whose work is not a part of its
	Findings   []Ref             // as Parameters
	// Expected is the Digest of the plan that the repair is bound to; empty when nobody was asked. The runbook refuses
	// to repair anything else.
	Expected string `dynamodbav:",omitempty" json:",omitempty"`
	// EvidenceLag is the longest of the controls that the attempt is about: how old the data of a check may be.
	EvidenceLag time.Duration

	// Asks are what its findings asked for, until it has ended: the policy is asked again before it starts.
	Asks []Request
	// Proposal is the round of the proposal that a person approved; 0 for any other attempt.
	Proposal int
	// Despite is why a person requested it although the policy exempts it; empty for most attempts.
	Despite string
	AskedBy string // the person who requested what was approved; empty when that was automatic
	// ApprovedBy is who approved it. By may be a person who requested it again while it waited.
	ApprovedBy string `dynamodbav:",omitempty" json:",omitempty"`
	// BudgetAt is when it was counted for the policy's budgets; zero when it was not.
	BudgetAt time.Time

	Cause     Cause     // while queued
	NotBefore time.Time // while queued
	Refusals  int       // how often Systems Manager did not accept it
	// UnreadySince is when the attempt could first not start because its account was not ready.
	UnreadySince time.Time

	QueuedAt    time.Time // when it was requested
	ClaimedAt   time.Time // when it was last claimed; zero when it never was
	MayRun      bool      // an earlier claimer may have started it
	Nonce       string    // the random part of the client token, stored by the first claim
	ExecutionID string    // empty until it is known
	EndedAt     time.Time
	Class       Class  // of a failure
	Change      string // what was done, when it succeeded, in brief
	Reason      string // why not, when it failed, in brief
	// ConfigRules are the names of the AWS Config rules that made the checks of its findings.
	ConfigRules []string `dynamodbav:",omitempty" json:",omitempty"`
	// EvaluatedAt is when Config was asked to evaluate ConfigRules again; zero when it was not.
	EvaluatedAt time.Time `json:",omitzero"`
	// ConfirmedAt is when a check of Security Hub first passed that was made after the repair; zero when none did.
	ConfirmedAt time.Time `json:",omitzero"`
	// V2IDs are the ids (metadata.uid) that its findings have in the new Security Hub, by the ids of the findings.
	V2IDs map[string]string `dynamodbav:",omitempty" json:",omitempty"`
	// RevertedBy is who changed the resource after this repair, when it failed again; zero when that is not known.
	RevertedBy reverted.By `json:",omitzero"`
}

// add puts the finding of a request among those of the attempt.
func (a *Attempt) add(r Request) {
	a.EvidenceLag = max(a.EvidenceLag, r.EvidenceLag)
	if !a.hasFinding(r.Ref) {
		a.Findings = append(a.Findings, r.Ref)
	}
	if r.ConfigRule != "" && !slices.Contains(a.ConfigRules, r.ConfigRule) {
		a.ConfigRules = append(a.ConfigRules, r.ConfigRule)
	}
	if r.V2ID != "" {
		if a.V2IDs == nil {
			a.V2IDs = map[string]string{}
		}
		a.V2IDs[r.Ref.ID] = r.V2ID
	}
}

// Ref names a finding of Security Hub's own and the event that brought it.
type Ref struct {
	ID    string // arn:aws:securityhub:<Region>:<account>:...
	Event string
}

// ProductARN returns what Security Hub wants beside the id. Package finding refuses findings
// of other products, so the id tells it.
func (r Ref) ProductARN() string {
	part := append(strings.SplitN(r.ID, ":", 5), "", "", "", "")
	return "arn:" + part[1] + ":securityhub:" + part[3] + "::product/aws/securityhub"
}

// tokenSpace makes client tokens differ from every other use of version 5 UUIDs.
var tokenSpace = uuid.MustParse("8f1f6a52-5d0e-4d0c-9d3c-3f6f2f1f6b7e")

// ClientToken makes starting this attempt idempotent: whoever starts it again after a
// crash gets the execution that exists.
//
// Systems Manager remembers tokens for longer than the ledger remembers attempts. Without the
// random part, the first attempt after a record expired or was deleted would get the execution of
// the first attempt ever. An attempt that a version without nonces has claimed keeps its token.
func (a Attempt) ClientToken(t target.Target) string {
	name := t.Key() + "/" + strconv.Itoa(a.Number)
	if a.Nonce != "" {
		name += "/" + a.Nonce
	}
	return uuid.NewSHA1(tokenSpace, []byte(name)).String()
}

// Runbook is what the attempt runs for a target.
func (a Attempt) Runbook(t target.Target) string {
	if a.Undo != "" {
		return naming.UndoRunbook(t.Runbook)
	}
	return t.Runbook
}

// Asker returns the person or trigger that requested the attempt, and the message's sender if that is unconfirmed.
func (a Attempt) Asker() string {
	return cmp.Or(a.By, string(a.Trigger)) + finding.SentBy(a.Sender, a.By)
}

// BriefAsker is Asker with a long name cut, but never who sent the message.
func (a Attempt) BriefAsker(limit int) string {
	return Line(cmp.Or(a.By, string(a.Trigger)), limit) + finding.SentBy(a.Sender, a.By)
}

// InFlight reports whether the attempt has an execution or may have one.
func (a Attempt) InFlight() bool { return a.State == Claimed || a.State == Running }

func (a Attempt) ended() bool { return a.State == Succeeded || a.State == Failed }

// CountsForGuard reports whether the attempt has used up one of those that the loop guard allows.
func (a Attempt) CountsForGuard() bool { return a.State != Failed || failure.FateOf(a.Class).Guard }

func (a Attempt) hasFinding(r Ref) bool {
	return slices.ContainsFunc(a.Findings, func(x Ref) bool { return x.ID == r.ID })
}

func (a Attempt) hasEvent(r Ref) bool { return slices.Contains(a.Findings, r) }

// leaseOver reports whether the function that claimed the attempt can no longer be starting it.
func (a Attempt) leaseOver(now time.Time, s Settings) bool {
	return a.State == Claimed && now.Sub(a.ClaimedAt) >= s.ClaimLease
}

// waitFor keeps a queued attempt waiting until a time.
func (a *Attempt) waitFor(cause Cause, until time.Time) { a.Cause, a.NotBefore = cause, until }

// startNow lets a queued attempt start at once, whatever it waited for.
func (a *Attempt) startNow(now time.Time) {
	a.waitFor("", now)
	a.UnreadySince = time.Time{}
}

// claim assigns the attempt to the function that starts it. A client token that may be in use already is kept.
func (a *Attempt) claim(now time.Time, nonce string) {
	if a.Nonce == "" && a.Phase() != PhaseUnknown {
		a.Nonce = nonce
	}
	a.waitFor("", time.Time{})
	a.State, a.ClaimedAt = Claimed, now
}

// requeue takes the attempt back from its claimer. If it cannot run, its claim counts as none.
func (a *Attempt) requeue(cause Cause, until time.Time, mayRun bool) {
	a.waitFor(cause, until)
	a.State, a.MayRun = Queued, a.MayRun || mayRun
	if !a.MayRun {
		a.ClaimedAt = time.Time{}
	}
}

// run notes the execution of the attempt.
func (a *Attempt) run(executionID string) {
	a.waitFor("", time.Time{})
	a.State, a.ExecutionID = Running, executionID
}

// end notes how the attempt ended.
func (a *Attempt) end(o Outcome, now time.Time) {
	a.waitFor("", time.Time{})
	a.State, a.Class, a.EndedAt = Failed, o.Class, now
	a.Asks = nil
	if o.Succeeded {
		a.State, a.Class = Succeeded, ""
	}
	if o.ExecutionID != "" {
		a.ExecutionID = o.ExecutionID
	}
	a.Change, a.Reason = Clip(o.Change, storedLimit), Brief(o.Reason, storedLimit)
}

// MayHaveRun reports whether the attempt has an execution, or may have one.
func (a Attempt) MayHaveRun() bool { return a.ExecutionID != "" || a.MayRun }

// notBegun reports whether the attempt waits, and no start of it can have succeeded.
func (a Attempt) notBegun() bool { return a.State == Queued && a.Phase() != PhaseUnknown }

// toldNotReady reports whether the attempt has waited for its account already, and its findings know.
func (a Attempt) toldNotReady() bool { return !a.UnreadySince.IsZero() }
