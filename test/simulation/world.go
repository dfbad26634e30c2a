// Package simulation runs the real decisions, ledger semantics and handlers through random
// histories with everything that may go wrong, and checks after every step what must always
// hold. A seed always gives the same history.
package simulation

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// Faults say how likely each is, per call or per message, from 0 to 1.
type Faults struct {
	Crash     float64 // the function dies before or after a call
	Error     float64 // a call fails, or its answer is lost
	Duplicate float64 // a message or event comes twice
	LoseEvent float64 // a status event never comes
	LateEvent float64 // it comes up to two hours late
	Throttle  float64 // Systems Manager takes no start
	Partial   float64 // Security Hub takes a part of an update
	Skew      time.Duration
	// SlowUpdates is how long what Security Hub took may not show.
	SlowUpdates time.Duration
}

// Chaos is what a service may be like on a bad day.
func Chaos(rng *rand.Rand) Faults {
	some := func(most float64) float64 {
		if rng.IntN(3) == 0 {
			return 0
		}
		return rng.Float64() * most
	}
	return Faults{
		Crash: some(0.06), Error: some(0.08), Duplicate: some(0.4), LoseEvent: some(0.6), LateEvent: some(0.3),
		Throttle: some(0.4), Partial: some(0.2), Skew: time.Duration(rng.IntN(4)) * time.Second,
		SlowUpdates: time.Duration(rng.IntN(3)) * 10 * time.Minute,
	}
}

// world is everything that a simulation consists of.
type world struct {
	clock
	rng      *rand.Rand
	faults   Faults
	limits   *limits // nil: there are none
	latency  Latency
	settings decide.Settings

	memory   ledger.Memory
	catalog  *catalog.Catalog
	findings *queue
	outcomes *queue
	hub      *securityHub
	second   *second
	ssm      *ssm
	paused   bool
	pausedAt time.Time
	// busyUntil is how long Systems Manager accepts no start.
	busyUntil time.Time
	sweeping  bool
	nonces    int
	breakers  map[string]breaker // by control, and by control and account
	accounts  map[string]*account
	digests   map[string]*digest       // by the key of their cause
	lags      map[string]time.Duration // how old the data of checks may be, by control
	rules     *rules
	answers   int             // of proposals
	undos     map[string]bool // that people asked for, by id, and whether they were answered

	notices    []decide.Notification
	announced  map[string]string      // details of events, by id
	states     map[announce.State]int // how many events there were of each
	steps      map[Step]int           // how many there were of each
	violations []string
	log        *slog.Logger
}

// home is the Region of the administrator.
const home = "eu-west-1"

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// newWorld makes a world where nothing happens yet.
func newWorld(seed uint64) *world {
	w := &world{
		clock: clock{now: start}, latency: Near, rng: rand.New(rand.NewPCG(seed, 1)), settings: decide.Defaults,
		catalog: catalog.Embedded(), log: slog.New(slog.DiscardHandler), breakers: map[string]breaker{},
		accounts: map[string]*account{}, digests: map[string]*digest{}, undos: map[string]bool{}, rules: newRules(),
		announced: map[string]string{}, states: map[announce.State]int{}, steps: map[Step]int{},
	}
	w.settings.MaxAttempts = 1 + w.rng.IntN(4)
	w.settings.BreakerFailures = 2 + w.rng.IntN(3)
	w.memory.DueAt = func(rec decide.Record) time.Time { return rec.Due(w.settings) }
	w.hub = &securityHub{world: w, findings: map[string]*securityFinding{}, known: map[string]evidence{}}
	w.second = newSecond(w, rand.New(rand.NewPCG(seed, 5)))
	w.ssm = &ssm{world: w, resources: map[string]*resource{}, byToken: map[string]*execution{},
		byID: map[string]*execution{}}
	w.findings = &queue{world: w, name: "findings", concurrency: 3, window: 2 * time.Second, invoke: w.dispatch}
	w.outcomes = &queue{world: w, name: "outcomes", concurrency: 3, invoke: w.settle}
	return w
}

// tell has the functions log, with the world's time.
func (w *world) tell(out io.Writer) {
	if out == nil {
		return
	}
	w.log = slog.New(slog.NewTextHandler(out,
		&slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				a.Value = slog.StringValue(w.now.Sub(start).Round(time.Millisecond).String())
			}
			return a
		}}))
}

func (w *world) violate(format string, args ...any) {
	w.violations = append(w.violations, w.now.Sub(start).String()+": "+fmt.Sprintf(format, args...))
}

// chance says true as often as a probability.
func (w *world) chance(p float64) bool { return p > 0 && w.rng.Float64() < p }

// between gives a time span.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64(most-least)+1))
}

// tick comes every decide.SweepEvery and runs the sweep if anything is due.
func (w *world) tick() {
	w.after(decide.SweepEvery, w.tick)
	if w.sweeping {
		return
	}
	keys, _ := w.memory.Due(context.Background(), w.now)
	digests, _ := w.memory.DueDigests(context.Background(), w.now)
	if len(keys)+len(digests) > 0 || w.memorySwept() != w.rules.inForce().Hash {
		w.sweep()
	}
}
