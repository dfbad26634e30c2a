package dispatch_test

import (
	"context"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/target"
)

// quietWorld does nothing, so that a benchmark measures the handler alone.
type quietWorld struct{}

func (quietWorld) Update(context.Context, decide.Update) error { return nil }

func (quietWorld) Notify(context.Context, decide.Notification) error { return nil }

func (quietWorld) Delay(context.Context, string, time.Duration) error { return nil }

func (quietWorld) Start(context.Context, target.Target, decide.Attempt) (string, error) {
	return "exec", nil
}
