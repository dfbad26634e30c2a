package dispatch

import (
	"cmp"
	"context"
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
	received []received
	gate     decide.Gate
	looked   map[string]decide.Seen // how findings are that the new Security Hub has too
	seen     map[string]decide.Seen // of looked and others, those that count more than their events
}

// received is a finding with the event and the message that it came in.
type received struct {
	event   finding.Event
	finding finding.Finding
	message events.SQSMessage
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

// read sorts a batch by targets, in the order of its messages.
func (h *Handler) read(ctx context.Context, records []events.SQSMessage) *batch {
	b := &batch{messages: records, failed: map[string]bool{}, newer: map[string]error{}}
	sort := make([]func(), len(records))
	for i, m := range records {
		e, isFollowUp, err := messages.Parse([]byte(m.Body))
		u, isUndo, errUndo := messages.ParseUndo([]byte(m.Body))
		a, isAnswer, errAnswer := messages.ParseAnswer([]byte(m.Body))
		switch {
		case err != nil || errUndo != nil || errAnswer != nil:
			sort[i] = func() { h.bury(ctx, b, m, errors.Join(err, errUndo, errAnswer)) }
		case isAnswer:
			sort[i] = func() { h.readAnswer(ctx, b, m, a) }
		case isFollowUp:
			sort[i] = func() { h.readFollowUp(ctx, b, m, e) }
		case isUndo:
			sort[i] = func() { h.readUndo(ctx, b, m, u) }
		default:
			findings := h.readEvent(ctx, b, m)
			b.received = append(b.received, findings...)
			sort[i] = func() { h.triage(ctx, b, findings) }
		}
	}
	h.look(ctx, b)
	for _, sortMessage := range sort {
		sortMessage()
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

// readEvent returns the findings of an event, without those that are refused.
func (h *Handler) readEvent(ctx context.Context, b *batch, m events.SQSMessage) []received {
	event, err := finding.ParseEvent([]byte(m.Body))
	if errors.Is(err, finding.ErrInsightResults) {
		h.Log.WarnContext(ctx, "event ignored", "message", m.MessageId, "reason", err.Error())
		return nil
	}
	if err != nil {
		h.bury(ctx, b, m, err)
		return nil
	}
	event.Sender = senderOf(m)
	var findings []received
	for _, raw := range event.Findings {
		f, err := event.Parse(raw)
		if err != nil {
			h.Log.WarnContext(ctx, "finding refused", "event", event.ID, "reason", err.Error())
			continue
		}
		findings = append(findings, received{event, f, m})
	}
	return findings
}

// triage sorts findings into requests and answers.
func (h *Handler) triage(ctx context.Context, b *batch, findings []received) {
	for _, r := range findings {
		if b.failed[r.message.MessageId] {
			continue
		}
		v := triageNow(h.Catalog, r.event, r.finding, b.looked[r.finding.ID])
		h.Log.InfoContext(ctx, "finding", "event", r.event.ID, "trigger", r.event.Trigger, "sender", r.event.Sender,
			"finding", r.finding.ID, "control", r.finding.ControlID, "account", r.finding.Account, "region",
			r.finding.Region, "resource", r.finding.ResourceID, "v2", r.event.OCSF, "decision", v.reason)
		if v.answer != nil {
			b.answers = append(b.answers, answer{*v.answer, r.message})
		}
		if v.request != nil {
			w := b.work(v.target)
			w.requests = append(w.requests, request{*v.request, r.message})
		}
	}
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
			if r.Trigger.ByPerson() && w.record.Proposal.State == decide.Open {
				refs = append(refs, w.record.Asked()...) // the request may approve their repair
			}
			if r.FromV2 || r.At.Before(before) || r.AsOf.Before(before) || w.record.Answered(r.Ref) ||
				b.looked[r.Ref.ID].V2.UID != "" && w.record.HasAnswered(r.Ref.ID) {
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
