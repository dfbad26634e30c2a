package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/target"
)

// Memory is a Ledger for tests and simulations.
type Memory struct {
	// Now lets what is done with expire, as it does in DynamoDB. Without it nothing does.
	Now func() time.Time
	// DueAt is DynamoDB's.
	DueAt func(decide.Record) time.Time

	mu       sync.Mutex
	records  map[string]decide.Record
	breakers map[string]decide.Breaker
	accounts map[string]decide.Account
	archive  map[string]map[int]decide.Ended
	reserved map[string]time.Time // by account and Region: the next free slot
	expires  map[string]time.Time // by key of a record, breaker or account
}

var (
	_ Ledger   = (*Memory)(nil)
	_ Slots    = (*Memory)(nil)
	_ Index    = (*Memory)(nil)
	_ Accounts = (*Memory)(nil)
)

// Load implements Ledger.
func (m *Memory) Load(_ context.Context, key string) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over(key) {
		return decide.Record{}, nil
	}
	return m.records[key].Clone(), nil
}

// Save implements Ledger.
func (m *Memory) Save(_ context.Context, rec decide.Record) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := rec.Target.Key()
	if m.records[key].Version != rec.Version && (rec.Version != 0 || !m.over(key)) {
		return decide.Record{}, ErrConflict
	}
	rec.Version++
	put(&m.records, key, rec.Clone())
	m.keep(key, kept(rec))
	return rec, nil
}

// Archive implements Ledger.
func (m *Memory) Archive(_ context.Context, t target.Target, e decide.Ended) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := t.Key()
	if m.archive[key] == nil {
		put(&m.archive, key, map[int]decide.Ended{})
	}
	m.archive[key][e.Attempt.Number] = once(e)
	return nil
}

// LoadBreaker implements Ledger.
func (m *Memory) LoadBreaker(_ context.Context, control string) (decide.Breaker, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over(breakerKey(control)) {
		return decide.Breaker{Control: control}, nil
	}
	b := m.breakers[control]
	b.Control, b.Failures, b.Accounts = control, slices.Clone(b.Failures), slices.Clone(b.Accounts)
	return b, nil
}

// SaveBreaker implements Ledger.
func (m *Memory) SaveBreaker(_ context.Context, b decide.Breaker) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := breakerKey(b.Control)
	if m.breakers[b.Control].Version != b.Version && (b.Version != 0 || !m.over(key)) {
		return ErrConflict
	}
	b.Version++
	b.Failures, b.Accounts = slices.Clone(b.Failures), slices.Clone(b.Accounts)
	put(&m.breakers, b.Control, b)
	m.keep(key, false)
	return nil
}

// LoadAccount implements Accounts.
func (m *Memory) LoadAccount(_ context.Context, id string) (decide.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over(accountKey(id)) {
		return decide.Account{ID: id}, nil
	}
	a := m.accounts[id]
	a.ID, a.Missing = id, slices.Clone(a.Missing)
	return a, nil
}

// SaveAccount implements Accounts.
func (m *Memory) SaveAccount(_ context.Context, a decide.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := accountKey(a.ID)
	if m.accounts[a.ID].Version != a.Version && (a.Version != 0 || !m.over(key)) {
		return ErrConflict
	}
	a.Version++
	a.Missing = slices.Clone(a.Missing)
	put(&m.accounts, a.ID, a)
	m.keep(key, false)
	return nil
}

// Reserve implements Slots.
func (m *Memory) Reserve(_ context.Context, account, region string, now time.Time) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	place := account + "/" + region
	slot, until := next(m.reserved[place], now.Truncate(time.Millisecond))
	put(&m.reserved, place, until)
	return slot, nil
}

// Due implements Index.
func (m *Memory) Due(_ context.Context, at time.Time) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	when := map[string]time.Time{}
	for key, rec := range m.records {
		if since := due(rec, m.DueAt).Truncate(time.Second); rec.Open() && !since.After(at) {
			when[key] = since
		}
	}
	return slices.SortedFunc(maps.Keys(when), func(a, b string) int {
		return cmp.Or(when[a].Compare(when[b]), cmp.Compare(a, b))
	}), nil
}

// LoadAll implements Index.
func (m *Memory) LoadAll(ctx context.Context, keys []string) ([]decide.Record, error) {
	var all []decide.Record
	for _, key := range keys {
		if rec, _ := m.Load(ctx, key); rec.Version > 0 {
			all = append(all, rec)
		}
	}
	return all, nil
}

// Each calls a function with every record, in no order. It must not change them.
func (m *Memory) Each(do func(decide.Record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rec := range m.records {
		do(rec)
	}
}

// Delete removes a record, as its expiry does and as an administrator may.
func (m *Memory) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, key)
	delete(m.expires, key)
}

// over says whether something has expired.
func (m *Memory) over(key string) bool {
	at, expires := m.expires[key]
	return expires && m.Now != nil && at.Unix() <= m.Now().Unix()
}

// keep has something expire after the retention, or never.
func (m *Memory) keep(key string, forever bool) {
	if forever || m.Now == nil {
		delete(m.expires, key)
		return
	}
	put(&m.expires, key, m.Now().Add(retention))
}

func put[V any](in *map[string]V, key string, value V) {
	if *in == nil {
		*in = map[string]V{}
	}
	(*in)[key] = value
}
