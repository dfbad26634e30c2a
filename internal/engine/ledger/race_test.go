package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
)

// contest is many functions that work on one target at the same time, some for its findings and,
// as their attempts end, for its outcomes. Nothing comes between them but the ledger.
type contest struct {
	t       *testing.T
	effects apply.Effects
	ticks   atomic.Int64

	inFlight atomic.Int32
	mu       sync.Mutex
	started  map[int]int // how often each attempt was started
	workflow map[string]string
}

func newContest(t *testing.T, s *store) *contest {
	c := &contest{t: t, started: map[int]int{}, workflow: map[string]string{}}
	c.effects = apply.Effects{Ledger: s, Findings: c, Notifier: c, Settings: settings,
		Log: slog.New(slog.DiscardHandler)}
	return c
}

// settings let attempts follow each other without end.
var settings = func() decide.Settings {
	s := decide.Defaults
	s.MaxAttempts = 1_000_000
	s.EvidenceLag = 0 // each check knows of the repair before it
	return s
}()

// now goes on a microsecond whenever somebody asks, so that no lease ends.
func (c *contest) now() time.Time { return noon.Add(time.Duration(c.ticks.Add(1)) * time.Microsecond) }

func (c *contest) Read(context.Context, []decide.Ref) (map[string]decide.Seen, error) {
	return nil, nil
}

func (c *contest) Update(_ context.Context, u decide.Update) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range u.Findings {
		c.workflow[r.ID] = u.Workflow
	}
	return nil
}

func (c *contest) Notify(context.Context, decide.Notification) error { return nil }

// transact decides until the ledger takes it, as messages that fail come back.
func (c *contest) transact(choose func(decide.Record) decide.Decision) (decide.Decision, decide.Record) {
	for {
		rec, err := ledger.Open(c.t.Context(), c.effects.Ledger, targetOf("contest"))
		if err != nil {
			c.t.Error(err)
			return decide.Decision{}, rec
		}
		d, rec, err := c.effects.Transact(c.t.Context(), rec, choose)
		if !errors.Is(err, ledger.ErrConflict) {
			if err != nil {
				c.t.Error(err)
			}
			return d, rec
		}
	}
}

// ask is a message with one finding, which comes back while it has to wait.
func (c *contest) ask(id, event string) {
	request := decide.Request{Ref: decide.Ref{ID: id, Event: event}, Control: "X.1", Trigger: finding.Automatic,
		AsOf: c.now()}
	for {
		d, rec := c.transact(func(rec decide.Record) decide.Decision {
			now := c.now()
			return decide.OnFindings(rec, []decide.Request{request}, nil, decide.Gate{Slot: now}, now, settings)
		})
		if err := c.effects.Update(c.t.Context(), d.Announce); err != nil {
			c.t.Error(err)
		}
		if d.Start {
			c.run(d, rec)
		}
		if len(d.Later) == 0 {
			return
		}
		runtime.Gosched()
	}
}

// run is a start and the whole execution, which ends well.
func (c *contest) run(d decide.Decision, rec decide.Record) {
	number := rec.Last().Number
	if n := c.inFlight.Add(1); n != 1 {
		c.t.Errorf("%d attempts are in flight with number %d", n, number)
	}
	c.mu.Lock()
	c.started[number]++
	c.mu.Unlock()
	execution := fmt.Sprint("exec-", number)
	c.transact(func(rec decide.Record) decide.Decision { return decide.OnStarted(rec, number, execution) })
	c.inFlight.Add(-1)
	c.transact(func(rec decide.Record) decide.Decision {
		return decide.OnOutcome(rec, decide.Outcome{ExecutionID: execution, Succeeded: true}, nil, c.now(), settings)
	})
}

// hammer has many functions ask for repairs, each for a finding of its own and several times.
func (c *contest) hammer(functions, rounds int) {
	var group sync.WaitGroup
	for i := range functions {
		group.Go(func() {
			for round := range rounds {
				c.ask(fmt.Sprint("f", i), fmt.Sprintf("e%d-%d", i, round))
			}
		})
	}
	group.Wait()
}

// check demands that no attempt was started twice, none is left, and every finding has its answer.
func (c *contest) check(findings int) {
	c.t.Helper()
	rec := load(c.t, c.effects.Ledger, targetOf("contest"))
	last := rec.Last()
	if last == nil || last.State != decide.Succeeded || len(c.started) != last.Number {
		c.t.Errorf("%d attempts were started; the last is %+v", len(c.started), last)
	}
	for number, times := range c.started {
		if times != 1 {
			c.t.Errorf("attempt %d was started %d times", number, times)
		}
	}
	if len(c.workflow) != findings {
		c.t.Errorf("%d findings were updated", len(c.workflow))
	}
	for id, workflow := range c.workflow {
		if workflow != finding.Resolved {
			c.t.Errorf("%s is left %s", id, workflow)
		}
	}
}

func race(t *testing.T, s *store) {
	c := newContest(t, s)
	c.hammer(s.functions, s.rounds)
	c.check(s.functions)
	if len(c.started) < 2 {
		t.Error("one attempt was enough for all; no two were ever near each other")
	}
}
