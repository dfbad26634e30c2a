// Package decide owns every decision about when a target is repaired, and the notes of its findings.
//
// It is pure: a record, an event, the time and the settings go in; a new record and the actions to
// take come out. It knows no AWS client, no clock and no environment, so that its whole behaviour can
// be tested in tables and simulated.
package decide

import (
	"maps"
	"slices"
	"time"

	"hubmend/internal/engine/target"
)

// Record is what the ledger knows about one target. A record with Version 0 is not
// stored yet.
type Record struct {
	Target   target.Target
	Version  int
	Attempts []Attempt // oldest first; only the last can be queued or in flight
	// SuspendedAt is when people were notified that automatic repair has used up its
	// attempts; zero when it has not.
	SuspendedAt time.Time
	// HeldAt is when HeldBy undid the latest repair. From then on nothing starts automatically,
	// until a person asks for a repair; zero when nothing is held.
	HeldAt time.Time
	HeldBy string
	// HeldSender is the sender of HeldBy's message.
	HeldSender string
	// Refused is the latest undo that was requested and not started.
	Refused UndoRefusal
	// Unconfirmed are findings that are RESOLVED, until a check of Security Hub that was
	// made after the repair has said so too.
	Unconfirmed []Ref
	// CheckedAt is when the sweep last looked how Security Hub has Unconfirmed.
	CheckedAt time.Time
	// ResolvedAt is when a finding was last set RESOLVED after its repair had ended; zero when none was.
	ResolvedAt time.Time
	// Parked are findings that the policy does not let start now, oldest first.
	Parked []Parked
	// Proposal is the repair that people are asked to approve.
	Proposal Proposal
	// LastAnswer is the id of the latest answer to a proposal.
	LastAnswer string
	// AccountName is what the latest finding calls the account, for people; it may be empty.
	AccountName string
	Unknown     Unknown `dynamodbav:"-" json:"-"`
}

// Unknown is what a newer version of Hubmend stored with a record, a breaker, an account or a digest. Only the ledger
// looks into it, and keeps it.
type Unknown any

// keptAttempts limits a record: enough for the guard and for a person to see a pattern. See trim for what else is kept.
// The whole history is kept attempt by attempt, see Decision.History.
const keptAttempts = 5

// Answered reports whether an attempt that is over has answered the event of a finding, or was about to.
func (r Record) Answered(f Ref) bool {
	return slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.ended() && a.hasEvent(f) })
}

// HasAnswered reports whether an attempt that is over has answered a finding.
func (r Record) HasAnswered(id string) bool {
	return slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.ended() && a.hasFinding(Ref{ID: id}) })
}

// Last returns the latest attempt, or nil.
func (r *Record) Last() *Attempt {
	if len(r.Attempts) == 0 {
		return nil
	}
	return &r.Attempts[len(r.Attempts)-1]
}

// Open reports whether something is still to be done about the target, which the sweep sees to.
func (r Record) Open() bool {
	a := r.Last()
	return len(r.Unconfirmed) > 0 || len(r.Parked) > 0 || a != nil && !a.ended()
}

// Held reports whether a repair was undone and no person has requested another one since.
func (r Record) Held() bool { return !r.HeldAt.IsZero() }

// Suspended reports whether automatic repair has used up its attempts, and people know.
func (r Record) Suspended() bool { return !r.SuspendedAt.IsZero() }

// Clone returns a record that shares nothing with the original.
func (r Record) Clone() Record {
	r.Attempts = slices.Clone(r.Attempts)
	r.Unconfirmed, r.Parked = slices.Clone(r.Unconfirmed), slices.Clone(r.Parked)
	r.Proposal.Parameters = r.Proposal.Parameters.Clone()
	for i := range r.Attempts {
		a := &r.Attempts[i]
		a.Findings, a.Asks = slices.Clone(a.Findings), slices.Clone(a.Asks)
		a.Parameters = a.Parameters.Clone()
		a.ConfigRules, a.V2IDs = slices.Clone(a.ConfigRules), maps.Clone(a.V2IDs)
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

// trim drops the oldest attempts that nothing counts any longer, and of all but the last what only the last
// needs. Undos and what the guard does not count are counted apart, so that they push no repair out of its
// sight. The repair that findings are RESOLVED by stays, and so does one that can be undone; and of every
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
			a.Parameters, a.ConfigRules, a.Nonce = nil, nil, ""
			maps.DeleteFunc(a.V2IDs, func(id, _ string) bool { return !a.hasFinding(Ref{ID: id}) })
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
