package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hubmend/internal/engine/decide"
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
	digests  map[string]decide.Digest
	// collected is by digest and window, and then by ID.
	collected map[string]map[string]decide.Collected
	reserved  map[string]time.Time // by account and Region: the next free slot
	expires   map[string]time.Time // by key of a record, breaker, account or digest, and of what was collected
	schemas   map[string]int       // as expires, of those that another version of Hubmend wrote
	policies  []packedPolicy       // by number; the last is in force
	swept     string               // hash of the policy that was swept
	taken     map[string]int       // by key of a budget
	held      map[string]time.Time // until when, by key
}

var (
	_ Ledger   = (*Memory)(nil)
	_ Slots    = (*Memory)(nil)
	_ Index    = (*Memory)(nil)
	_ Accounts = (*Memory)(nil)
	_ Digests  = (*Memory)(nil)
	_ Policies = (*Memory)(nil)
	_ Budgets  = (*Memory)(nil)
	_ Holds    = (*Memory)(nil)
)

// Load implements Ledger.
func (m *Memory) Load(_ context.Context, key string) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there, err := m.loadable(key, targetItem); !there {
		return decide.Record{}, err
	}
	return m.records[key].Clone(), nil
}

// Save implements Ledger.
func (m *Memory) Save(_ context.Context, rec decide.Record) (decide.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := rec.Target.Key()
	if m.changed(key, targetItem, m.records[key].Version, rec.Version) {
		return decide.Record{}, ErrConflict
	}
	rec.Version++
	put(&m.records, key, rec.Clone())
	m.keep(key, kept(rec))
	return rec, nil
}

// Archive implements Ledger.
func (m *Memory) Archive(_ context.Context, rec decide.Record, e decide.Ended) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := rec.Target.Key()
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
	if there, err := m.loadable(breakerKey(control), breakerItem); !there {
		return decide.Breaker{Control: control}, err
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
	if m.changed(key, breakerItem, m.breakers[b.Control].Version, b.Version) {
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
	if there, err := m.loadable(accountKey(id), accountItem); !there {
		return decide.Account{ID: id}, err
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
	if m.changed(key, accountItem, m.accounts[a.ID].Version, a.Version) {
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
func (m *Memory) LoadAll(ctx context.Context, keys []string) (Loaded, error) {
	var all Loaded
	for _, key := range keys {
		rec, err := m.Load(ctx, key)
		if IsNewer(err) {
			all.Newer++
		} else if rec.Version > 0 {
			all.Records = append(all.Records, rec)
		}
	}
	return all, nil
}

// Each calls a function with every record, in no order. It must not change them.
func (m *Memory) Each(do func(decide.Record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(m.records)) { // in an order that can be repeated
		do(m.records[key])
	}
}

// Delete removes a record, as its expiry does and as an administrator may.
func (m *Memory) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, key)
	delete(m.expires, key)
	delete(m.schemas, key)
}

// Rewrite has another version of Hubmend write an item, by its key, with a schema.
func (m *Memory) Rewrite(key string, schema int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	put(&m.schemas, key, schema)
}

// changed reports whether another function wrote an item after it was loaded with a version.
func (m *Memory) changed(key, kind string, version, loaded int) bool {
	if loaded == 0 && m.over(key) {
		return false
	}
	return version != loaded || m.newer(key, kind) != nil
}

// loadable reports whether an item may be loaded: it has not expired, and this version of Hubmend understands it.
func (m *Memory) loadable(key, kind string) (bool, error) {
	if m.over(key) {
		return false, nil
	}
	err := m.newer(key, kind)
	return err == nil, err
}

// newer returns the error of an item that only a newer version of Hubmend understands.
func (m *Memory) newer(key, kind string) error { return metadata{Schema: m.schemas[key]}.newer(kind) }

// over reports whether something has expired.
func (m *Memory) over(key string) bool {
	at, expires := m.expires[key]
	return expires && m.Now != nil && at.Unix() <= m.Now().Unix()
}

// keep has something expire after the retention, or never.
func (m *Memory) keep(key string, forever bool) {
	delete(m.schemas, key)
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
