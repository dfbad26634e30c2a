package deadline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"hubmend/internal/engine/deadline"
)

func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		begin := time.Now()
		function, stop := context.WithTimeout(context.WithValue(t.Context(), key{}, "kept"), 30*time.Second)
		defer stop()
		work, stop := deadline.Before(function, deadline.Reserve)
		defer stop()
		half, stop := deadline.Half(work)
		defer stop()
		saving, stop := deadline.After(work, deadline.Grace)
		defer stop()
		for _, tc := range []struct {
			name string
			ctx  context.Context
			want time.Duration
		}{{"half", half, 13500 * time.Millisecond}, {"work", work, 27 * time.Second},
			{"saving", saving, 29 * time.Second}, {"function", function, 30 * time.Second}} {
			<-tc.ctx.Done()
			if got := time.Since(begin); got != tc.want {
				t.Errorf("%s ends after %s, want %s", tc.name, got, tc.want)
			}
			if tc.ctx.Value(key{}) != "kept" {
				t.Errorf("%s has lost the values of its context", tc.name)
			}
		}
		late, stop := deadline.After(work, 10*time.Second) // made after the work has ended
		defer stop()
		if late.Err() != nil {
			t.Errorf("saving after the work has ended: %v", late.Err())
		}
	})
}

func TestNoDeadline(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(context.Context, time.Duration) (context.Context, context.CancelFunc){
		"before": deadline.Before,
		"half": func(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
			return deadline.Half(ctx)
		}, "after": deadline.After,
	} {
		ctx, stop := of(t.Context(), time.Hour)
		if end, ok := ctx.Deadline(); ok || ctx.Err() != nil {
			t.Errorf("%s: a context without an end ends at %s, %v", name, end, ctx.Err())
		}
		stop()
	}
}
