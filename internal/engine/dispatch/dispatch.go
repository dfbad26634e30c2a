// Package dispatch handles the messages of the findings queue: it checks each finding,
// asks decide what to do about its target, and starts the runbook.
//
// It holds no decision of its own beyond whether a finding can be acted on at all.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// Catalog is what Hubmend can repair.
type Catalog interface {
	// Control finds the control that a finding is about.
	Control(f finding.Finding) (control.Control, bool)
	// ByID returns the control with a consolidated id.
	ByID(id string) (control.Control, bool)
	// CustomAction returns the custom action with an id.
	CustomAction(id string) (control.CustomAction, bool)
	// Groups returns the ids of the control groups, of any playbook, that a control is in.
	Groups(control string) []string
}

// Starter starts the runbook of an attempt. A *member.Refused error says what is wrong; after any other
// the attempt is tried again soon. member.ErrNotCalled means that it was not started.
type Starter interface {
	Start(ctx context.Context, t target.Target, a decide.Attempt) (executionID string, err error)
	// Plan starts the same runbook, told to change nothing, and with the same errors. The token is the client token.
	Plan(ctx context.Context, t target.Target, p target.Parameters, token string) (executionID string, err error)
}

// Policy is the administrator's.
type Policy interface {
	// Current returns the version in force; a zero one when there is none.
	Current(ctx context.Context) (policy.Version, error)
}

// Facts are what a policy may depend on and a finding does not say.
type Facts interface {
	// OUs returns the ids of the organizational units that an account is in, and of the root.
	OUs(ctx context.Context, account string) ([]string, error)
	// Tags returns the tags of a target's resource.
	Tags(ctx context.Context, t target.Target) (map[string]string, error)
}

// Switch is the administrator's.
type Switch interface {
	// Paused reports whether nothing may be started now.
	Paused(ctx context.Context) (bool, error)
}

// Queue is where the messages came from.
type Queue interface {
	// Delay sends a message back for a while.
	Delay(ctx context.Context, receiptHandle string, after time.Duration) error
	// Bury puts a message that can never be handled among the dead letters, with the reason.
	Bury(ctx context.Context, body, reason string) error
}

// Handler is the dispatch function.
type Handler struct {
	Catalog  Catalog
	Effects  apply.Effects
	Slots    ledger.Slots
	Accounts ledger.Accounts
	Budgets  ledger.Budgets
	Policy   Policy
	Facts    Facts
	Switch   Switch
	Starter  Starter
	Queue    Queue
	Home     string // the Region where global resources are repaired from
	Settings decide.Settings
	// V2 reports whether the new Security Hub has the findings too, with a status of their own. sent shows
	// that it does: there is a message from it.
	V2 func(ctx context.Context, sent bool) bool
	// Grace is how long after its context's deadline the handler may still save what it has done.
	Grace time.Duration
	Now   func() time.Time
	Nonce func() string // gives another random text each time, see decide.Gate
	Sleep func(ctx context.Context, d time.Duration)
	// Together does n things at the same time and waits for all of them.
	Together func(ctx context.Context, n int, do func(ctx context.Context, i int))
	Log      *slog.Logger
}

// Handle processes one batch. It reports a message as failed, so that it comes back, only if another try
// may help. One bad finding never stops the others.
//
// It decides and claims all targets first, then updates all their findings at once, and then starts the
// runbooks, each in its slot. A start takes longer than a slot, so they do not wait for each other.
//
// The context ends before the function does. Unfinished messages then come back: an attempt that was
// claimed but not started is queued again, as one that was not made.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	b := h.read(ctx, batch.Records)
	h.answer(ctx, b)
	h.work(ctx, b)
	h.leaveToNewer(ctx, b)
	return b.response(), nil
}

// work does the works of a batch.
func (h *Handler) work(ctx context.Context, b *batch) {
	if err := h.readState(ctx, b); err != nil {
		h.Log.ErrorContext(ctx, "batch not handled", "error", err)
		b.fail(b.works...)
		return
	}
	b.works = h.forEach(ctx, b, b.works, func(ctx context.Context, w *work) error { return h.decide(ctx, b, w) })
	h.delayAll(ctx, b)
	h.announce(ctx, b)
	h.startAll(ctx, b)
}

