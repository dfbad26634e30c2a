// Package settle handles the messages of the outcomes queue: it reads how an execution
// ended and tells the findings that waited for it.
package settle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/awserr"
	"hubmend/internal/decide"
	"hubmend/internal/effect"
	"hubmend/internal/member"
	"hubmend/internal/target"
)

// Executions reads how executions ended. member.ErrNotEnded means that one still runs.
type Executions interface {
	Outcome(ctx context.Context, account, region, executionID string) (decide.Outcome, error)
}

// Handler is the settle function.
type Handler struct {
	Effects    effect.Effects
	Executions Executions
	Now        func() time.Time
	Log        *slog.Logger
}

// statusEvent is the part that is used of an "EC2 Automation Execution Status-change
// Notification". It carries neither outputs nor a reason.
type statusEvent struct {
	Source  string `json:"source"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Detail  struct {
		ExecutionID string `json:"ExecutionId"`
		Status      string `json:"Status"`
		ExecutedBy  string `json:"ExecutedBy"`
	} `json:"detail"`
}

// Handle works off one batch. A message comes back only when trying again may help.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	for _, m := range batch.Records {
		if err := h.message(ctx, m); err != nil {
			h.Log.ErrorContext(ctx, "outcome not handled", "message", m.MessageId, "error", err)
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return response, nil
}

func (h *Handler) message(ctx context.Context, m events.SQSMessage) error {
	e, key, err := parse([]byte(m.Body))
	if err != nil {
		h.Log.WarnContext(ctx, "message refused", "message", m.MessageId, "reason", err.Error())
		return nil
	}
	log := h.Log.With("key", key, "account", e.Account, "region", e.Region, "execution", e.Detail.ExecutionID)
	rec, err := h.Effects.Ledger.Load(ctx, key)
	if err != nil {
		return err
	}
	// A member may run Hubmend's documents under any session name, but only in its own account.
	elsewhere := rec.Target.Region != target.Global && rec.Target.Region != e.Region
	if rec.Version == 0 || rec.Target.Account != e.Account || elsewhere {
		log.WarnContext(ctx, "outcome refused", "reason", "no target of this account and Region has the key")
		return nil
	}
	outcome, err := h.Executions.Outcome(ctx, e.Account, e.Region, e.Detail.ExecutionID)
	if errors.Is(err, member.ErrNotEnded) || err != nil && awserr.IsTransient(err) {
		return err
	}
	if err != nil {
		// The event says how it ended; only the details are out of reach.
		log.WarnContext(ctx, "execution not readable", "error", err)
		outcome = unreadable(e, err)
	}
	return h.settle(ctx, log, rec, outcome)
}

func (h *Handler) settle(ctx context.Context, log *slog.Logger, rec decide.Record, o decide.Outcome) error {
	d, _, err := h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		return decide.OnOutcome(rec, o, h.Now())
	})
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "settled", "target", rec.Target.String(), "decision", d.Log, "change", o.Change, "reason", o.Reason)
	return nil
}

// unreadable is the outcome of an execution whose details cannot be read. It is never a
// success: RESOLVED needs the runbook's own word.
func unreadable(e statusEvent, err error) decide.Outcome {
	return decide.Outcome{ExecutionID: e.Detail.ExecutionID, Reason: fmt.Sprintf(
		"the execution ended as %s, but its result cannot be read (%s).", e.Detail.Status, awserr.Message(err))}
}

// parse reads a status event and takes the target's key from it. Its errors are permanent.
func parse(body []byte) (statusEvent, string, error) {
	var e statusEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return e, "", fmt.Errorf("the message is not an event: %w", err)
	}
	if e.Source != "aws.ssm" || e.Detail.ExecutionID == "" {
		return e, "", errors.New("the event is not about an execution")
	}
	key, ok := target.KeyFromExecutor(e.Detail.ExecutedBy)
	if !ok {
		return e, "", fmt.Errorf("the execution was not started by Hubmend but by %q", e.Detail.ExecutedBy)
	}
	return e, key, nil
}
