// Package metrics counts what happens: it writes a function's log lines in CloudWatch's embedded metric
// format, which CloudWatch counts without a filter and without a call.
package metrics

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// Count writes a line that counts once for a metric, with what it is about. The log must write JSON and
// add nothing around it. It is not asked whether it wants the line: who raises its level means words, not alarms.
func Count(ctx context.Context, log *slog.Logger, m decide.Metric, about ...any) {
	now := time.Now()
	line := slog.NewRecord(now, slog.LevelInfo, "metric", 0)
	line.Add(append(slices.Clip(about), "metric", string(m), string(m), 1, "_aws", embed(m, now))...)
	_ = log.Handler().Handle(ctx, line) // as the log itself does
}

// embedded is the part of a line that tells CloudWatch what to count.
type embedded struct {
	Timestamp         int64 // milliseconds
	CloudWatchMetrics []directive
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []name
}

type name struct{ Name, Unit string }

// embed returns a metric no dimensions: each value of one would be billed as a metric of its own.
func embed(m decide.Metric, at time.Time) embedded {
	return embedded{Timestamp: at.UnixMilli(), CloudWatchMetrics: []directive{{
		Namespace: naming.MetricNamespace, Dimensions: [][]string{{}},
		Metrics: []name{{Name: string(m), Unit: "Count"}},
	}}}
}