// forEach does something for works at the same time, and gives those for which it could be done. The
// messages of the others come back.
func (h *Handler) forEach(ctx context.Context, b *batch, works []*work, do func(context.Context, *work) error) []*work {
	errs := make([]error, len(works))
	h.Together(ctx, len(works), func(ctx context.Context, i int) { errs[i] = do(ctx, works[i]) })
	var done []*work
	for i, w := range works {
		if errs[i] == nil {
			done = append(done, w)
			continue
		}
		h.Log.ErrorContext(ctx, "target not handled", "target", w.target.String(), "error", errs[i])
		b.refuse(w, errs[i])
	}
	return done
}

// answer tells the findings that ask for nothing that Hubmend can do.
func (h *Handler) answer(ctx context.Context, b *batch) {
	for _, a := range b.answers {
		if err := h.Effects.Findings.Update(ctx, a.update); err != nil {
			h.Log.ErrorContext(ctx, "finding not answered", "message", a.message.MessageId, "error", err)
			b.failed[a.message.MessageId] = true
		}
	}
}

// readState finds out all that decisions depend on: the switch, the records and their breakers, and
// how findings are now of which only an old message or a record tells. A target whose record
// cannot be read is left to its messages, which come back.
func (h *Handler) readState(ctx context.Context, b *batch) error {
	if len(b.works) == 0 {
		return nil
	}
	var err error
	if b.gate.Paused, err = h.Switch.Paused(ctx); err != nil {
		return err
	}
	if err := h.readPolicy(ctx, b); err != nil {
		return err
	}
	b.works = h.forEach(ctx, b, b.works, func(ctx context.Context, w *work) (err error) {
		w.record, err = ledger.Open(ctx, h.Effects.Ledger, w.target)
		return err
	})
	h.readGate(ctx, b)
	return h.readStale(ctx, b)
}

// readStale finds out how those findings are now of which an event says too little.
func (h *Handler) readStale(ctx context.Context, b *batch) error {
	b.seen = map[string]decide.Seen{}
	var unread []decide.Ref
	for _, r := range b.stale(h.Now()) {
		if now, looked := b.looked[r.ID]; looked {
			b.seen[r.ID] = now
			continue
		}
		unread = append(unread, r)
	}
	if len(unread) == 0 {
		return nil
	}
	seen, err := h.Effects.Findings.Read(ctx, unread)
	maps.Copy(b.seen, seen)
	return err
}

// maxRounds limits how often a decision asks for more before it is made: for a slot, and for a probe that
// others may take first. The message of one that asks on comes back.
const maxRounds = 10

// decide decides about one target and claims it if it is to be started.
func (h *Handler) decide(ctx context.Context, b *batch, w *work) error {
	gate, found := b.gate, w.record
	gate.Nonce = h.Nonce()
	gate.Policy.Controls = h.policyControls(w)
	for round := 0; ; round++ {
		var err error
		if round == maxRounds {
			return fmt.Errorf("%s: a decision that asks for more after %d rounds", w.target, round)
		}
		w.decision, w.record, err = h.Effects.Transact(ctx, found, func(rec decide.Record) decide.Decision {
			if w.undo != nil {
				return h.decideUndo(rec, w.undo, gate)
			}
			if w.answer != nil {
				return h.decideAnswer(rec, w.answer, b.seen, gate)
			}
			if len(w.requests) == 0 {
				return decide.OnWake(rec, b.seen, gate, h.Now(), h.Settings)
			}
			return decide.OnFindings(rec, w.asked(), b.seen, gate, h.Now(), h.Settings)
		})
		if err != nil {
			return err
		}
		if w.decision.NeedsProbe {
			if gate, err = h.takeProbes(ctx, gate, w.decision.Record); err != nil {
				return err
			}
			continue
		}
		if w.decision.NeedsFact != "" {
			gate.Policy = h.readFact(ctx, gate.Policy, w.decision.NeedsFact, w.target)
			continue
		}
		if w.decision.NeedsBudget != "" {
			if gate.Budget, err = h.takeBudget(ctx, gate.Policy, w.decision.NeedsBudget, w.target.Account); err != nil {
				return err
			}
			continue
		}
		if !w.decision.NeedsSlot {
			break
		}
		if gate.Slot, err = h.Slots.Reserve(ctx, w.target.Account, h.region(w.target), h.Now()); err != nil {
			return err
		}
	}
	w.lacks = gate.Accounts[w.target.Account].Lacks(w.target, w.record.Starting())
	h.Log.InfoContext(ctx, "decided", "target", w.target.String(), "decisions", w.decision.Log)
	return nil
}

