package dispatch_test

import (
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/ledger"
)

func BenchmarkDispatchFinding(b *testing.B) {
	w := newWorld()
	h := w.handler()
	h.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	quiet := &quietWorld{}
	h.Effects = apply.Effects{Ledger: &ledger.Memory{}, Findings: quiet, Notifier: quiet, Settings: decide.Defaults,
		Log: h.Log}
	h.Slots, h.Switch, h.Starter, h.Queue = quiet, quiet, quiet, quiet
	batch := func(i int) events.SQSEvent {
		return events.SQSEvent{
			Records: []events.SQSMessage{imported("m", sg("f", "EC2.13", fmt.Sprintf("sg-%08x", i)))}}
	}
	batches := make([]events.SQSEvent, 1000)
	for i := range batches {
		batches[i] = batch(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%len(batches) == 0 {
			h.Effects.Ledger = &ledger.Memory{} // every finding starts a repair
		}
		response, err := h.Handle(b.Context(), batches[i%len(batches)])
		if err != nil || len(response.BatchItemFailures) > 0 {
			b.Fatal(err, response)
		}
		i++
	}
	if quiet.started != i {
		b.Fatalf("%d findings started %d repairs", i, quiet.started)
	}
}

var _ dispatch.Starter = (*quietWorld)(nil)
