package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

// batch is what one call of the function processes.
type batch struct {
	messages []events.SQSMessage
	failed   map[string]bool  // by id: messages that come back
	newer    map[string]error // by id: messages that need a newer version of Hubmend, with the reason
	works    []*work          // one for each target, and one for each undo
	answers  []answer
	gate     decide.Gate
	seen     map[string]decide.Seen
}

// work is everything that a batch asks about one target: its undo, the answer to its proposal, or all else.
type work struct {
	target   target.Target
	requests []request
	followUp *events.SQSMessage // of the sweep
	undo     *undo
	answer   *proposalAnswer

	decision decide.Decision
	record   decide.Record // as it was found, and then as it is stored after the decision
	lacks    bool          // the account lacked something, so that a start is news
}

// request is a decide.Request with the message that it came in.
type request struct {
	decide.Request
	message events.SQSMessage
}

type answer struct {
	update  decide.Update
	message events.SQSMessage
}

// read sorts a batch by targets.
func (h *Handler) read(ctx context.Context, received []events.SQSMessage) *batch {
	b := &batch{messages: received, failed: map[string]bool{}, newer: map[string]error{}}
	for _, m := range received {
		e, isFollowUp, err := messages.Parse([]byte(m.Body))
		u, isUndo, errUndo := messages.ParseUndo([]byte(m.Body))
		a, isAnswer, errAnswer := messages.ParseAnswer([]byte(m.Body))
		switch {
		case err != nil || errUndo != nil || errAnswer != nil:
			h.bury(ctx, b, m, errors.Join(err, errUndo, errAnswer))
		case isAnswer:
			h.readAnswer(ctx, b, m, a)
		case isFollowUp:
			h.readFollowUp(ctx, b, m, e)
		case isUndo:
			h.readUndo(ctx, b, m, u)
		default:
			h.readEvent(ctx, b, m)
		}
	}
	return b
}

func (h *Handler) readFollowUp(ctx context.Context, b *batch, m events.SQSMessage, e messages.FollowUp) {
	rec, err := h.Effects.Ledger.Load(ctx, e.Key)
	if err != nil {
		h.Log.ErrorContext(ctx, "follow-up not handled", "key", e.Key, "error", err)
		b.refuse(&work{followUp: &m}, err)
		return
	}
	if rec.Version == 0 {
		h.Log.WarnContext(ctx, "follow-up refused", "key", e.Key, "reason", "the target was not found")
		return
	}
	b.work(rec.Target).followUp = &m
}

// readPersonal adds a person's undo or answer as a work of its own: it is decided alone, and by the ledger's versions
// never together with findings of the same target. It returns false if the target cannot be read, or there is none.
func (h *Handler) readPersonal(ctx context.Context, b *batch, w *work, key, what, nothing string) bool {
	rec, err := h.Effects.Ledger.Load(ctx, key)
	if err != nil {
		h.Log.ErrorContext(ctx, what+" not handled", "key", key, "error", err)
		b.refuse(w, err)
		return false
	}
	if rec.Version == 0 {
		m, _ := w.personal()
		h.bury(ctx, b, m, fmt.Errorf("the ledger has no target %s, so there is %s", key, nothing))
		return false
	}
	w.target = rec.Target
	b.works = append(b.works, w)
	return true
}

func (h *Handler) readEvent(ctx context.Context, b *batch, m events.SQSMessage) {
	event, err := finding.ParseEvent([]byte(m.Body))
	if errors.Is(err, finding.ErrInsightResults) {
		h.Log.WarnContext(ctx, "event ignored", "message", m.MessageId, "reason", err.Error())
		return
	}
	if err != nil {
		h.bury(ctx, b, m, err)
		return
	}
	event.Sender = senderOf(m)
	for _, raw := range event.Findings {
		v := h.judge(ctx, event, raw)
		if v.answer != nil {
			b.answers = append(b.answers, answer{*v.answer, m})
		}
		if v.request != nil {
			w := b.work(v.target)
			w.requests = append(w.requests, request{*v.request, m})
		}
	}
}

func (h *Handler) judge(ctx context.Context, event finding.Event, raw json.RawMessage) verdict {
	f, err := finding.Parse(raw)
	if err != nil {
		h.Log.WarnContext(ctx, "finding refused", "event", event.ID, "reason", err.Error())
		return verdict{}
	}
	v := triage(h.Catalog, event, f)
	h.Log.InfoContext(ctx, "finding", "event", event.ID, "trigger", event.Trigger, "sender", event.Sender, "finding",
		f.ID,
		"control", f.ControlID, "account", f.Account, "region", f.Region, "resource", f.ResourceID, "decision",
		v.reason)
	return v
}

