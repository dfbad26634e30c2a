package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/scenario"
)

func TestParseBenchmarks(t *testing.T) {
	t.Parallel()
	got, err := parseBenchmarks([]byte(`goos: linux
pkg: hubmend/internal/settle
{"level":"INFO","msg":"Benchmark of a log line with many more words in it"}
BenchmarkSettleOutcome-2   	   25549	     44946 ns/op	    2522 B/op	      45 allocs/op
BenchmarkBind-16   	 1000000	     500.5 ns/op	       0 B/op	       0 allocs/op
PASS
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []measurement{
		{What: "SettleOutcome, time", Value: 44.946, Unit: "us"}, {What: "SettleOutcome, allocations", Value: 45},
		{What: "Bind, time", Value: 0.5005, Unit: "us"}, {What: "Bind, allocations", Value: 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := parseBenchmarks([]byte("PASS\n")); err == nil {
		t.Error("no benchmark at all is no error")
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	text := render([]measurement{
		{What: "steps", Value: 4, AtMost: 4}, {What: "calls", Value: 6.5, AtMost: 6}, {What: "size", Value: 12.345, Unit: "MB"}, {What: "time", Value: 0.512, Unit: "s", AtMost: 10},
	})
	var got []string
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			got = append(got, strings.Join([]string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])}, "; "))
		}
	}
	want := []string{"what; aim; measured", "steps; <= 4; 4", "calls; <= 6; 6.50  MISSED", "size; ; 12.3 MB", "time; <= 10 s; 0.51 s"}
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
		Calls: map[string]int{"dispatch": 10, "settle": 6}, ColdStarts: []time.Duration{30 * time.Millisecond, 20 * time.Millisecond},
		Findings: []map[string]any{resolved, resolved, {"Workflow": map[string]any{"Status": "NEW"}}},
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
