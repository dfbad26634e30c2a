package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/lab/scenario"
)

func TestBenchmark(t *testing.T) { //nolint:paralleltest // what others allocate would count
	got, err := benchmark("b", func(b *testing.B) error {
		for b.Loop() {
			sink = make([]byte, 1<<10)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].What != "b, time" || got[0].Value <= 0 || got[1].What != "b, allocations" ||
		got[1].Value != 1 {
		t.Errorf("benchmark = %+v", got)
	}
	broken := errors.New("broken")
	if _, err := benchmark("b", func(*testing.B) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a benchmark that fails gives %v", err)
	}
}

var sink []byte

// The measured repair must succeed, otherwise the numbers mean nothing.
func TestSequence(t *testing.T) {
	t.Parallel()
	r, err := loadRepair()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(r, &ledger.Memory{})
	if err := w.sequence(t.Context(), &meter{}, 1); err != nil {
		t.Error("a repair that succeeds:", err)
	}
	w = newWorld(r, w.store)
	w.now = w.now.Add(time.Minute)
	w.outcome = r.fails
	if err := w.sequence(t.Context(), &meter{}, 2); err != nil {
		t.Error("a repair that fails:", err)
	}
	w = newWorld(r, late{&ledger.Memory{}})
	if err := w.sequence(t.Context(), &meter{}, 1); err == nil {
		t.Error("a repair that does not start is no error")
	}
}

// late has no start slot for an hour.
type late struct{ *ledger.Memory }

func (late) Reserve(_ context.Context, _, _ string, now time.Time) (time.Time, error) {
	return now.Add(time.Hour), nil
}

func TestRender(t *testing.T) {
	t.Parallel()
	text := render([]measurement{
		{What: "steps", Value: 4, AtMost: 4}, {What: "calls", Value: 6.5, AtMost: 6},
		{What: "size", Value: 12.345, Unit: "MB"}, {What: "time", Value: 0.512, Unit: "s", AtMost: 10},
	})
	var got []string
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			got = append(got, strings.Join([]string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]),
				strings.TrimSpace(cells[3])}, "; "))
		}
	}
	want := []string{"what; aim; measured", "steps; <= 4; 4", "calls; <= 6; 6.50  MISSED", "size; ; 12.3 MB",
		"time; <= 10 s; 0.51 s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestZipped(t *testing.T) {
	t.Parallel()
	size := func(content []byte) int64 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := zipped(dir)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	noise := make([]byte, megabyte)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise)
	if n := size(noise); n < megabyte || n > megabyte+1000 {
		t.Errorf("1 MB of noise weighs %d", n)
	}
	if n := size(bytes.Repeat([]byte("a"), megabyte)); n > 10_000 || n < 1000 {
		t.Errorf("1 MB of one letter weighs %d; is it deflated?", n)
	}
	if _, err := zipped(filepath.Join(t.TempDir(), "nobody")); err == nil {
		t.Error("a folder that is not there weighs nothing")
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	resolved := map[string]any{"Workflow": map[string]any{"Status": "RESOLVED"}}
	got, err := calls(scenario.Result{
		Calls:      map[string]int{"dispatch": 10, "settle": 6},
		ColdStarts: []time.Duration{30 * time.Millisecond, 20 * time.Millisecond},
		Findings:   []map[string]any{resolved, resolved, {"Workflow": map[string]any{"Status": "NEW"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var values []float64
	for _, m := range got {
		values = append(values, m.Value)
	}
	if diff := cmp.Diff([]float64{5, 3, 20, 30}, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := calls(scenario.Result{}); err == nil {
		t.Error("a run without a repair is no error")
	}
}

func TestIdleCalls(t *testing.T) {
	t.Parallel()
	got, err := idleCalls(scenario.Result{Passed: true, Calls: map[string]int{"sweep": 2}})
	if err != nil || len(got) != 1 || got[0].Value != 2 {
		t.Errorf("idleCalls = %+v, %v", got, err)
	}
	for name, r := range map[string]scenario.Result{
		"did not pass": {Calls: map[string]int{"sweep": 2}},
		"no sweep":     {Passed: true, Calls: map[string]int{"dispatch": 2}},
	} {
		if got, err := idleCalls(r); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
