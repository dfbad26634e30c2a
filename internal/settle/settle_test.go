package settle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/decide"
	"hubmend/internal/effect"
	"hubmend/internal/ledger"
	"hubmend/internal/member"
	"hubmend/internal/settle"
	"hubmend/internal/target"
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

	failUpdate, failNotify, failSave, failLoad bool
	// joins is a finding that joins the attempt just before the first save.
	joins decide.Ref
}

func (w *world) Outcome(_ context.Context, account, region, id string) (decide.Outcome, error) {
	w.done = append(w.done, "read "+account+" "+region+" "+id)
	if err := w.errs[id]; err != nil {
		return decide.Outcome{}, err
	}
	return w.outcomes[id], nil
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	if w.failUpdate {
		return errDown
	}
	var ids []string
	for _, f := range u.Findings {
		ids = append(ids, f.ID)
	}
	w.done = append(w.done, "update "+strings.Join(ids, "+")+" "+u.Workflow)
	w.notes = append(w.notes, u.Note)
	return nil
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	if w.failNotify {
		return errDown
	}
	w.done = append(w.done, "notify "+n.Subject)
	return nil
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	if w.failLoad {
		return decide.Record{}, errDown
	}
	return w.memory.Load(ctx, key)
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if w.failSave {
		return decide.Record{}, errDown
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

// newWorld has a record of the group with the given attempts.
func newWorld(t testing.TB, attempts ...decide.Attempt) *world {
	t.Helper()
	w := &world{outcomes: map[string]decide.Outcome{"exec-1": success}, errs: map[string]error{}}
	if len(attempts) > 0 {
		if _, err := w.memory.Save(t.Context(), decide.Record{Target: group, Attempts: attempts}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) handler() *settle.Handler {
	return &settle.Handler{
		Effects: effect.Effects{Ledger: w, Findings: w, Notifier: w}, Executions: w,
		Now: func() time.Time { return noon }, Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
	}
}

func (w *world) handle(t *testing.T, messages ...events.SQSMessage) []string {
	t.Helper()
	response, err := w.handler().Handle(t.Context(), events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatalf("Handle = %v; the whole batch would come back", err)
	}
	var failed []string
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func (w *world) state(t *testing.T) decide.State {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), group.Key())
	if err != nil {
		t.Fatal(err)
	}
	return rec.Attempts[len(rec.Attempts)-1].State
}

func running(edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{
		Number: 1, State: decide.Running, ExecutionID: "exec-1", Control: "X.22", ClaimedAt: noon.Add(-time.Minute),
		Findings: []decide.Ref{{ID: "f1", ProductARN: "p", Event: "e1"}, {ID: "f2", ProductARN: "p", Event: "e2"}},
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
	e := object{"id": "e", "source": "aws.ssm", "detail-type": "EC2 Automation Execution Status-change Notification", "account": "222222222222", "region": "eu-west-1", "detail": d}
	maps.Copy(e, event)
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return events.SQSMessage{MessageId: id, Body: string(body)}
}

const reading = "read 222222222222 eu-west-1 exec-1"

func TestOutcomes(t *testing.T) {
	t.Parallel()
	denied := fmt.Errorf("read execution: %w", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"})
	throttled := fmt.Errorf("read execution: %w", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow down"})
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		outcome decide.Outcome
		err     error
		done    []string
		back    []string
		state   decide.State
		note    []string
	}{
		"success": {running(), success, nil, []string{reading, "update f1+f2 RESOLVED", "save succeeded"}, nil, decide.Succeeded, []string{"Repaired and verified", "Closed TCP 22.", "exec-1"}},
		"failure": {
			running(), decide.Outcome{ExecutionID: "exec-1", Reason: "It is still open."}, nil,
			[]string{reading, "update f1+f2 NOTIFIED", "notify Hubmend: repair failed: X.22 sg-1 in 222222222222", "save failed"}, nil, decide.Failed, []string{"It is still open.", "custom action"},
		},
		"not readable": {
			running(), decide.Outcome{}, denied,
			[]string{reading, "update f1+f2 NOTIFIED", "notify Hubmend: repair failed: X.22 sg-1 in 222222222222", "save failed"}, nil, decide.Failed, []string{"ended as Success", "cannot be read", "not authorized"},
		},
		"not ended":         {running(), decide.Outcome{}, fmt.Errorf("execution: %w", member.ErrNotEnded), []string{reading}, []string{"m"}, decide.Running, nil},
		"throttled":         {running(), decide.Outcome{}, throttled, []string{reading}, []string{"m"}, decide.Running, nil},
		"of the claimed":    {running(func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Claimed, "" }), success, nil, []string{reading, "update f1+f2 RESOLVED", "save succeeded"}, nil, decide.Succeeded, []string{"exec-1"}},
		"of another":        {running(func(a *decide.Attempt) { a.ExecutionID = "exec-2" }), success, nil, []string{reading}, nil, decide.Running, nil},
		"late":              {running(func(a *decide.Attempt) { a.State, a.EndedAt = decide.Failed, noon }), success, nil, []string{reading}, nil, decide.Failed, nil},
		"a second time":     {running(func(a *decide.Attempt) { a.State, a.EndedAt = decide.Succeeded, noon }), success, nil, []string{reading}, nil, decide.Succeeded, nil},
		"unreadable, late":  {running(func(a *decide.Attempt) { a.State, a.EndedAt = decide.Succeeded, noon }), decide.Outcome{}, denied, []string{reading}, nil, decide.Succeeded, nil},
		"deadline exceeded": {running(), decide.Outcome{}, context.DeadlineExceeded, []string{reading}, []string{"m"}, decide.Running, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.attempt)
			w.outcomes["exec-1"], w.errs["exec-1"] = tc.outcome, tc.err
			if diff := cmp.Diff(tc.back, w.handle(t, ended("m", nil, nil))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if diff := cmp.Diff(tc.done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if got := w.state(t); got != tc.state {
				t.Errorf("the attempt is %s, want %s", got, tc.state)
			}
			for _, part := range tc.note {
				if !strings.Contains(strings.Join(w.notes, "\n"), part) {
					t.Errorf("no note says %q: %q", part, w.notes)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	key := group.Key()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		log     string
	}{
		"not JSON":              {events.SQSMessage{MessageId: "m", Body: "hello"}, "not an event"},
		"nothing":               {events.SQSMessage{MessageId: "m"}, "not an event"},
		"another source":        {ended("m", object{"source": "aws.ec2"}, nil), "not about an execution"},
		"no execution":          {ended("m", nil, object{"ExecutionId": ""}), "not about an execution"},
		"no starter":            {ended("m", nil, object{"ExecutedBy": ""}), "not started by Hubmend"},
		"a person":              {ended("m", nil, object{"ExecutedBy": "arn:aws:iam::222222222222:user/alice"}), "not started by Hubmend"},
		"another role":          {ended("m", nil, object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/admin/" + key}), "not started by Hubmend"},
		"another session":       {ended("m", nil, object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/session"}), "not started by Hubmend"},
		"a target never saved":  {ended("m", nil, object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + target.Target{}.Key()}), "outcome refused"},
		"another account":       {ended("m", object{"account": "333333333333"}, nil), "outcome refused"},
		"without an account":    {ended("m", object{"account": ""}, nil), "outcome refused"},
		"another account's key": {ended("m", object{"account": "333333333333"}, object{"ExecutedBy": "arn:aws:sts::333333333333:assumed-role/hubmend-dispatch/" + key}), "outcome refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if w.done != nil || w.state(t) != decide.Running {
				t.Errorf("done: %q, attempt %s", w.done, w.state(t))
			}
			if !strings.Contains(w.log.String(), tc.log) || !strings.Contains(w.log.String(), `"WARN"`) {
				t.Errorf("the log does not say %q:\n%s", tc.log, w.log.String())
			}
		})
	}
}

// The event names the Region where it looks for the execution; an execution elsewhere is not
// the attempt's.
func TestOutcomeOfAnotherRegionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running(func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Claimed, "" }))
	if w.handle(t, ended("m", object{"region": "us-east-1"}, nil)); w.state(t) != decide.Claimed {
		t.Errorf("the attempt is %s, done %q", w.state(t), w.done)
	}
}

func TestFailuresComeBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*world)
		done   []string
	}{
		"the record is not read":     {func(w *world) { w.failLoad = true }, nil},
		"the finding is not told":    {func(w *world) { w.failUpdate = true }, []string{reading}},
		"nobody is notified":         {func(w *world) { w.failNotify = true }, []string{reading, "update f1+f2 NOTIFIED"}},
		"the attempt is not written": {func(w *world) { w.failSave = true }, []string{reading, "update f1+f2 NOTIFIED", "notify Hubmend: repair failed: X.22 sg-1 in 222222222222"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Reason: "no"}
			tc.breaks(w)
			if diff := cmp.Diff([]string{"m2"}, w.handle(t, events.SQSMessage{MessageId: "m1", Body: "x"}, ended("m2", nil, nil))); diff != "" {
				t.Errorf("messages that come back:\n%s", diff)
			}
			if diff := cmp.Diff(tc.done, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if got := w.state(t); got != decide.Running {
				t.Errorf("the attempt is %s", got)
			}
			// The second time everything is done, again from the beginning.
			w.failLoad, w.failUpdate, w.failNotify, w.failSave = false, false, false, false
			if failed := w.handle(t, ended("m2", nil, nil)); failed != nil || w.state(t) != decide.Failed {
				t.Errorf("%q come back, the attempt is %s", failed, w.state(t))
			}
		})
	}
}

func TestFindingThatJoinsInTheLastMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.joins = decide.Ref{ID: "f3", ProductARN: "p", Event: "e3"}
	if failed := w.handle(t, ended("m", nil, nil)); failed != nil {
		t.Errorf("%q come back", failed)
	}
	want := []string{reading, "update f1+f2 RESOLVED", "update f1+f2+f3 RESOLVED", "save succeeded"}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestGlobalTargetIsReadWhereItRan(t *testing.T) {
	t.Parallel()
	user := target.Target{Account: "222222222222", Region: target.Global, Runbook: "FixUser", Resource: "alice"}
	w := newWorld(t)
	if _, err := w.memory.Save(t.Context(), decide.Record{Target: user, Attempts: []decide.Attempt{running()}}); err != nil {
		t.Fatal(err)
	}
	m := ended("m", object{"region": "us-east-1"}, object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + user.Key()})
	if failed := w.handle(t, m); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff([]string{"read 222222222222 us-east-1 exec-1", "update f1+f2 RESOLVED", "save succeeded"}, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// quiet does nothing, so that the benchmark measures the handler alone.
type quiet struct{ rec decide.Record }

func (quiet) Update(context.Context, decide.Update) error { return nil }

func (quiet) Notify(context.Context, decide.Notification) error { return nil }

func (q quiet) Load(context.Context, string) (decide.Record, error) { return q.rec, nil }

func (quiet) Save(_ context.Context, rec decide.Record) (decide.Record, error) { return rec, nil }

func (quiet) Outcome(context.Context, string, string, string) (decide.Outcome, error) {
	return success, nil
}

func BenchmarkSettleOutcome(b *testing.B) {
	q := quiet{decide.Record{Target: group, Version: 1, Attempts: []decide.Attempt{running()}}}
	h := &settle.Handler{
		Effects: effect.Effects{Ledger: q, Findings: q, Notifier: q}, Executions: q,
		Now: func() time.Time { return noon }, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	}
	batch := events.SQSEvent{Records: []events.SQSMessage{ended("m", nil, nil)}}
	b.ReportAllocs()
	for b.Loop() {
		if response, err := h.Handle(b.Context(), batch); err != nil || len(response.BatchItemFailures) > 0 {
			b.Fatal(err, response)
		}
	}
}
