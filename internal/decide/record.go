// Package decide owns every decision about when a target is repaired and what its
// findings are told.
//
// It is pure: a record, what happened, the time and the settings go in; a new record
// and what to do come out. It knows no AWS client, no clock and no environment, so
// that the whole behaviour can be tested in tables and simulated.
package decide

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/finding"
	"hubmend/internal/target"
)

// Settings are the numbers of the decisions.
type Settings struct {
	// MaxAttempts in Window is what automatic repair may spend on one target.
	MaxAttempts int
	Window      time.Duration
	// ClaimLease is how long an attempt may stay claimed before somebody else starts
	// it. It is longer than the function that claims it can live.
	ClaimLease time.Duration
	// Wait is how long a finding that cannot join the attempt in flight stays in the queue.
	Wait time.Duration
}

// Defaults are the settings of the design.
var Defaults = Settings{MaxAttempts: 3, Window: 24 * time.Hour, ClaimLease: time.Minute, Wait: 15 * time.Second}

// Record is what the ledger knows about one target. A record with Version 0 is not
// stored yet.
type Record struct {
	Target   target.Target
	Version  int
	Attempts []Attempt // oldest first; only the last can be in flight
}

// State is where an attempt stands.
type State string

// The states. Claimed and Running are in flight, the others are ends.
const (
	Claimed   State = "claimed"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
)

// Attempt is one execution against a target.
type Attempt struct {
	Number     int // 1 for the first ever
	State      State
	Control    string // that the first finding was about
	Trigger    finding.Trigger
	Parameters target.Parameters
	Findings   []Ref

	ClaimedAt   time.Time
	ExecutionID string // empty while claimed
	EndedAt     time.Time
	Change      string // what was done, when it succeeded
	Reason      string // why not, when it failed
}

// Ref names a finding and the event that brought it.
type Ref struct {
	ID         string
	ProductARN string
	Event      string
}

// keptAttempts bounds a record: enough for the guard and for a person to see a pattern.
const keptAttempts = 10

// tokenSpace makes client tokens differ from every other use of version 5 UUIDs.
var tokenSpace = uuid.MustParse("8f1f6a52-5d0e-4d0c-9d3c-3f6f2f1f6b7e")

// ClientToken makes starting this attempt idempotent: whoever starts it again after a
// crash gets the execution that exists.
func (a Attempt) ClientToken(t target.Target) string {
	return uuid.NewSHA1(tokenSpace, []byte(t.Key()+"/"+strconv.Itoa(a.Number))).String()
}

func (a Attempt) inFlight() bool { return a.State == Claimed || a.State == Running }

func (a Attempt) holds(r Ref) bool {
	return slices.ContainsFunc(a.Findings, func(x Ref) bool { return x.ID == r.ID })
}

func (a Attempt) brought(r Ref) bool { return slices.Contains(a.Findings, r) }

// last gives the newest attempt, or nil.
func (r *Record) last() *Attempt {
	if len(r.Attempts) == 0 {
		return nil
	}
	return &r.Attempts[len(r.Attempts)-1]
}

// Clone gives a record that shares nothing with the original.
func (r Record) Clone() Record {
	r.Attempts = slices.Clone(r.Attempts)
	for i := range r.Attempts {
		a := &r.Attempts[i]
		a.Findings = slices.Clone(a.Findings)
		a.Parameters = a.Parameters.Clone()
	}
	return r
}

// attemptsSince counts the attempts that were claimed after a time.
func (r Record) attemptsSince(since time.Time) int {
	n := 0
	for _, a := range r.Attempts {
		if a.ClaimedAt.After(since) {
			n++
		}
	}
	return n
}
