package settle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/settle"
	"hubmend/internal/engine/target"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
	group   = target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: "sg-1"}
	success = decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: "Closed TCP 22."}
)

// world stands for everything that settle reaches.
type world struct {
	memory   ledger.Memory
	outcomes map[string]decide.Outcome
	errs     map[string]error
	done     []string
	notes    []string
	log      bytes.Buffer

	by       reverted.By
	evaluate error // what Config answers

	seen   map[string]decide.Seen
	buried []string
	now    time.Time
	fail   map[string]bool // what fails, by the name of its method
	// joins is a finding that joins the attempt just before the first save.
	joins decide.Ref
}

func (w *world) broken(what string) error {
	if w.fail[what] {
		return errDown
	}
	return nil
}

func (w *world) Outcome(_ context.Context, account, region, id string) (decide.Outcome, error) {
	w.done = append(w.done, "read "+account+" "+region+" "+id)
	if err := w.errs[id]; err != nil {
		return decide.Outcome{}, err
	}
	return w.outcomes[id], nil
}

func (w *world) RevertedBy(_ context.Context, t target.Target, since, until time.Time) (reverted.By, error) {
	w.done = append(w.done, fmt.Sprintf("who changed %s from %s to %s", t.Resource, since.Format("15:04"),
		until.Format("15:04")))
	return w.by, w.broken("RevertedBy")
}

func (w *world) Evaluate(_ context.Context, rule decide.ConfigRule) error {
	w.done = append(w.done, fmt.Sprintf("evaluate %s in %s of %s", rule.Name, rule.Region, rule.Account))
	return w.evaluate
}

func (w *world) Hold(ctx context.Context, key string, until time.Time) (time.Time, error) {
	if err := w.broken("Hold"); err != nil {
		return time.Time{}, err
	}
	return w.memory.Hold(ctx, key, until)
}

func (w *world) KeepHeld(ctx context.Context, key string, until time.Time) error {
	return w.memory.KeepHeld(ctx, key, until)
}

func (w *world) SendLater(_ context.Context, body string, delay time.Duration) error {
	w.done = append(w.done, fmt.Sprintf("send in %s %s", delay, body))
	return w.broken("SendLater")
}

func names(refs []decide.Ref) string {
	var ids []string
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, "+")
}

func (w *world) Read(_ context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	w.done = append(w.done, "look "+names(refs))
	return w.seen, w.broken("Read")
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	if err := w.broken("Update " + names(u.Findings)); err != nil {
		return err
	}
	w.done = append(w.done, "update "+names(u.Findings)+" "+u.Workflow)
	w.notes = append(w.notes, u.Note)
	return nil
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	if err := w.broken("Notify"); err != nil {
		return err
	}
	w.done = append(w.done, "notify "+n.Subject())
	return nil
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	if err := w.broken("Load"); err != nil {
		return decide.Record{}, err
	}
	return w.memory.Load(ctx, key)
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if err := w.broken("Save"); err != nil {
		return decide.Record{}, err
	}
	if w.joins != (decide.Ref{}) {
		other, err := w.memory.Load(ctx, rec.Target.Key())
		if err != nil {
			return decide.Record{}, err
		}
		a := &other.Attempts[len(other.Attempts)-1]
		a.Findings = append(a.Findings, w.joins)
		w.joins = decide.Ref{}
		if _, err := w.memory.Save(ctx, other); err != nil {
			return decide.Record{}, err
		}
	}
	saved, err := w.memory.Save(ctx, rec)
	if err == nil {
		w.done = append(w.done, "save "+string(rec.Attempts[len(rec.Attempts)-1].State))
	}
	return saved, err
}

func (w *world) Archive(ctx context.Context, rec decide.Record, e decide.Ended) error {
	if err := w.broken("Archive"); err != nil {
		return err
	}
	w.done = append(w.done, fmt.Sprint("archive ", e.Attempt.Number))
	return w.memory.Archive(ctx, rec, e)
}

func (w *world) LoadBreaker(ctx context.Context, control string) (decide.Breaker, error) {
	return w.memory.LoadBreaker(ctx, control)
}

func (w *world) SaveBreaker(ctx context.Context, b decide.Breaker) error {
	return w.memory.SaveBreaker(ctx, b)
}

func (w *world) Bury(_ context.Context, body, reason string) error {
	if err := w.broken("Bury"); err != nil {
		return err
	}
	w.buried = append(w.buried, body+": "+reason)
	return nil
}

// newWorld has a record of the group with the given attempts.
func newWorld(t testing.TB, attempts ...decide.Attempt) *world {
	t.Helper()
	w := &world{outcomes: map[string]decide.Outcome{"exec-1": success}, errs: map[string]error{},
		fail: map[string]bool{}, now: noon}
	w.memory.Now = func() time.Time { return w.now }
	if len(attempts) > 0 {
		if _, err := w.memory.Save(t.Context(), decide.Record{Target: group, Attempts: attempts}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) handler() *settle.Handler {
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	return &settle.Handler{
		Trail: w, Errands: w,
		Effects:    apply.Effects{Ledger: w, Findings: w, Notifier: w, Settings: decide.Defaults, Log: log},
		Executions: w, DeadLetters: w, Home: "eu-central-1", Settings: decide.Defaults,
		Now:   func() time.Time { return w.now },
		Sleep: func(context.Context, time.Duration) {}, Together: w.together, Log: log,
	}
}

func (w *world) handle(t *testing.T, messages ...events.SQSMessage) []string {
	t.Helper()
	return handled(t, w.handler(), messages...)
}

func handled(t *testing.T, h *settle.Handler, messages ...events.SQSMessage) []string {
	t.Helper()
	response, err := h.Handle(t.Context(), events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatalf("Handle = %v; the whole batch would come back", err)
	}
	var failed []string
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// last returns the latest attempt of the group.
func (w *world) last(t *testing.T) decide.Attempt {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), group.Key())
	if err != nil {
		t.Fatal(err)
	}
	return *rec.Last()
}

func (w *world) state(t *testing.T) decide.State {
	t.Helper()
	return w.last(t).State
}

func running(edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{
		Number: 1, State: decide.Running, ExecutionID: "exec-1", Control: "X.22", QueuedAt: noon.Add(-time.Minute),
		ClaimedAt: noon.Add(-time.Minute),
		Findings:  []decide.Ref{{ID: "f1", Event: "e1"}, {ID: "f2", Event: "e2"}},
	}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

type object = map[string]any

// ended is a message with a status event of exec-1; edits change the event and its detail.
func ended(id string, event, detail object) events.SQSMessage {
	d := object{
		"ExecutionId": "exec-1", "Definition": "hubmend-ClosePorts", "DefinitionVersion": 1.0, "Status": "Success",
		"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + group.Key(),
	}
	maps.Copy(d, detail)
	e := object{"id": "e", "source": "aws.ssm", "detail-type": "EC2 Automation Execution Status-change Notification",
		"account": "222222222222", "region": "eu-west-1", "detail": d}
	maps.Copy(e, event)
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return events.SQSMessage{MessageId: id, Body: string(body)}
}

// followUpFor is a message of the sweep that asks how an execution of the group is.
func followUpFor(id, execution string) events.SQSMessage {
	return events.SQSMessage{MessageId: id, Body: messages.FollowUp{Key: group.Key(), ExecutionID: execution}.Body()}
}

// together does one thing after the other, so that a test knows the order.
func (w *world) together(ctx context.Context, n int, do func(context.Context, int)) {
	for i := range n {
		do(ctx, i)
	}
}
