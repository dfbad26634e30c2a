package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hubmend/internal/engine/policy"
)

// LoadPolicy implements Policies.
func (m *Memory) LoadPolicy(ctx context.Context) (policy.Version, error) {
	m.mu.Lock()
	number := len(m.policies)
	m.mu.Unlock()
	if number == 0 {
		return policy.Version{}, nil
	}
	return m.PolicyVersion(ctx, number)
}

// PolicyVersion implements Policies.
func (m *Memory) PolicyVersion(_ context.Context, number int) (policy.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.newer(policyKey, policyItem); err != nil {
		return policy.Version{}, fmt.Errorf("load policy: %w", err)
	}
	if number < 1 || number > len(m.policies) {
		return policy.Version{}, fmt.Errorf("version %d: %w", number, ErrNoPolicy)
	}
	return m.policies[number-1].unpack()
}

// SavePolicy implements Policies.
func (m *Memory) SavePolicy(_ context.Context, v policy.Version) error {
	packed, err := pack(v)
	if err != nil {
		return fmt.Errorf("save policy: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.newer(policyKey, policyItem); err != nil {
		return fmt.Errorf("load policy: %w", err)
	}
	if v.Number != len(m.policies)+1 {
		return fmt.Errorf("save version %d of the policy: %w", v.Number, ErrConflict)
	}
	m.policies = append(m.policies, packed)
	return nil
}

// PolicyVersions implements Policies.
func (m *Memory) PolicyVersions(context.Context) ([]policy.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []policy.Version
	for _, packed := range slices.Backward(m.policies) {
		all = append(all, packed.about())
	}
	return all, nil
}

// Take implements Budgets.
func (m *Memory) Take(_ context.Context, key string, limit int, _ time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.taken[key] >= limit {
		return false, nil
	}
	put(&m.taken, key, m.taken[key]+1)
	return true, nil
}

// LoadSweptPolicy implements SweptPolicy.
func (m *Memory) LoadSweptPolicy(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.swept, nil
}

// SaveSweptPolicy implements SweptPolicy.
func (m *Memory) SaveSweptPolicy(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swept = hash
	return nil
}
