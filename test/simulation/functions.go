package simulation

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/smithy-go"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/securityhub"
	"hubmend/internal/engine/settle"
	"hubmend/internal/engine/sweep"
	"hubmend/internal/engine/target"
)

// client is the AWS of one invocation: every call takes time, in which others go on, and may
// fail, or be the last thing that the function does.
type client struct {
	*world
	skew      time.Duration
	announcer *announce.Announcer
	demanded  map[string]int // events about the policy that are to be put, less those that were
	lost      bool           // an event could not be put
	dead      bool           // it crashed, and with it everything that it does at the same time
}

// processKey is where a context has the process that a call is made by.
type processKey struct{}

func within(p *process) context.Context {
	return context.WithValue(context.Background(), processKey{}, p)
}

func processOf(ctx context.Context) *process { return ctx.Value(processKey{}).(*process) }

func (c *client) crash(when string) {
	c.log.Info("the function dies " + when + " its call")
	c.dead = true
	panic(crash{})
}

// errUnavailable is what a service says on a bad day.
var errUnavailable = &smithy.GenericAPIError{Code: "InternalError", Message: "try again", Fault: smithy.FaultServer}

// call makes a call to a service of the functions' own Region.
func call[T any](ctx context.Context, c *client, do func() (T, error)) (T, error) {
	return callTo(ctx, c, home, do)
}

// callTo makes a call to a Region.
func callTo[T any](ctx context.Context, c *client, region string, do func() (T, error)) (T, error) {
	var none T
	took := c.latency(home, region)
	processOf(ctx).sleep(c.between(took.Least, took.Most))
	if c.dead || c.chance(c.faults.Crash) {
		c.crash("before")
	}
	if c.chance(c.faults.Error) {
		return none, errUnavailable
	}
	got, err := do()
	if c.chance(c.faults.Crash) {
		c.crash("after")
	}
	if c.chance(c.faults.Error / 2) {
		return none, errUnavailable // it was done, but the answer is lost
	}
	return got, err
}