// delayAll sends back the messages whose time is still to come, all at the same time: those of a batch
// that is full would otherwise take longer than its starts may wait.
func (h *Handler) delayAll(ctx context.Context, b *batch) {
	var delays []func(context.Context)
	for _, w := range b.works {
		for _, l := range w.decision.Later {
			delays = append(delays, h.delay(b, w.requests[l.Request].message, l))
		}
		if w.decision.Resume == 0 {
			continue
		}
		if w.followUp != nil {
			delays = append(delays, h.delay(b, *w.followUp, decide.Later{After: w.decision.Resume, Exact: true}))
		}
		if m, asked := w.personal(); asked {
			delays = append(delays, h.delay(b, m, decide.Later{After: w.decision.Resume, Exact: true}))
		}
	}
	h.Together(ctx, len(delays), func(ctx context.Context, i int) { delays[i](ctx) })
}

// region is where the execution of a target runs.
func (h *Handler) region(t target.Target) string {
	if t.Region == target.Global {
		return h.Home
	}
	return t.Region
}

// announce updates the findings of all decided targets at once. If that fails, it updates each target's findings
// alone, so that one finding stops no other. It does not do so if Security Hub throttles or does not answer. A target
// whose findings cannot be updated is not started: its messages come back when the claim is free again.
func (h *Handler) announce(ctx context.Context, b *batch) {
	var updates []decide.Update
	for _, w := range b.works {
		updates = append(updates, w.decision.Announce...)
	}
	err := h.Effects.Update(ctx, updates)
	if err == nil {
		return
	}
	inVain := awserr.IsThrottling(err) || errors.Is(err, context.DeadlineExceeded)
	for _, w := range b.works {
		if !inVain {
			err = h.Effects.Update(ctx, w.decision.Announce)
		}
		if err != nil && len(w.decision.Announce) > 0 {
			h.Log.ErrorContext(ctx, "findings not told", "target", w.target.String(), "error", err)
			h.returnAfterLease(ctx, b, w)
		}
	}
}

// returnAfterLease has the messages of a work whose claim was saved, and that is not started, come back as soon
// as the claim is free: the queue's own visibility timeout is three times as long.
func (h *Handler) returnAfterLease(ctx context.Context, b *batch, w *work) {
	var delays []func(context.Context)
	for _, m := range w.messages() {
		delays = append(delays, h.delay(b, m, decide.Later{After: h.Settings.ClaimLease, Exact: true}))
	}
	h.Together(ctx, len(delays), func(ctx context.Context, i int) { delays[i](ctx) })
	b.fail(w)
}

// delay has a message come back, and gives the call that says when.
func (h *Handler) delay(b *batch, m events.SQSMessage, l decide.Later) func(context.Context) {
	b.failed[m.MessageId] = true
	after := l.After
	if !l.Exact {
		after = patience(after, m)
	}
	return func(ctx context.Context) {
		if err := h.Queue.Delay(ctx, m.ReceiptHandle, after); err != nil {
			// The message comes back anyway, after the queue's own visibility timeout.
			h.Log.WarnContext(ctx, "message not delayed", "message", m.MessageId, "error", err)
		}
	}
}