// senderOf is who sent a message, as SQS has it.
func senderOf(m events.SQSMessage) string { return finding.Sender(m.Attributes["SenderId"]) }

// bury takes a message out of the queue that will never be understood.
func (h *Handler) bury(ctx context.Context, b *batch, m events.SQSMessage, reason error) {
	h.Log.ErrorContext(ctx, "message refused", "message", m.MessageId, "reason", reason.Error())
	if err := h.Queue.Bury(ctx, m.Body, reason.Error()); err != nil {
		h.Log.ErrorContext(ctx, "message not buried", "message", m.MessageId, "error", err)
		b.failed[m.MessageId] = true
	}
}

func (b *batch) work(t target.Target) *work {
	for _, w := range b.works {
		if _, personal := w.personal(); w.target == t && !personal {
			return w
		}
	}
	w := &work{target: t}
	b.works = append(b.works, w)
	return w
}

// fail has the messages of works come back.
func (b *batch) fail(works ...*work) {
	for _, w := range works {
		for _, m := range w.messages() {
			b.failed[m.MessageId] = true
		}
		w.decision = decide.Decision{}
	}
}

// messages are those that the work came in.
func (w *work) messages() []events.SQSMessage {
	var all []events.SQSMessage
	for _, r := range w.requests {
		all = append(all, r.message)
	}
	if w.followUp != nil {
		all = append(all, *w.followUp)
	}
	if m, personal := w.personal(); personal {
		all = append(all, m)
	}
	return all
}

// personal returns the message of a work that is a person's undo or answer.
func (w *work) personal() (events.SQSMessage, bool) {
	switch {
	case w.undo != nil:
		return w.undo.message, true
	case w.answer != nil:
		return w.answer.message, true
	}
	return events.SQSMessage{}, false
}

// startOrder returns the works that are to be started, in the order of their slots.
func (b *batch) startOrder() []*work {
	var starting []*work
	for _, w := range b.works {
		if w.decision.Start || w.decision.Plan {
			starting = append(starting, w)
		}
	}
	slices.SortStableFunc(starting, func(a, b *work) int { return a.startAt().Compare(b.startAt()) })
	return starting
}

// startAt is when the repair or the planning execution of the decision is to be started.
func (w *work) startAt() time.Time {
	if w.decision.Plan {
		return w.decision.PlanAt
	}
	return w.decision.StartAt
}

func (b *batch) response() events.SQSEventResponse {
	var r events.SQSEventResponse
	for _, m := range b.messages {
		if b.failed[m.MessageId] {
			r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return r
}

// controls lists the controls whose breakers may stand against a start.
func (w *work) controls() []string {
	var all []string
	for _, r := range w.requests {
		all = append(all, r.Control)
	}
	if a := w.record.Last(); a != nil {
		all = append(all, a.Control)
	}
	return all
}

// fresh is how old an event or an attempt may be for its findings to be taken as they were.
// Security Hub says three times per second how findings are, which is not enough to look again
// at each that only waits for its slot.
const fresh = 5 * time.Minute

// stale lists the findings that may have changed since somebody asked for their repair.
func (b *batch) stale(now time.Time) []decide.Ref {
	before := now.Add(-fresh)
	var refs []decide.Ref
	for _, w := range b.works {
		if w.followUp != nil {
			refs = append(refs, w.record.ParkedToLookAt(b.gate.Policy.Hash, now)...)
		}
		if w.answer != nil {
			refs = append(refs, w.record.Asked()...)
		}
		for _, r := range w.requests {
			if r.At.Before(before) || w.record.Answered(r.Ref) {
				refs = append(refs, r.Ref)
			}
		}
		if a := w.record.Last(); a != nil && a.Undo == "" && (a.State == decide.Queued || a.State == decide.Claimed) &&
			(a.Cause != decide.Paced || a.QueuedAt.Before(before)) {
			refs = append(refs, a.Findings...)
		}
	}
	return refs
}

func (w *work) asked() []decide.Request {
	asked := make([]decide.Request, len(w.requests))
	for i, r := range w.requests {
		asked[i] = r.Request
	}
	return asked
}

// patience makes a message wait longer each time it comes back in vain, so that the
// queue's limit of receives stands for an hour and not for minutes.
func patience(after time.Duration, m events.SQSMessage) time.Duration {
	received, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return after * time.Duration(cmp.Or(max(received, 0), 1))
}
