package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/function"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy/inforce"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/settle"
	"hubmend/internal/engine/sweep"
	"hubmend/internal/engine/target"
)

// store is everything that a table is.
type store interface {
	ledger.Ledger
	ledger.Slots
	ledger.Accounts
	ledger.Digests
	ledger.Index
	ledger.Budgets
	ledger.Policies
	ledger.SweptPolicy
}

// world stands for all that the handlers reach but the ledger. Nothing fails in it.
type world struct {
	repair  repair
	store   store
	now     time.Time
	outcome decide.Outcome
	checked bool // Security Hub has checked the resource after its repair
	started []string
}

func newWorld(r repair, s store) *world {
	return &world{repair: r, store: s, now: time.Now().UTC(), outcome: r.succeeds}
}

// Paused implements the switch.
func (w *world) Paused(context.Context) (bool, error) { return false, nil }

// Read returns findings as they are after a repair, or else as they were before.
func (w *world) Read(_ context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	s := decide.Seen{Workflow: finding.Notified, Compliance: finding.Failed, RecordState: finding.Active,
		ObservedAt: w.now.Add(-time.Hour)}
	if w.checked {
		s.Workflow, s.Compliance, s.ObservedAt = finding.Resolved, "PASSED", w.now
	}
	seen := map[string]decide.Seen{}
	for _, r := range refs {
		seen[r.ID] = s
	}
	return seen, nil
}

// Update implements apply.Findings.
func (w *world) Update(context.Context, decide.Update) error { return nil }

// Notify implements apply.Notifier.
func (w *world) Notify(context.Context, decide.Notification) error { return nil }

// Start implements dispatch.Starter.
func (w *world) Start(context.Context, target.Target, decide.Attempt) (string, error) {
	id := uuid.NewString()
	w.started = append(w.started, id)
	return id, nil
}

// Plan implements dispatch.Starter. Nothing is proposed.
func (w *world) Plan(context.Context, target.Target, target.Parameters, string) (string, error) {
	return "", errors.New("a proposal was planned")
}

// Outcome implements settle.Executions.
func (w *world) Outcome(_ context.Context, _, _, executionID string) (decide.Outcome, error) {
	o := w.outcome
	o.ExecutionID = executionID
	return o, nil
}

// RevertedBy implements settle.Trail. No repair is reverted.
func (w *world) RevertedBy(context.Context, target.Target, time.Time, time.Time) (reverted.By, error) {
	return reverted.By{}, errors.New("a revert was looked up")
}

// SendLater implements settle.Errands.
func (w *world) SendLater(_ context.Context, body string, _ time.Duration) error {
	return fmt.Errorf("settle has follow-ups: %s", body)
}

// Delay implements dispatch.Queue. It fails, because a message that is returned to the queue would not be measured
// completely.
func (w *world) Delay(context.Context, string, time.Duration) error {
	return errors.New("a message was sent back")
}

// Bury implements dispatch.Queue and settle.DeadLetters.
func (w *world) Bury(_ context.Context, body, reason string) error {
	return fmt.Errorf("a message was buried, because %s: %s", reason, body)
}

// SendAll implements sweep.Queue.
func (w *world) SendAll(_ context.Context, bodies []string) error {
	return fmt.Errorf("the sweep has follow-ups: %s", bodies)
}

func (w *world) time() time.Time { return w.now }

func (w *world) effects() apply.Effects {
	return apply.Effects{Ledger: w.store, Findings: w, Notifier: w, Digests: w.store, Now: w.time,
		Settings: decide.Defaults, Log: quiet}
}

// quiet encodes its lines as in Lambda, and drops them.
var quiet = slog.New(slog.NewJSONHandler(io.Discard, nil))

func (w *world) dispatch() *dispatch.Handler {
	return &dispatch.Handler{
		Catalog: catalog.Embedded(), Effects: w.effects(), Slots: w.store, Accounts: w.store, Switch: w, Starter: w,
		Queue: w, Home: w.repair.region, Budgets: w.store, Policy: &inforce.Policy{Store: w.store, Now: w.time},
		Settings: decide.Defaults, V2: noV2, Now: w.time, Nonce: uuid.NewString,
		Sleep:    func(context.Context, time.Duration) {},
		Together: function.Together, Log: quiet,
	}
}

func (w *world) settle() *settle.Handler {
	return &settle.Handler{
		Trail: w, Errands: w,
		Effects: w.effects(), Executions: w, DeadLetters: w, Home: w.repair.region, Settings: decide.Defaults,
		Now:   w.time,
		Sleep: func(context.Context, time.Duration) {}, Together: function.Together, Log: quiet,
	}
}

// sweep makes a sweep that checks every target, whoever's turn it is.
func (w *world) sweep() *sweep.Handler {
	s := decide.Defaults
	s.ConfirmEvery = 0
	return &sweep.Handler{
		Index: w.store, Effects: w.effects(), Switch: w, Findings: w, Outcomes: w, Swept: w.store,
		Policy: &inforce.Policy{Store: w.store, Now: w.time}, Settings: s, Now: w.time,
		Sleep: func(context.Context, time.Duration) {}, Together: function.Together, Log: quiet,
	}
}

// handled returns the error of a handler that has worked off a batch.
func handled(response events.SQSEventResponse, err error) error {
	if err == nil && len(response.BatchItemFailures) > 0 {
		err = fmt.Errorf("%d messages come back", len(response.BatchItemFailures))
	}
	return err
}

func batch(m events.SQSMessage) events.SQSEvent {
	return events.SQSEvent{Records: []events.SQSMessage{m}}
}

func noV2(context.Context, bool) bool { return false }
