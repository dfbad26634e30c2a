package dispatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/catalog"
	"hubmend/internal/decide"
	"hubmend/internal/dispatch"
	"hubmend/internal/effect"
	"hubmend/internal/ledger"
	"hubmend/internal/target"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

// world stands for everything that dispatch reaches. It writes down what is done in order,
// and fails where it is told to.
type world struct {
	memory ledger.Memory
	done   []string
	notes  map[string]string // the last note of each finding
	log    bytes.Buffer
	now    time.Time

	started   int
	startErr  error
	failSave  int // the number of the save that fails, from 1
	conflicts int // how many saves find that somebody else was there first
	failNote  string
	failDelay bool
	saves     int
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	for _, f := range u.Findings {
		id := f.ID[strings.LastIndex(f.ID, "/")+1:]
		if w.failNote != "" && id == w.failNote {
			return errDown
		}
		w.done = append(w.done, strings.TrimSpace("update "+id+" "+u.Workflow))
		w.notes[id] = u.Note
	}
	return nil
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	w.done = append(w.done, "notify "+n.Subject)
	return nil
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	return w.memory.Load(ctx, key)
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	w.saves++
	if w.saves == w.failSave {
		return decide.Record{}, errDown
	}
	if w.conflicts > 0 {
		w.conflicts--
		other, err := w.memory.Load(ctx, rec.Target.Key())
		if err != nil {
			return decide.Record{}, err
		}
		other.Target = rec.Target
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

func (w *world) Start(_ context.Context, t target.Target, a decide.Attempt) (string, error) {
	group := t.Resource[strings.LastIndex(t.Resource, "/")+1:]
	w.done = append(w.done, fmt.Sprintf("start %s %d %s", group, a.Number, strings.Join(a.Parameters["Ports"].Values, "+")))
	if w.startErr != nil {
		return "", w.startErr
	}
	w.started++
	return fmt.Sprint("exec-", w.started), nil
}

func (w *world) Delay(_ context.Context, handle string, after time.Duration) error {
	w.done = append(w.done, fmt.Sprintf("delay %s %s", handle, after))
	if w.failDelay {
		return errDown
	}
	return nil
}

func newWorld() *world { return &world{notes: map[string]string{}, now: noon} }

func (w *world) handler() *dispatch.Handler {
	return &dispatch.Handler{
		Catalog: catalog.Embedded(), Effects: effect.Effects{Ledger: w, Findings: w, Notifier: w}, Starter: w, Queue: w,
		Settings: decide.Defaults, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
	}
}

// handle gives the messages that come back.
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

// take gives what was done since the last time.
func (w *world) take() []string {
	done := w.done
	w.done = nil
	return done
}

// attempt gives the newest attempt of a security group, as the ledger has it.
func (w *world) attempt(t *testing.T, group string) decide.Attempt {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), targetOf(group).Key())
	if err != nil || len(rec.Attempts) == 0 {
		t.Fatalf("no attempt of %s: %v", group, err)
	}
	return rec.Attempts[len(rec.Attempts)-1]
}

// end settles the attempt in flight, as the settle function would.
func (w *world) end(t *testing.T, group string, succeeded bool) {
	t.Helper()
	rec, err := w.memory.Load(t.Context(), targetOf(group).Key())
	if err != nil {
		t.Fatal(err)
	}
	d := decide.OnOutcome(rec, decide.Outcome{ExecutionID: rec.Attempts[len(rec.Attempts)-1].ExecutionID, Succeeded: succeeded, Change: "Closed.", Reason: "It is open."}, w.now)
	if _, err := w.memory.Save(t.Context(), d.Record); err != nil || !d.Save {
		t.Fatalf("the attempt was not ended: %v", err)
	}
}

func targetOf(group string) target.Target {
	return target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "CloseSecurityGroupPorts", Resource: "arn:aws:ec2:eu-west-1:222222222222:security-group/" + group}
}

type object = map[string]any

// sg is a FAILED finding about a security group. Its id ends with name.
func sg(name, control, group string, edits ...object) object {
	f := object{
		"Id":          "arn:aws:securityhub:eu-west-1:222222222222:security-control/" + control + "/finding/" + name,
		"ProductArn":  "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
		"GeneratorId": "security-control/" + control, "AwsAccountId": "222222222222", "Region": "eu-west-1",
		"LastObservedAt": noon.Add(-time.Minute).Format(time.RFC3339), "RecordState": "ACTIVE",
		"Compliance": object{"Status": "FAILED", "SecurityControlId": control},
		"Workflow":   object{"Status": "NEW"},
		"Resources":  []object{{"Type": "AwsEc2SecurityGroup", "Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/" + group}},
	}
	for _, e := range edits {
		maps.Copy(f, e)
	}
	return f
}

// imported is a message with an event for one finding; custom is one of a custom action.
func imported(id string, findings ...object) events.SQSMessage {
	return message(id, object{"detail-type": "Security Hub Findings - Imported"}, findings)
}

func custom(id string, findings ...object) events.SQSMessage {
	return byAction(id, "CIS4142", findings...)
}

func byAction(id, action string, findings ...object) events.SQSMessage {
	return message(id, object{
		"detail-type": "Security Hub Findings - Custom Action",
		"resources":   []string{"arn:aws:securityhub:eu-west-1:111111111111:action/custom/" + action},
	}, findings)
}

func message(id string, edits object, findings []object) events.SQSMessage {
	e := object{"id": "event-" + id, "source": "aws.securityhub", "time": "2026-03-01T11:59:30Z", "detail": object{"findings": findings}}
	maps.Copy(e, edits)
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return events.SQSMessage{MessageId: id, ReceiptHandle: "handle-" + id, Body: string(body), Attributes: map[string]string{"ApproximateReceiveCount": "1"}}
}

// received says how often the queue has delivered a message.
func received(m events.SQSMessage, times string) events.SQSMessage {
	m.Attributes = map[string]string{"ApproximateReceiveCount": times}
	return m
}

// logged says whether one line of the log holds all of the texts.
func (w *world) logged(texts ...string) bool {
	return slices.ContainsFunc(strings.Split(w.log.String(), "\n"), func(line string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
	})
}
