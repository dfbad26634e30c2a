// Package inforce gives functions the policy in force. It reads it once a minute.
package inforce

import (
	"context"
	"sync"
	"time"

	"hubmend/internal/engine/policy"
)

// Store is what the package needs of the ledger.
type Store interface {
	LoadPolicy(ctx context.Context) (policy.Version, error)
}

// Policy is the policy in force, read at most once in CacheFor.
type Policy struct {
	Store Store
	Now   func() time.Time

	mu      sync.Mutex
	version policy.Version
	readAt  time.Time
}

// CacheFor is how long a warm function goes by what it read.
const CacheFor = time.Minute

// Current returns the version in force. A policy that cannot be read is an error and never the one that was read
// before, which might allow what is exempt by now. Callers must not change what it returns.
func (p *Policy) Current(ctx context.Context) (policy.Version, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.Now(); p.readAt.IsZero() || now.Sub(p.readAt) >= CacheFor {
		v, err := p.Store.LoadPolicy(ctx)
		if err != nil {
			return policy.Version{}, err
		}
		p.version, p.readAt = v, now
	}
	return p.version, nil
}
