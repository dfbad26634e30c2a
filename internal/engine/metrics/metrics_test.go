package metrics_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/metrics"
)

// CloudWatch counts a line only when it has the members that the embedded metric format demands, at
// its root, and says nothing when it does not. A log that wants errors only keeps no metric back.
func TestCountIsInTheEmbeddedMetricFormat(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	before := time.Now()
	quiet := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	metrics.Count(t.Context(), quiet, decide.MetricFailed, "control", "X.1")
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	aws, _ := line["_aws"].(map[string]any)
	at, _ := aws["Timestamp"].(float64)
	if when := time.UnixMilli(int64(at)); when.Before(before.Truncate(time.Millisecond)) || when.After(time.Now()) {
		t.Errorf("Timestamp is %v", aws["Timestamp"])
	}
	delete(aws, "Timestamp")
	delete(line, "time")
	want := map[string]any{
		"level": "INFO", "msg": "metric", "control": "X.1", "metric": "RepairFailed", "RepairFailed": 1.0,
		"_aws": map[string]any{"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "Hubmend", "Dimensions": []any{[]any{}},
			"Metrics": []any{map[string]any{"Name": "RepairFailed", "Unit": "Count"}},
		}}},
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("the line (-want +got):\n%s", diff)
	}
}
