// Package ledger owns the storage of decide's records: one item per target, written
// under optimistic locking, with the history of its attempts, the breakers of controls,
// the start slots of accounts and the policy beside it. It decides nothing.
package ledger

import (
	"context"
	"errors"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// ErrConflict is returned by Save, SaveBreaker, SaveAccount and SaveDigest when another function saved meanwhile.
var ErrConflict = errors.New("the record was changed by somebody else")

// Ledger stores records.
type Ledger interface {
	// Load returns the record with a key, see target.Target.Key. A target that was never
	// saved, or long ago, gives a zero Record. One that only a newer version of Hubmend
	// understands returns a NewerError, and so do LoadBreaker and LoadAccount.
	Load(ctx context.Context, key string) (decide.Record, error)
	// Save stores the record if its Version is still the stored one, and gives it back
	// with the next Version. Otherwise it returns ErrConflict and changes nothing.
	Save(ctx context.Context, rec decide.Record) (decide.Record, error)
	// Archive keeps an attempt of a record that is over, with the words of its outcome whole. The
	// same attempt may be archived again.
	Archive(ctx context.Context, rec decide.Record, e decide.Ended) error

	// LoadBreaker returns the breaker of a control; a closed one if there is none.
	LoadBreaker(ctx context.Context, control string) (decide.Breaker, error)
	// SaveBreaker stores a breaker as Save stores a record.
	SaveBreaker(ctx context.Context, b decide.Breaker) error
}

// Accounts stores what is missing in accounts.
type Accounts interface {
	// LoadAccount returns what is missing in an account; nothing if nothing is known of it.
	LoadAccount(ctx context.Context, id string) (decide.Account, error)
	// SaveAccount stores an account as Save stores a record.
	SaveAccount(ctx context.Context, a decide.Account) error
}

// Digests stores notifications with the same cause, which go out as one message.
type Digests interface {
	// LoadDigest returns the digest of the cause with a key, see decide.CommonCause.Key; a zero one if there is none.
	LoadDigest(ctx context.Context, key string) (decide.Digest, error)
	// SaveDigest stores a digest as Save stores a record, and gives it back with the next Version.
	SaveDigest(ctx context.Context, d decide.Digest) (decide.Digest, error)
	// Collect keeps what the digest of a window is to tell, in place of what was kept with the same ID.
	Collect(ctx context.Context, key string, window int, c decide.Collected) error
	// Collected returns all that is kept for a window, by ID, including everything that was kept before the call.
	Collected(ctx context.Context, key string, window int) ([]decide.Collected, error)
	// DueDigests returns the keys of the causes whose digests are due at a time.
	DueDigests(ctx context.Context, at time.Time) ([]string, error)
}

// Policies stores the versions of the policy. None of them expires.
type Policies interface {
	// LoadPolicy returns the version in force, a zero one if none was ever saved. A policy that cannot be read is an
	// error, because nothing may start then, and so is one that only a newer version of Hubmend understands.
	LoadPolicy(ctx context.Context) (policy.Version, error)
	// SavePolicy puts a version in force. Its Number must be the one after that in force. Otherwise it returns
	// ErrConflict and changes nothing.
	SavePolicy(ctx context.Context, v policy.Version) error
	// PolicyVersion returns a version by its number, and ErrNoPolicy if there is none.
	PolicyVersion(ctx context.Context, number int) (policy.Version, error)
	// PolicyVersions returns who applied which versions and when, the latest first, without their rules.
	PolicyVersions(ctx context.Context) ([]policy.Version, error)
}

// SweptPolicy remembers for which policy all parked findings were looked at.
type SweptPolicy interface {
	// LoadSweptPolicy returns its hash; empty if there was none.
	LoadSweptPolicy(ctx context.Context) (hash string, err error)
	SaveSweptPolicy(ctx context.Context, hash string) error
}

// ErrNoPolicy is returned for a version of the policy that does not exist.
var ErrNoPolicy = errors.New("no such version of the policy")

// Budgets counts what may only happen a number of times.
type Budgets interface {
	// Take counts one more under a key and returns true, or false if the limit is reached. Any number of functions may
	// do so at the same time. The key must contain the period, because a count that has expired may still be there.
	Take(ctx context.Context, key string, limit int, expires time.Time) (bool, error)
}

// Holds keeps what one function does from being done again for a while.
type Holds interface {
	// Hold takes a key until a time and returns zero, or until when another has it.
	Hold(ctx context.Context, key string, until time.Time) (time.Time, error)
	// KeepHeld has a key taken until a time, whoever has it.
	KeepHeld(ctx context.Context, key string, until time.Time) error
}

// Slots reserves moments to start an execution in an account and Region.
type Slots interface {
	// Reserve returns a moment, now to the millisecond or later, that nobody else gets. Moments of
	// an account and Region are at least SlotSpacing apart.
	Reserve(ctx context.Context, account, region string, now time.Time) (time.Time, error)
}

// SlotSpacing is what Systems Manager allows: one StartAutomationExecution per second, account
// and Region. A bit more keeps the second's edge out of it.
const SlotSpacing = 1060 * time.Millisecond

// Index finds the records that are not done with.
type Index interface {
	// Due returns the keys of records that are decide.Record.Open and due at a time, those first that
	// have been due for longest.
	Due(ctx context.Context, at time.Time) ([]string, error)
	// LoadAll returns the records with at most LoadAtOnce keys, those that it can, in any order. They may
	// be a moment old. Deleted records are left out.
	LoadAll(ctx context.Context, keys []string) (Loaded, error)
}

// Loaded is what LoadAll gives.
type Loaded struct {
	Records []decide.Record
	Newer   int // how many records are left out because only a newer version of Hubmend understands them
}

// LoadAtOnce is how many items DynamoDB reads in one call.
const LoadAtOnce = 100

// Open loads the record of a target, or a new one.
func Open(ctx context.Context, l Ledger, t target.Target) (decide.Record, error) {
	rec, err := l.Load(ctx, t.Key())
	if err == nil && rec.Version == 0 {
		rec.Target = t
	}
	return rec, err
}

// kept reports whether a record must not expire: something is still to be done about it, or a
// person has said that nothing may be.
func kept(rec decide.Record) bool { return rec.Open() || rec.Held() }

// next returns the slot that follows what is reserved already, and what is reserved then.
func next(reserved, now time.Time) (slot, until time.Time) {
	slot = now
	if reserved.After(now) {
		slot = reserved
	}
	return slot, slot.Add(SlotSpacing)
}

// due is when the sweep should look at a record: what a function says, or else at once.
func due(rec decide.Record, of func(decide.Record) time.Time) time.Time {
	if of != nil {
		return of(rec)
	}
	if a := rec.Last(); a != nil {
		return a.QueuedAt
	}
	return time.Time{}
}

func breakerKey(control string) string { return "breaker#" + control }

func digestKey(cause string) string { return "digest#" + cause }

func accountKey(id string) string { return "account#" + id }

// once returns an end without what it says twice: how the execution ended is the attempt's to
// say, and in which words the outcome's. Seconds are enough to look back. A write costs by the
// kilobyte.
func once(e decide.Ended) decide.Ended {
	e.Attempt.Change, e.Attempt.Reason, e.Attempt.Nonce = "", "", ""
	e.Outcome.ExecutionID, e.Outcome.Succeeded, e.Outcome.Class = "", false, ""
	for _, t := range []*time.Time{&e.Attempt.QueuedAt, &e.Attempt.ClaimedAt, &e.Attempt.EndedAt} {
		*t = t.Truncate(time.Second)
	}
	return e
}
