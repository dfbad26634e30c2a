package sweep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/queue"
	"hubmend/internal/engine/sweep"
	"hubmend/internal/engine/target"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

// settings have every sweep check what is unconfirmed.
var settings = func() decide.Settings {
	s := decide.Defaults
	s.ConfirmEvery = 0
	return s
}()

// world stands for everything that the sweep reaches.
type world struct {
	ledger.Memory
	names    map[string]string // of targets, by key
	seen     map[string]decide.Seen
	done     []string
	log      bytes.Buffer
	now      time.Time
	paused   bool
	policy   policy.Version
	fail     map[string]bool // what fails, as it is written into done or named here
	gone     map[string]bool // keys that the index still has
	settings decide.Settings
	slept    []time.Duration
}

func newWorld() *world {
	return &world{names: map[string]string{}, seen: map[string]decide.Seen{}, fail: map[string]bool{}, now: noon,
		settings: settings}
}

func (w *world) do(what string) error {
	w.done = append(w.done, what)
	return w.broken(what)
}

func (w *world) broken(what string) error {
	if w.fail[what] {
		return errDown
	}
	return nil
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	if err := w.broken("Load " + w.names[key]); err != nil {
		return decide.Record{}, err
	}
	if w.gone[key] {
		return decide.Record{}, nil
	}
	return w.Memory.Load(ctx, key)
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if err := w.do("save " + rec.Target.Resource); err != nil {
		return decide.Record{}, err
	}
	return w.Memory.Save(ctx, rec)
}

// Current returns the policy in force.
func (w *world) Current(context.Context) (policy.Version, error) {
	return w.policy, w.broken("Current")
}

func (w *world) Due(ctx context.Context, at time.Time) ([]string, error) {
	if err := w.broken("Due"); err != nil {
		return nil, err
	}
	return w.Memory.Due(ctx, at)
}

func (w *world) DueDigests(ctx context.Context, at time.Time) ([]string, error) {
	if err := w.broken("DueDigests"); err != nil {
		return nil, err
	}
	return w.Memory.DueDigests(ctx, at)
}

// LoadAll returns the records that can be loaded, the last first: the service promises no order.
func (w *world) LoadAll(ctx context.Context, keys []string) (ledger.Loaded, error) {
	if len(keys) > ledger.LoadAtOnce {
		return ledger.Loaded{}, fmt.Errorf("%d records in a call", len(keys))
	}
	var all ledger.Loaded
	var errs []error
	for _, key := range slices.Backward(keys) {
		rec, err := w.Load(ctx, key)
		if ledger.IsNewer(err) {
			all.Newer++
			continue
		}
		if errs = append(errs, err); rec.Version > 0 {
			all.Records = append(all.Records, rec)
		}
	}
	return all, errors.Join(errs...)
}

func (w *world) Paused(context.Context) (bool, error) { return w.paused, w.broken("Paused") }

func (w *world) Read(_ context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	return w.seen, w.do("read " + names(refs))
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	return w.do("update " + names(u.Findings) + " " + u.Workflow)
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	subject, _, _ := strings.Cut(n.Subject(), ": X")
	return w.do("notify " + subject)
}

func names(refs []decide.Ref) string {
	var ids []string
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, "+")
}

// followUps is one of the two queues; it takes nothing but follow-ups.
type followUps struct {
	*world
	name string
}

func (q followUps) SendAll(_ context.Context, bodies []string) error {
	if len(bodies) > queue.SendAtOnce {
		return fmt.Errorf("%d messages in a call", len(bodies))
	}
	var errs []error
	for _, body := range bodies {
		e, is, err := messages.Parse([]byte(body))
		if err != nil || !is {
			return fmt.Errorf("%s is not a follow-up: %w", body, err)
		}
		errs = append(errs, q.do(strings.TrimSpace(q.name+" "+q.names[e.Key]+" "+e.ExecutionID)))
	}
	return errors.Join(errs...)
}

func (w *world) sweep(t *testing.T) error {
	t.Helper()
	return w.sweepIn(t.Context(), t)
}

func (w *world) sweepIn(ctx context.Context, t *testing.T) error {
	t.Helper()
	w.done = nil
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	h := &sweep.Handler{
		Index: w, Effects: apply.Effects{Ledger: w, Findings: w, Notifier: w, Digests: w,
			Now: func() time.Time { return w.now }, Settings: w.settings, Log: log},
		Policy: w, Swept: w, Switch: w, Findings: followUps{w, "wake"}, Outcomes: followUps{w, "look"},
		Settings: w.settings, Now: func() time.Time { return w.now },
		Sleep: func(_ context.Context, d time.Duration) { w.slept = append(w.slept, d) }, Together: inTurn, Log: log,
	}
	before := w.swept()
	err := h.Handle(ctx)
	// Without it a lost message would go unnoticed.
	if counted := w.swept() - before; counted != 1 && err == nil || counted != 0 && err != nil {
		t.Errorf("Handle = %v, and %d sweeps are counted", err, counted)
	}
	return err
}

func (w *world) swept() int { return strings.Count(w.log.String(), `"metric":"Swept"`) }

// put stores a record of a target, in eu-west-1 of account 1 unless an edit says otherwise.
func (w *world) put(t *testing.T, name string, edits ...func(*decide.Record)) target.Target {
	t.Helper()
	rec := decide.Record{
		Target: target.Target{Account: "1", Region: "eu-west-1", Runbook: "Close", Resource: name},
		Attempts: []decide.Attempt{{Number: 1, State: decide.Queued, Cause: decide.Retry, Control: "X.1",
			QueuedAt: noon.Add(-time.Hour), NotBefore: noon}},
	}
	for _, edit := range edits {
		edit(&rec)
	}
	w.names[rec.Target.Key()] = name
	if _, err := w.Memory.Save(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	return rec.Target
}

func running(since time.Duration) func(*decide.Record) {
	return func(r *decide.Record) {
		a := r.Last()
		a.State, a.Cause, a.ExecutionID, a.ClaimedAt = decide.Running, "", "exec-"+r.Target.Resource, noon.Add(-since)
	}
}

func claimed(since time.Duration) func(*decide.Record) {
	return func(r *decide.Record) {
		a := r.Last()
		a.State, a.Cause, a.ClaimedAt = decide.Claimed, "", noon.Add(-since)
	}
}

func queued(cause decide.Cause, notBefore time.Duration) func(*decide.Record) {
	return func(r *decide.Record) { r.Last().Cause, r.Last().NotBefore = cause, noon.Add(notBefore) }
}

// repaired says that an attempt succeeded an hour ago, and its findings are to be confirmed.
func repaired(ids ...string) func(*decide.Record) {
	return func(r *decide.Record) {
		a := r.Last()
		a.State, a.Cause, a.EndedAt = decide.Succeeded, "", noon.Add(-time.Hour)
		for _, id := range ids {
			r.Unconfirmed = append(r.Unconfirmed, decide.Ref{ID: id})
		}
	}
}

// checked is a finding that Security Hub checked some time after noon.
func checked(compliance string, after time.Duration) decide.Seen {
	return decide.Seen{Workflow: finding.Resolved, Compliance: compliance, RecordState: finding.Active,
		ObservedAt: noon.Add(after)}
}

// sorted returns what was done, without its order.
func (w *world) sorted() []string { return slices.Sorted(slices.Values(w.done)) }

// inTurn does one thing after the other, so that a test can say in which order.
func inTurn(ctx context.Context, n int, do func(context.Context, int)) {
	for i := range n {
		do(ctx, i)
	}
}
