package simulation_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hubmend/test/simulation"
)

var (
	schedules = flag.Uint64("schedules", 5_000, "how many schedules to simulate")
	seed      = flag.Uint64("seed", 0, "simulate this one schedule and print it; 0 for all")
	soak      = flag.Duration("soak", 0, "simulate new schedules for this long")
)

// Every schedule holds the invariants. A failing seed is printed, and replayed with
// go test ./test/simulation -run TestSchedules -seed N.
func TestSchedules(t *testing.T) {
	if *seed != 0 {
		report(t, simulation.Simulate(*seed, os.Stdout))
		return
	}
	first, last := uint64(1), *schedules
	deadline := time.Time{}
	if *soak > 0 {
		first, last, deadline = uint64(time.Now().UnixNano()), 1<<63, time.Now().Add(*soak)
	}
	if testing.Short() {
		last = min(last, 200)
	}
	begin := time.Now()
	var next, done, executions, failed atomic.Uint64
	next.Store(first)
	var workers sync.WaitGroup
	seen := observed{}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				n := next.Add(1) - 1
				if n-first >= last || failed.Load() >= 5 || !deadline.IsZero() && time.Now().After(deadline) {
					return
				}
				r := simulation.Simulate(n, nil)
				executions.Add(uint64(r.Executions))
				seen.add(r)
				if len(r.Violations) > 0 {
					failed.Add(1)
					report(t, r)
				}
				if d := done.Add(1); d%10_000 == 0 {
					fmt.Fprintf(os.Stderr, "%d schedules in %.0f s\n", d, time.Since(begin).Seconds())
				}
			}
		})
	}
	workers.Wait()
	seen.check(t, done.Load() >= enoughSchedules)
	t.Logf("%d schedules with %d executions in %.1f s", done.Load(), executions.Load(), time.Since(begin).Seconds())
}

func report(t *testing.T, r simulation.Result) {
	t.Helper()
	for _, v := range r.Violations {
		t.Errorf("seed %d: %s", r.Seed, v)
	}
	t.Logf("seed %d: %d executions, %d messages, %d dead letters, faults %+v", r.Seed, r.Executions, r.Messages, r.Dead,
		r.Faults)
}

// The same seed gives the same history, or it could not be replayed.
func TestSeedReplays(t *testing.T) {
	t.Parallel()
	seeds := []uint64{4365} // people answer several proposals at once
	for n := range uint64(20) {
		seeds = append(seeds, n+1)
	}
	for _, n := range seeds {
		if a, b := fmt.Sprint(simulation.Simulate(n, nil)), fmt.Sprint(simulation.Simulate(n, nil)); a != b {
			t.Errorf("seed %d gives\n%s\nand\n%s", n, a, b)
		}
	}
}
