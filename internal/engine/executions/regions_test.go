package executions_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/executions"
)

// hangs is an operation in a Region that does not answer.
func hangs(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func answers(context.Context) error { return nil }

func refuses(context.Context) error { return errors.New("refused") }

// A step is an operation, its start, its duration, and the result for its caller.
func TestRegions(t *testing.T) {
	t.Parallel()
	const limit, rest = 8 * time.Second, time.Minute
	type step struct {
		after     time.Duration
		region    string
		does      func(context.Context) error
		takes     time.Duration
		notCalled bool
		says      string // part of the error
	}
	for name, steps := range map[string][]step{
		"all is well":        {{0, "a", answers, 0, false, ""}, {0, "a", answers, 0, false, ""}},
		"an error is answer": {{0, "a", refuses, 0, false, "refused"}, {0, "a", answers, 0, false, ""}},
		"others go on": {{0, "a", hangs, limit, false, "Region a did not answer within 8s"},
			{0, "b", answers, 0, false, ""}},
		"it is left alone": {{0, "a", hangs, limit, false, "did not answer"},
			{0, "a", answers, 0, true, "no call was made"}, {rest - time.Second, "a", answers, 0, true, "Region a"}},
		"it answers again": {{0, "a", hangs, limit, false, "did not answer"}, {rest, "a", answers, 0, false, ""},
			{0, "a", answers, 0, false, ""}},
		"it is silent still": {{0, "a", hangs, limit, false, "did not answer"},
			{rest, "a", hangs, limit, false, "did not answer"}, {rest - 1, "a", answers, 0, true, ""}},
		"an error is a sign": {{0, "a", hangs, limit, false, "did not answer"},
			{rest, "a", refuses, 0, false, "refused"}, {0, "a", answers, 0, false, ""}},
		"a second try is new": {{0, "a", hangs, limit, false, "did not answer"}, {rest, "a", answers, 0, false, ""},
			{0, "a", hangs, limit, false, "did not answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &executions.Regions{Limit: limit, Rest: rest, Now: time.Now}
				for i, s := range steps {
					time.Sleep(s.after)
					begin := time.Now()
					err := r.Do(t.Context(), s.region, s.does)
					if took := time.Since(begin); took != s.takes {
						t.Errorf("step %d took %s, want %s", i, took, s.takes)
					}
					if errors.Is(err, executions.ErrNotCalled) != s.notCalled ||
						(err == nil) != (s.says == "" && !s.notCalled) || err != nil &&
						!strings.Contains(err.Error(), s.says) {
						t.Errorf("step %d: error %v, want it to say %q; not called: %t", i, err, s.says, s.notCalled)
					}
					if (s.notCalled || s.takes == limit) && !awserr.IsTransient(err) {
						t.Errorf("step %d: %v is final", i, err)
					}
				}
			})
		})
	}
}

// After its rest one operation tries a Region, and the others do not wait for it.
func TestOneTriesASilentRegion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &executions.Regions{Limit: 8 * time.Second, Rest: time.Minute, Now: time.Now}
		_ = r.Do(t.Context(), "a", hangs)
		time.Sleep(time.Minute)
		begin, took := time.Now(), make(chan time.Duration, 3)
		for range cap(took) {
			go func() {
				_ = r.Do(t.Context(), "a", hangs)
				took <- time.Since(begin)
			}()
		}
		all := []time.Duration{<-took, <-took, <-took}
		slices.Sort(all)
		if want := []time.Duration{0, 0, 8 * time.Second}; !slices.Equal(all, want) {
			t.Errorf("the operations took %s, want %s", all, want)
		}
	})
}

// The end of a function's time says nothing about a Region, and what begins after it is not started.
func TestRegionsWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &executions.Regions{Limit: 8 * time.Second, Rest: time.Minute, Now: time.Now}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := r.Do(ctx, "a", hangs); err == nil || errors.Is(err, executions.ErrNotCalled) {
			t.Errorf("a call that the function's end cut off: %v", err)
		}
		if err := r.Do(ctx, "a", answers); !errors.Is(err, executions.ErrNotCalled) {
			t.Errorf("a call after the function's end: %v", err)
		}
		if err := r.Do(t.Context(), "a", answers); err != nil {
			t.Errorf("the Region is left alone, because a function ended: %v", err)
		}
	})
}
