// Package decide owns every decision about when a target is repaired and what its
// findings are told.
//
// It is pure: a record, what happened, the time and the settings go in; a new record
// and what to do come out. It knows no AWS client, no clock and no environment, so
// that the whole behaviour can be tested in tables and simulated.
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
	"hubmend/internal/engine/target"
)

// Record is what the ledger knows about one target. A record with Version 0 is not
// stored yet.
type Record struct {
	Target   target.Target
	Version  int
	Attempts []Attempt // oldest first; only the last can be queued or in flight
	// SuspendedAt is when people were told that automatic repair has used up its
	// attempts; zero when it has not.
	SuspendedAt time.Time
	// HeldAt is when HeldBy took the newest repair back. From then on nothing starts by itself,
	// until a person asks for a repair; zero when nothing is held.
	HeldAt time.Time
	HeldBy string
	// HeldSender is the sender of HeldBy's message.
	HeldSender string
	// Refused is the newest undo that was asked for and not begun.
	Refused UndoRefusal
	// Unconfirmed are findings that are RESOLVED, until a check of Security Hub that was
	// made after the repair has said so too.
	Unconfirmed []Ref
	// CheckedAt is when the sweep last looked how Security Hub has Unconfirmed.
	CheckedAt time.Time
	// ResolvedAt is when a finding was last set RESOLVED after its repair had ended; zero when none was.
	ResolvedAt time.Time
	// AccountName is what the newest finding calls the account, for people; it may be empty.
	AccountName string
	Unknown     Unknown `dynamodbav:"-" json:"-"`
}

// Unknown is what a newer version of Hubmend stored with a record, a breaker, an account or a digest. Only the ledger
// looks into it, and keeps it.
type Unknown any

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
	Busy   Cause = "busy"   // Systems Manager took no more; NotBefore is a backoff
	Retry  Cause = "retry"  // the attempt before failed for a while only; NotBefore is a backoff
	Paused Cause = "paused" // the switch is off
	Broken Cause = "broken" // the breaker of the control is open, until NotBefore
	// Unready waits for an account, a Region or a runbook to be set up; NotBefore is a backoff.
	Unready Cause = "not ready"
)

// Attempt is one execution against a target: a repair, or the undo of one.
type Attempt struct {
	Number     int // 1 for the first ever
	State      State
	Undo       string // the execution of the repair that it takes back; empty for a repair
	Request    string // the id of the message that asked for an undo; empty for a repair
	Control    string // that the first finding was about
	Trigger    finding.Trigger
	By         string            // who asked on the command line, as the message says
	Sender     string            // the id of who sent the message, see finding.Sender
	Parameters target.Parameters // of the last attempt, and of a success whose work is not a part of its
	Findings   []Ref             // as Parameters
	// EvidenceLag is the longest of the controls that the attempt is about: how old the data of a check may be.
	EvidenceLag time.Duration

	Cause     Cause     // while queued
	NotBefore time.Time // while queued
	Refusals  int       // how often Systems Manager did not take it
	// UnreadySince is when the attempt could first not start because its account was not ready.
	UnreadySince time.Time

	QueuedAt    time.Time // when it was asked for
	ClaimedAt   time.Time // when it was last claimed; zero when it never was
	MayRun      bool      // somebody claimed it and may have started it, nobody knows
	Nonce       string    // the random part of the client token, stored by the first claim
	ExecutionID string    // empty until it is known
	EndedAt     time.Time
	Class       Class  // of a failure
	Change      string // what was done, when it succeeded, in brief
	Reason      string // why not, when it failed, in brief
}

// Ref names a finding of Security Hub's own and the event that brought it.
type Ref struct {
	ID    string // arn:aws:securityhub:<Region>:<account>:...
	Event string
}

// ProductARN gives what Security Hub wants beside the id. Package finding refuses findings
// of other products, so the id tells it.
func (r Ref) ProductARN() string {
	part := append(strings.SplitN(r.ID, ":", 5), "", "", "", "")
	return "arn:" + part[1] + ":securityhub:" + part[3] + "::product/aws/securityhub"
}

// keptAttempts bounds a record: enough for the guard and for a person to see a pattern. See trim for what else is kept.
// The whole history is kept attempt by attempt, see Decision.History.
const keptAttempts = 5

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

// Asker says who asked for the attempt, or what did, and who sent the message when that is in doubt.
func (a Attempt) Asker() string {
	return cmp.Or(a.By, string(a.Trigger)) + finding.SentBy(a.Sender, a.By)
}

