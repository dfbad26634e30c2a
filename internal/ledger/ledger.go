// Package ledger owns the storage of decide's records: one item per target, written
// under optimistic locking. It decides nothing.
package ledger

import (
	"context"
	"errors"
	"sync"

	"hubmend/internal/decide"
	"hubmend/internal/target"
)

// ErrConflict is returned by Save when somebody else saved the record meanwhile.
var ErrConflict = errors.New("the record was changed by somebody else")

// Ledger stores records.
type Ledger interface {
	// Load gives the record with a key, see target.Target.Key. A target that was never
	// saved gives a zero Record.
	Load(ctx context.Context, key string) (decide.Record, error)
	// Save stores the record if its Version is still the stored one, and gives it back
	// with the next Version. Otherwise it returns ErrConflict and changes nothing.
	Save(ctx context.Context, rec decide.Record) (decide.Record, error)
}

// Open loads the record of a target, or a new one.
func Open(ctx context.Context, l Ledger, t target.Target) (decide.Record, error) {
	rec, err := l.Load(ctx, t.Key())
	if err == nil && rec.Version == 0 {
		rec.Target = t
	}
	return rec, err
}

// Memory is a Ledger for tests and simulations.
type Memory struct {
	mu      sync.Mutex
	records map[string]decide.Record
}

var _ Ledger = (*Memory)(nil)

// Load implements Ledger.
func (m *Memory) Load(_ context.Context, key string) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records[key].Clone(), nil
}

// Save implements Ledger.
func (m *Memory) Save(_ context.Context, rec decide.Record) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := rec.Target.Key()
	if m.records[key].Version != rec.Version {
		return decide.Record{}, ErrConflict
	}
	if m.records == nil {
		m.records = map[string]decide.Record{}
	}
	rec.Version++
	m.records[key] = rec.Clone()
	return rec, nil
}
