package inforce_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/policy/inforce"
)

type store struct {
	number, reads int
	err           error
}

func (s *store) LoadPolicy(context.Context) (policy.Version, error) {
	s.reads++
	return policy.Version{Number: s.number}, s.err
}

func TestOneReadAMinute(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	down := errors.New("down")
	s, now := &store{}, noon
	p := &inforce.Policy{Store: s, Now: func() time.Time { return now }}
	for _, step := range []struct {
		after               time.Duration
		stored              int
		err                 error
		want, readsUntilNow int
	}{
		{0, 1, nil, 1, 1},
		{time.Minute - 1, 2, nil, 1, 1},
		{time.Minute, 2, nil, 2, 2},
		{time.Minute + 1, 3, down, 2, 2},
		{2 * time.Minute, 3, down, 0, 3}, // not the stale one
		{2*time.Minute + 1, 3, down, 0, 4},
		{2*time.Minute + 2, 3, nil, 3, 5},
	} {
		now, s.number, s.err = noon.Add(step.after), step.stored, step.err
		v, err := p.Current(t.Context())
		if failed := step.want == 0; v.Number != step.want || (err != nil) != failed || s.reads != step.readsUntilNow {
			t.Errorf("after %s: Current = %d, %v after %d reads", step.after, v.Number, err, s.reads)
		}
	}
}
