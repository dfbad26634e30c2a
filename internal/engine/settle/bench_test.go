package settle_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/settle"
)

// quiet does nothing, so that the benchmark measures the handler alone.
type quiet struct{ rec decide.Record }

func (quiet) Read(context.Context, []decide.Ref) (map[string]decide.Seen, error) { return nil, nil }

func (quiet) Update(context.Context, decide.Update) error { return nil }

func (quiet) Notify(context.Context, decide.Notification) error { return nil }

func (q quiet) Load(context.Context, string) (decide.Record, error) { return q.rec, nil }

func (quiet) Save(_ context.Context, rec decide.Record) (decide.Record, error) { return rec, nil }

func (quiet) Archive(context.Context, decide.Record, decide.Ended) error { return nil }

func (quiet) LoadBreaker(context.Context, string) (decide.Breaker, error) {
	return decide.Breaker{}, nil
}

func (quiet) SaveBreaker(context.Context, decide.Breaker) error { return nil }

func (quiet) Bury(context.Context, string, string) error { return nil }

func (quiet) Outcome(context.Context, string, string, string) (decide.Outcome, error) {
	return success, nil
}

func BenchmarkSettleOutcome(b *testing.B) {
	q := quiet{decide.Record{Target: group, Version: 1, Attempts: []decide.Attempt{running()}}}
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	h := &settle.Handler{
		Effects:    apply.Effects{Ledger: q, Findings: q, Notifier: q, Settings: decide.Defaults, Log: log},
		Executions: q, DeadLetters: q, Settings: decide.Defaults, Now: func() time.Time { return noon }, Log: log,
	}
	batch := events.SQSEvent{Records: []events.SQSMessage{ended("m", nil, nil)}}
	b.ReportAllocs()
	for b.Loop() {
		if response, err := h.Handle(b.Context(), batch); err != nil || len(response.BatchItemFailures) > 0 {
			b.Fatal(err, response)
		}
	}
}
