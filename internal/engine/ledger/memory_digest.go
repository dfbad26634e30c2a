package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"hubmend/internal/engine/decide"
)

// LoadDigest implements Digests.
func (m *Memory) LoadDigest(_ context.Context, key string) (decide.Digest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there, err := m.loadable(digestKey(key), digestItem); !there {
		return decide.Digest{}, err
	}
	return m.digests[key], nil
}

// SaveDigest implements Digests.
func (m *Memory) SaveDigest(_ context.Context, d decide.Digest) (decide.Digest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := d.Cause.Key()
	if m.changed(digestKey(key), digestItem, m.digests[key].Version, d.Version) {
		return decide.Digest{}, ErrConflict
	}
	d.Version++
	put(&m.digests, key, d)
	m.keep(digestKey(key), !d.Due().IsZero())
	return d, nil
}

// Collect implements Digests.
func (m *Memory) Collect(_ context.Context, key string, window int, c decide.Collected) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := digestKey(key) + toldKey(window, "")
	if m.collected[of] == nil {
		put(&m.collected, of, map[string]decide.Collected{})
	}
	m.collected[of][c.ID] = c
	m.keep(of+c.ID, false)
	return nil
}

// Collected implements Digests.
func (m *Memory) Collected(_ context.Context, key string, window int) ([]decide.Collected, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := digestKey(key) + toldKey(window, "")
	var all []decide.Collected
	for _, id := range slices.Sorted(maps.Keys(m.collected[of])) {
		if !m.over(of + id) {
			all = append(all, m.collected[of][id])
		}
	}
	return all, nil
}

// DueDigests implements Digests.
func (m *Memory) DueDigests(_ context.Context, at time.Time) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	when := map[string]time.Time{}
	for key, d := range m.digests {
		if due := d.Due().Truncate(time.Second); !d.Due().IsZero() && !due.After(at) {
			when[key] = due
		}
	}
	return slices.SortedFunc(maps.Keys(when), func(a, b string) int {
		return cmp.Or(when[a].Compare(when[b]), cmp.Compare(a, b))
	}), nil
}
