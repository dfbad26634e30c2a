package dispatch_test

import (
	"context"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

// quietWorld does nothing but count, so that a benchmark measures the handler alone.
type quietWorld struct{ started int }

func (quietWorld) Read(context.Context, []decide.Ref) (map[string]decide.Seen, error) {
	return nil, nil
}

func (quietWorld) Update(context.Context, decide.Update) error { return nil }

func (quietWorld) Notify(context.Context, decide.Notification) error { return nil }

func (quietWorld) Delay(context.Context, string, time.Duration) error { return nil }

func (quietWorld) Bury(context.Context, string, string) error { return nil }

func (quietWorld) Paused(context.Context) (bool, error) { return false, nil }

func (quietWorld) Reserve(_ context.Context, _, _ string, now time.Time) (time.Time, error) {
	return now, nil
}

func (q *quietWorld) Plan(context.Context, target.Target, target.Parameters, string) (string, error) {
	return "exec", nil
}

func (q *quietWorld) Start(context.Context, target.Target, decide.Attempt) (string, error) {
	q.started++
	return "exec", nil
}
