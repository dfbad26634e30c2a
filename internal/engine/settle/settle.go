// Package settle handles the messages of the outcomes queue: it reads how an execution
// ended and tells the findings that waited for it.
package settle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/queue"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
)

// Executions reads how executions ended. executions.ErrNotEnded means that one still runs.
type Executions interface {
	Outcome(ctx context.Context, account, region, executionID string) (decide.Outcome, error)
}

// Trail finds out who changed a resource of a member.
type Trail interface {
	RevertedBy(ctx context.Context, t target.Target, since, until time.Time) (reverted.By, error)
}

// Errands is the queue that the messages came from.
type Errands interface {
	SendLater(ctx context.Context, body string, delay time.Duration) error
}

// DeadLetters takes messages that can never be handled.
type DeadLetters interface {
	Bury(ctx context.Context, body, reason string) error
}

// Handler is the settle function.
type Handler struct {
	Effects     apply.Effects
	Executions  Executions
	DeadLetters DeadLetters
	Trail       Trail
	Errands     Errands
	Rules       Rules        // nil asks for no evaluation
	Holds       ledger.Holds // for Rules
	Home        string       // the Region where global resources are repaired from
	Settings    decide.Settings
	Now         func() time.Time
	Sleep       func(ctx context.Context, d time.Duration)
	// Together does n things at the same time and waits for all of them.
	Together func(ctx context.Context, n int, do func(ctx context.Context, i int))
	Log      *slog.Logger
}

// ending is an execution of which a message says that it has ended.
type ending struct {
	notice
	message events.SQSMessage
	record  decide.Record
	outcome decide.Outcome
}

// Handle processes one batch. A message comes back only when trying again may help.
//
// A call to a member may take a third of a second, so the executions are read at the same time, and
// so are their targets settled. One call reads the current findings of all of them, because Security
// Hub accepts three such calls per second. Reading may take half of the time that the context has, so
// that a Region that does not answer delays no other outcome.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	failed := func(m events.SQSMessage, err error) {
		h.Log.ErrorContext(ctx, "outcome not handled", "message", m.MessageId, "error", err)
		if h.leftToNewer(ctx, m, err) {
			return
		}
		response.BatchItemFailures = append(response.BatchItemFailures,
			events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
	}
	read, errs := make([]*ending, len(batch.Records)), make([]error, len(batch.Records))
	reading, stop := deadline.Half(ctx)
	defer stop()
	h.Together(reading, len(batch.Records),
		func(ctx context.Context, i int) { read[i], errs[i] = h.read(ctx, batch.Records[i]) })
	var ended [][]ending
	var refs []decide.Ref
	for i, e := range read {
		if errs[i] != nil {
			failed(batch.Records[i], errs[i])
		}
		if e != nil {
			ended = with(ended, *e)
			if a := e.record.Last(); a != nil {
				refs = append(refs, a.Findings...)
			}
			if e.record.PlansWith(e.executionID) {
				refs = append(refs, e.record.Asked()...)
			}
		}
	}
	if len(ended) == 0 {
		return response, nil
	}
	seen, unseen := h.Effects.Findings.Read(ctx, refs)
	problems := make([][]error, len(ended))
	h.Together(ctx, len(ended), func(ctx context.Context, i int) {
		h.Sleep(ctx, time.Duration(i)*answerSpacing)
		problems[i] = h.settleAll(ctx, ended[i], seen, unseen)
	})
	for i, of := range problems {
		for j, err := range of {
			if err != nil {
				failed(ended[i][j].message, err)
			}
		}
	}
	return response, nil
}

// answerSpacing is how far apart the answers of a batch are. Security Hub accepts ten updates per second
// of an account, and as many batches as the template allows are processed at a time.
const answerSpacing = 450 * time.Millisecond

// with adds an ending to those of its target.
func with(ended [][]ending, e ending) [][]ending {
	for i, of := range ended {
		if of[0].key == e.key {
			ended[i] = append(of, e)
			return ended
		}
	}
	return append(ended, []ending{e})
}

// settleAll settles what messages say of one target, one after the other.
func (h *Handler) settleAll(ctx context.Context, ended []ending, seen map[string]decide.Seen, unseen error) []error {
	errs := make([]error, len(ended))
	for i, e := range ended {
		if errs[i] = unseen; unseen == nil {
			errs[i] = h.settle(ctx, e, i > 0, seen)
		}
	}
	return errs
}

