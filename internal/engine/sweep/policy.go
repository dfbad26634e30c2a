package sweep

import (
	"context"
	"time"
)

// readPolicy finds out which policy is in force. It returns until when records are due that this sweep looks at: all
// that are open, when parked findings were decided by another policy. A policy that cannot be read changes nothing.
func (s *sweep) readPolicy(ctx context.Context) (time.Time, error) {
	v, err := s.Policy.Current(ctx)
	if err != nil {
		s.Log.ErrorContext(ctx, "policy not read", "error", err)
		return s.now, nil
	}
	swept, err := s.Swept.LoadSweptPolicy(ctx)
	if err != nil {
		return time.Time{}, err
	}
	s.policy, s.news = v.Hash, v.Hash != swept
	if s.news {
		return s.now.AddDate(100, 0, 0), nil
	}
	return s.now, nil
}

// policySwept records that all parked findings were looked at since the policy is in force, if they were.
func (s *sweep) policySwept(ctx context.Context, all bool, problem error) error {
	if !s.news || !all || s.left || problem != nil {
		return nil
	}
	return s.Swept.SaveSweptPolicy(ctx, s.policy)
}