// BriefAsker is Asker with a long name cut, but never who sent the message.
func (a Attempt) BriefAsker(limit int) string {
	return Line(cmp.Or(a.By, string(a.Trigger)), limit) + finding.SentBy(a.Sender, a.By)
}

// InFlight says whether the attempt has an execution or may have one.
func (a Attempt) InFlight() bool { return a.State == Claimed || a.State == Running }

func (a Attempt) ended() bool { return a.State == Succeeded || a.State == Failed }

// CountsForGuard says whether the attempt has used up one of those that the loop guard allows.
func (a Attempt) CountsForGuard() bool { return a.State != Failed || failure.FateOf(a.Class).Guard }

func (a Attempt) hasFinding(r Ref) bool {
	return slices.ContainsFunc(a.Findings, func(x Ref) bool { return x.ID == r.ID })
}

func (a Attempt) hasEvent(r Ref) bool { return slices.Contains(a.Findings, r) }

// Answered says whether an attempt that is over has answered the event of a finding, or was about to.
func (r Record) Answered(f Ref) bool {
	return slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.ended() && a.hasEvent(f) })
}

// leaseOver says whether the function that claimed the attempt can no longer be starting it.
func (a Attempt) leaseOver(now time.Time, s Settings) bool {
	return a.State == Claimed && now.Sub(a.ClaimedAt) >= s.ClaimLease
}

// Last gives the newest attempt, or nil.
func (r *Record) Last() *Attempt {
	if len(r.Attempts) == 0 {
		return nil
	}
	return &r.Attempts[len(r.Attempts)-1]
}

// Open says whether something is still to be done about the target, which the sweep sees to.
func (r Record) Open() bool {
	a := r.Last()
	return len(r.Unconfirmed) > 0 || a != nil && !a.ended()
}

// Held says whether a repair was taken back and nobody has asked for another since.
func (r Record) Held() bool { return !r.HeldAt.IsZero() }

// Clone gives a record that shares nothing with the original.
func (r Record) Clone() Record {
	r.Attempts = slices.Clone(r.Attempts)
	r.Unconfirmed = slices.Clone(r.Unconfirmed)
	for i := range r.Attempts {
		a := &r.Attempts[i]
		a.Findings = slices.Clone(a.Findings)
		a.Parameters = a.Parameters.Clone()
	}
	return r
}

// queue adds an attempt to the record.
func (r *Record) queue(a Attempt) {
	a.Number, a.State = 1, Queued
	if last := r.Last(); last != nil {
		a.Number = last.Number + 1
	}
	r.Attempts = append(r.Attempts, a)
}

// trim drops the oldest attempts that nothing counts any more, and of all but the last what only the last
// needs. Undos and what the guard does not count are counted apart, so that they push no repair out of its
// sight. The repair that findings are RESOLVED by stays, and so does one that can be taken back; and of every
// one the findings that a check still has to confirm, because the time for that runs from their own repair.
func (r *Record) trim(s Settings) {
	var kept []Attempt
	// those that are counted apart, and the others
	left := map[bool]int{true: keptAttempts, false: max(keptAttempts, s.MaxAttempts+1)}
	success, undoable := r.LastSuccess().Number, r.Undoable().Number
	for _, a := range slices.Backward(r.Attempts) {
		apart := a.Undo != "" || !a.CountsForGuard()
		if left[apart]--; left[apart] >= 0 || a.Number == success || a.Number == undoable {
			kept = append(kept, a)
		}
	}
	slices.Reverse(kept)
	r.Attempts = kept
	last := r.Last()
	for i := range len(r.Attempts) - 1 {
		a := &r.Attempts[i]
		if a.State != Succeeded || a.Undo != "" || last.Undo == "" && last.Parameters.Covers(a.Parameters) {
			a.Findings = slices.DeleteFunc(a.Findings, func(f Ref) bool { return !slices.Contains(r.Unconfirmed, f) })
			a.Parameters, a.Nonce = nil, ""
		}
	}
}

// attemptsSince counts the repairs that were claimed after a time.
func (r Record) attemptsSince(since time.Time) int {
	n := 0
	for _, a := range r.Attempts {
		if a.Undo == "" && a.ClaimedAt.After(since) && a.CountsForGuard() {
			n++
		}
	}
	return n
}