// read finds the record that a message is about and how its execution ended. It returns nil
// for a message that asks for nothing.
func (h *Handler) read(ctx context.Context, m events.SQSMessage) (*ending, error) {
	if r, is, err := messages.ParseRevert([]byte(m.Body)); is {
		return nil, h.lookUp(ctx, m, r, err)
	}
	if e, is, err := messages.ParseEvaluate([]byte(m.Body)); is {
		return nil, h.evaluateAgain(ctx, m, e, err)
	}
	n, err := parse([]byte(m.Body))
	if err != nil {
		return nil, h.bury(ctx, m, err)
	}
	if n.refused != "" {
		h.Log.WarnContext(ctx, "message refused", "message", m.MessageId, "reason", n.refused)
		return nil, nil
	}
	log := h.Log.With("key", n.key, "execution", n.executionID)
	rec, err := h.Effects.Ledger.Load(ctx, n.key)
	if err != nil {
		return nil, err
	}
	if rec.Version == 0 || !n.from(rec.Target) {
		log.WarnContext(ctx, "outcome refused", "reason", "no target of this account and Region has the key", "account",
			n.account, "region", n.region)
		return nil, nil
	}
	if !rec.WaitsFor(n.executionID) && !rec.PlansWith(n.executionID) {
		log.InfoContext(ctx, "outcome not needed", "reason", "neither an attempt nor a proposal waits for it")
		return nil, nil
	}
	if !n.about(rec) {
		log.WarnContext(ctx, "outcome refused", "reason", "what the target waits for does not run this document",
			"document",
			decide.Clip(n.document, 200))
		return nil, nil
	}
	outcome, err := h.outcome(ctx, log, n, rec)
	if n.isFollowUp() && (errors.Is(err, executions.ErrNotEnded) || errors.Is(err, errUnreadable)) {
		log.InfoContext(ctx, "looked in vain, the sweep asks again", "reason", err.Error())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &ending{n, m, rec, outcome}, nil
}

// errUnreadable means that an execution cannot be read, and it is unknown that it has ended.
var errUnreadable = errors.New("the execution cannot be read")

// outcome reads how an execution ended. When that is unreachable for good, what the event
// says must do, which is never a success: RESOLVED needs the runbook's own word. A follow-up says
// nothing, so a whole window must pass before the execution is given up.
func (h *Handler) outcome(ctx context.Context, log *slog.Logger, n notice, rec decide.Record) (decide.Outcome, error) {
	region := rec.Target.Region
	if region == target.Global {
		region = h.Home
	}
	if n.region != "" {
		region = n.region
	}
	o, err := h.Executions.Outcome(ctx, rec.Target.Account, region, n.executionID)
	if err == nil || errors.Is(err, executions.ErrNotEnded) || awserr.IsTransient(err) {
		return o, err
	}
	log.WarnContext(ctx, "execution not readable", "error", err)
	reason := fmt.Sprintf("the execution ended as %s, but its result cannot be read (%s).", n.status,
		awserr.Message(err))
	if n.isFollowUp() {
		if h.Now().Sub(startedAt(rec, n.executionID)) < h.Settings.Window {
			return decide.Outcome{}, fmt.Errorf("%w: %w", errUnreadable, err)
		}
		reason = fmt.Sprintf("nobody knows how the execution ended, because it cannot be read (%s).",
			awserr.Message(err))
	}
	// the table has a rule for every answer
	rule, _ := failure.Sort(failure.Signal{Stage: failure.Lookup, Code: awserr.Code(err)})
	return decide.Outcome{ExecutionID: n.executionID, Class: rule.Class, Reason: reason}, nil
}

// startedAt is when the execution was started that a record waits for.
func startedAt(rec decide.Record, executionID string) time.Time {
	if a := rec.Last(); rec.Proposal.ExecutionID != executionID && a != nil {
		return a.ClaimedAt
	}
	return rec.Proposal.StartedAt
}

// settle ends the attempt, or the planning of a proposal. again says that an earlier message of the batch was
// about its target, whose record has changed then.
func (h *Handler) settle(ctx context.Context, e ending, again bool, seen map[string]decide.Seen) error {
	rec := e.record
	if again {
		var err error
		if rec, err = h.Effects.Ledger.Load(ctx, e.key); err != nil {
			return err
		}
	}
	d, stored, err := h.Effects.Transact(ctx, rec, func(rec decide.Record) decide.Decision {
		if e.outcome.Planning || rec.Proposal.ExecutionID == e.executionID {
			return decide.OnPlanned(rec, e.outcome, seen, h.Now())
		}
		return decide.OnOutcome(rec, e.outcome, seen, h.Now(), h.Settings)
	})
	if err != nil {
		return err
	}
	if e.isFollowUp() && d.Save {
		h.Effects.Count(ctx, []decide.Metric{decide.MetricUnreported}, "target", e.record.Target.String())
	}
	h.sendRevert(ctx, stored)
	if d.Ended != nil {
		h.evaluate(ctx, stored, d.Ended.Attempt.Number)
	}
	h.Log.InfoContext(ctx, "settled", "target", e.record.Target.String(), "execution", e.executionID, "decision", d.Log,
		"class", e.outcome.Class, "change", e.outcome.Change, "reason", e.outcome.Reason)
	return nil
}

// leftToNewer reports whether a message is over that failed because a newer version of Hubmend wrote its record. It
// comes back for a while, because that version may be deployed again, and is a dead letter then. A follow-up is over at
// once: the sweep of that version asks again.
func (h *Handler) leftToNewer(ctx context.Context, m events.SQSMessage, err error) bool {
	if !ledger.IsNewer(err) {
		return false
	}
	if _, isFollowUp, _ := messages.Parse([]byte(m.Body)); isFollowUp {
		return true
	}
	return h.Now().Sub(queue.SentAt(m.Attributes)) >= ledger.NewerPatience && h.bury(ctx, m, err) == nil
}

// bury takes a message out of the queue that will never be understood.
func (h *Handler) bury(ctx context.Context, m events.SQSMessage, reason error) error {
	h.Log.ErrorContext(ctx, "message refused", "message", m.MessageId, "reason", reason.Error())
	return h.DeadLetters.Bury(ctx, m.Body, reason.Error())
}