func exec(ctx context.Context, c *client, do func() error) error {
	_, err := call(ctx, c, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (w *world) client() *client {
	c := &client{world: w, demanded: map[string]int{}, skew: w.between(-w.faults.Skew, w.faults.Skew)}
	c.announcer = &announce.Announcer{Client: c, Home: home, Control: catalog.Embedded().ByID, Now: c.clockNow,
		Log: w.log}
	return c
}

// nonce gives a text that no other call gets, as at random.
func (w *world) nonce() string {
	w.nonces++
	return fmt.Sprint("nonce-", w.nonces)
}

func (c *client) clockNow() time.Time { return c.now.Add(c.skew) }

func (c *client) effects() apply.Effects {
	return apply.Effects{Ledger: c, Findings: c, Notifier: c, Announcer: observer{c.announcer, c}, Digests: c,
		Now: c.clockNow, Settings: c.settings, Log: c.log}
}

func sleep(ctx context.Context, d time.Duration) { processOf(ctx).sleep(d) }

func together(ctx context.Context, n int, do func(context.Context, int)) {
	processOf(ctx).together(n, func(p *process, i int) { do(within(p), i) })
}

// dispatch invokes the dispatch function.
func (w *world) dispatch(batch []events.SQSMessage, done func(map[string]bool, bool)) {
	w.function(w.findings, batch, done, func(ctx context.Context, c *client) (events.SQSEventResponse, error) {
		h := &dispatch.Handler{
			Catalog: w.catalog, Effects: c.effects(), Slots: c, Accounts: c, Switch: c, Starter: c,
			Policy: c, Facts: c, Budgets: c, V2: func(context.Context, bool) bool { return c.second.enabled },
			Queue: deadLetters{c, w.findings}, Home: home,
			Settings: w.settings, Now: c.clockNow, Nonce: w.nonce, Sleep: sleep, Together: together, Log: w.log,
		}
		return h.Handle(ctx, events.SQSEvent{Records: batch})
	})
}

// settle invokes the settle function.
func (w *world) settle(batch []events.SQSMessage, done func(map[string]bool, bool)) {
	w.function(w.outcomes, batch, done, func(ctx context.Context, c *client) (events.SQSEventResponse, error) {
		h := &settle.Handler{
			Effects: c.effects(), Executions: c, DeadLetters: deadLetters{c, w.outcomes}, Trail: c,
			Errands:  sender{c, w.outcomes},
			Home:     home,
			Settings: w.settings, Now: c.clockNow, Sleep: sleep, Together: together, Log: w.log,
		}
		return h.Handle(ctx, events.SQSEvent{Records: batch})
	})
}

func (w *world) function(from *queue, batch []events.SQSMessage, done func(map[string]bool, bool),
	handle func(context.Context, *client) (events.SQSEventResponse, error)) {
	failed := map[string]bool{}
	w.spawn(func(p *process) {
		begin := w.now
		c := w.client()
		response, err := handle(within(p), c)
		c.announcer.Flush(within(p))
		c.checkDemanded()
		if w.limits != nil {
			w.limits.longest[from.name] = max(w.limits.longest[from.name], w.now.Sub(begin))
		}
		for _, f := range response.BatchItemFailures {
			failed[f.ItemIdentifier] = true
		}
		for _, m := range batch {
			failed[m.MessageId] = failed[m.MessageId] || err != nil
		}
	}, func(crashed bool) { done(failed, crashed) })
}

// sweep invokes the sweep function.
func (w *world) sweep() {
	w.sweeping = true
	w.spawn(func(p *process) {
		c := w.client()
		h := &sweep.Handler{
			Index: c, Effects: c.effects(), Switch: c, Policy: c, Swept: c, Findings: sender{c, w.findings},
			Outcomes: sender{c, w.outcomes},
			Settings: w.settings, Now: c.clockNow, Sleep: sleep, Together: together, Log: w.log,
		}
		_ = h.Handle(within(p)) // the next sweep comes anyway
		c.announcer.Flush(within(p))
		c.checkDemanded()
	}, func(bool) { w.sweeping = false })
}

func (c *client) Load(ctx context.Context, key string) (decide.Record, error) {
	return call(ctx, c, func() (decide.Record, error) { return c.memory.Load(ctx, key) })
}

func (c *client) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	return call(ctx, c, func() (decide.Record, error) {
		saved, err := c.memory.Save(ctx, rec)
		if err == nil {
			c.checkRecord(saved)
		}
		return saved, err
	})
}

func (c *client) Archive(ctx context.Context, rec decide.Record, e decide.Ended) error {
	return exec(ctx, c, func() error { return c.memory.Archive(ctx, rec, e) })
}

func (c *client) LoadBreaker(ctx context.Context, control string) (decide.Breaker, error) {
	return call(ctx, c, func() (decide.Breaker, error) { return c.memory.LoadBreaker(ctx, control) })
}

func (c *client) SaveBreaker(ctx context.Context, b decide.Breaker) error {
	return exec(ctx, c, func() error {
		err := c.memory.SaveBreaker(ctx, b)
		if err == nil {
			c.noteBreaker(b)
		}
		return err
	})
}

func (c *client) LoadAccount(ctx context.Context, id string) (decide.Account, error) {
	return call(ctx, c, func() (decide.Account, error) { return c.memory.LoadAccount(ctx, id) })
}

func (c *client) SaveAccount(ctx context.Context, a decide.Account) error {
	return exec(ctx, c, func() error {
		err := c.memory.SaveAccount(ctx, a)
		if err == nil {
			c.noteAccount(a)
		}
		return err
	})
}

func (c *client) Reserve(ctx context.Context, account, region string, now time.Time) (time.Time, error) {
	return call(ctx, c, func() (time.Time, error) { return c.memory.Reserve(ctx, account, region, now) })
}

func (c *client) Due(ctx context.Context, at time.Time) ([]string, error) {
	return call(ctx, c, func() ([]string, error) { return c.memory.Due(ctx, at) })
}

func (c *client) LoadAll(ctx context.Context, keys []string) (ledger.Loaded, error) {
	return call(ctx, c, func() (ledger.Loaded, error) { return c.memory.LoadAll(ctx, keys) })
}

func (c *client) Paused(ctx context.Context) (bool, error) {
	return call(ctx, c, func() (bool, error) { return c.paused, nil })
}

func (c *client) Read(ctx context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	return limited(ctx, c, "reads", home, securityhub.MaxAttempts, func(l *limits) bool { return l.reads.take(c.now) },
		func() (map[string]decide.Seen, error) { return c.hub.read(refs), nil })
}

func (c *client) Notify(ctx context.Context, n decide.Notification) error {
	return exec(ctx, c, func() error {
		c.checkNotice(n)
		c.checkDigest(n)
		c.notices = append(c.notices, n)
		return nil
	})
}

func (c *client) Start(ctx context.Context, t target.Target, a decide.Attempt) (string, error) {
	at := place{t.Account, t.Region}
	return limited(ctx, c, "starts", at.region, 1,
		func(l *limits) bool { return of(l.starts, at, startsPerSecond, c.now).take(c.now) },
		func() (string, error) { return c.ssm.start(t, a) })
}

func (c *client) Outcome(ctx context.Context, account, region, id string) (decide.Outcome, error) {
	at := place{account, region}
	return limited(ctx, c, "looks", at.region, sdkTries,
		func(l *limits) bool { return of(l.looks, at, looksPerSecond, c.now).take(c.now) },
		func() (decide.Outcome, error) { return c.ssm.outcome(id) })
}

// deadLetters is the queue of a function as the function sees it.
type deadLetters struct {
	*client
	queue *queue
}

func (d deadLetters) Delay(ctx context.Context, handle string, after time.Duration) error {
	return exec(ctx, d.client, func() error { return d.queue.delay(handle, after) })
}

func (d deadLetters) Bury(ctx context.Context, body, reason string) error {
	return exec(ctx, d.client, func() error {
		d.queue.dead = append(d.queue.dead, &message{body: body, reason: reason})
		return nil
	})
}

// sender is a queue as the sweep sees it.
type sender struct {
	*client
	queue *queue
}

func (s sender) SendLater(ctx context.Context, body string, delay time.Duration) error {
	return exec(ctx, s.client, func() error {
		s.world.after(delay, func() { s.queue.send(body) })
		return nil
	})
}

func (s sender) SendAll(ctx context.Context, bodies []string) error {
	return exec(ctx, s.client, func() error {
		for _, body := range bodies {
			s.queue.send(body)
		}
		return nil
	})
}
