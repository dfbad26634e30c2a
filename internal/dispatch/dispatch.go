// Package dispatch handles the messages of the findings queue: it checks each finding,
// asks decide what to do about its target, and starts the runbook.
//
// It holds no decision of its own beyond whether a finding can be acted on at all.
package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/catalog"
	"hubmend/internal/decide"
	"hubmend/internal/effect"
	"hubmend/internal/finding"
	"hubmend/internal/ledger"
	"hubmend/internal/member"
	"hubmend/internal/target"
)

// Starter starts the runbook of an attempt. A *member.Refused error is final.
type Starter interface {
	Start(ctx context.Context, t target.Target, a decide.Attempt) (executionID string, err error)
}

// Queue sends a message back for a while.
type Queue interface {
	Delay(ctx context.Context, receiptHandle string, after time.Duration) error
}

// Handler is the dispatch function.
type Handler struct {
	Catalog  *catalog.Catalog
	Effects  effect.Effects
	Starter  Starter
	Queue    Queue
	Settings decide.Settings
	Now      func() time.Time
	Log      *slog.Logger
}

// request is a decide.Request with the message that it came in.
type request struct {
	decide.Request
	message events.SQSMessage
}

// Handle works off one batch. A message is reported as failed, and so comes back, only
// when trying again may help; one bad finding never stops the others.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := map[string]bool{}
	var targets []target.Target
	requests := map[target.Target][]request{}
	for _, m := range batch.Records {
		for _, v := range h.read(ctx, m) {
			if v.answer != nil {
				if err := h.Effects.Findings.Update(ctx, *v.answer); err != nil {
					h.Log.ErrorContext(ctx, "finding not answered", "message", m.MessageId, "error", err)
					failed[m.MessageId] = true
				}
			}
			if v.request != nil {
				if requests[v.target] == nil {
					targets = append(targets, v.target)
				}
				requests[v.target] = append(requests[v.target], request{*v.request, m})
			}
		}
	}
	for _, t := range targets {
		for _, m := range h.target(ctx, t, requests[t]) {
			failed[m.MessageId] = true
		}
	}
	var response events.SQSEventResponse
	for _, m := range batch.Records {
		if failed[m.MessageId] {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return response, nil
}

// read takes the findings out of a message and judges each.
func (h *Handler) read(ctx context.Context, m events.SQSMessage) []verdict {
	event, err := finding.ParseEvent([]byte(m.Body))
	if err != nil {
		h.Log.WarnContext(ctx, "message refused", "message", m.MessageId, "reason", err.Error())
		return nil
	}
	var verdicts []verdict
	for _, raw := range event.Findings {
		verdicts = append(verdicts, h.judge(ctx, event, raw))
	}
	return verdicts
}

func (h *Handler) judge(ctx context.Context, event finding.Event, raw json.RawMessage) verdict {
	f, err := finding.Parse(raw)
	if err != nil {
		h.Log.WarnContext(ctx, "finding refused", "event", event.ID, "reason", err.Error())
		return verdict{}
	}
	v := triage(h.Catalog, event, f)
	h.Log.InfoContext(ctx, "finding", "event", event.ID, "trigger", event.Trigger, "finding", f.ID,
		"control", f.ControlID, "account", f.Account, "region", f.Region, "resource", f.ResourceID, "decision", v.reason)
	return v
}

// target decides about all requests for one target and gives the messages to try again.
func (h *Handler) target(ctx context.Context, t target.Target, requests []request) []events.SQSMessage {
	log := h.Log.With("target", t.String())
	asked := make([]decide.Request, len(requests))
	for i, r := range requests {
		asked[i] = r.Request
	}
	d, err := h.decide(ctx, log, t, asked)
	if err != nil {
		log.ErrorContext(ctx, "target not handled", "error", err)
		return messages(requests)
	}
	log.InfoContext(ctx, "decided", "decisions", d.Log)
	var later []events.SQSMessage
	for _, l := range d.Later {
		m := requests[l.Request].message
		later = append(later, m)
		if err := h.Queue.Delay(ctx, m.ReceiptHandle, patience(l.After, m)); err != nil {
			// The message comes back anyway, after the queue's own visibility timeout.
			log.WarnContext(ctx, "message not delayed", "message", m.MessageId, "error", err)
		}
	}
	return later
}

func (h *Handler) decide(ctx context.Context, log *slog.Logger, t target.Target, asked []decide.Request) (decide.Decision, error) {
	rec, err := ledger.Open(ctx, h.Effects.Ledger, t)
	if err != nil {
		return decide.Decision{}, err
	}
	d, rec, err := h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		return decide.OnFindings(rec, asked, h.Now(), h.Settings)
	})
	if err == nil && d.Start {
		err = h.start(ctx, log, rec)
	}
	return d, err
}

// start starts the record's last attempt and records what came of it.
func (h *Handler) start(ctx context.Context, log *slog.Logger, rec decide.Record) error {
	attempt := rec.Attempts[len(rec.Attempts)-1]
	id, err := h.Starter.Start(ctx, rec.Target, attempt)
	var refused *member.Refused
	if err != nil && !errors.As(err, &refused) {
		// The claim stays; the message comes back and starts the same attempt again.
		return err
	}
	if refused != nil {
		log.WarnContext(ctx, "start refused", "attempt", attempt.Number, "reason", refused.Reason)
	} else {
		log.InfoContext(ctx, "started", "attempt", attempt.Number, "execution", id)
	}
	_, _, err = h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		if refused != nil {
			return decide.OnStartRefused(rec, attempt.Number, refused.Reason, h.Now())
		}
		return decide.OnStarted(rec, attempt.Number, id)
	})
	return err
}

// patience makes a message wait longer each time it comes back in vain, so that the
// queue's limit of receives stands for an hour and not for minutes.
func patience(after time.Duration, m events.SQSMessage) time.Duration {
	received, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if err != nil || received < 1 {
		received = 1
	}
	return after * time.Duration(received)
}

func messages(requests []request) []events.SQSMessage {
	all := make([]events.SQSMessage, len(requests))
	for i, r := range requests {
		all[i] = r.message
	}
	return slices.CompactFunc(all, func(a, b events.SQSMessage) bool { return a.MessageId == b.MessageId })
}
