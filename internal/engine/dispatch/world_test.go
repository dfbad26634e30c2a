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
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

// world stands for everything that dispatch reaches. It records the calls in order,
// and fails those that a test selects.
type world struct {
	v2        bool // the new Security Hub is enabled
	v2Late    bool // it is, and only a message of it shows that
	memory    ledger.Memory
	done      []string
	notes     map[string]string // the last note of each finding
	seen      map[string]decide.Seen
	read      []string // the findings that were asked about, a line for each call
	places    []string // where slots were reserved
	buried    []string
	log       bytes.Buffer
	now       time.Time
	paused    bool
	policy    policy.Version
	policyErr error
	ous       []string
	tags      map[string]string

	lateBy    time.Duration // passes with each update
	started   int
	nonces    int
	startErr  error
	throttled int // how many starts have the error; 0 stands for all
	failSave  int // the number of the save that fails, from 1
	conflicts int // how many saves find that another function was there first
	forget    int // the number of the save that finds nothing there any longer
	saves     int
	failNote  string          // the finding that cannot be updated
	fail      map[string]bool // what else fails, by the name of its method, and of what it is about
}

func name(r decide.Ref) string { return r.ID[strings.LastIndex(r.ID, "/")+1:] }

func names(refs []decide.Ref) string {
	var all []string
	for _, r := range refs {
		all = append(all, name(r))
	}
	return strings.Join(all, "+")
}

func (w *world) broken(what string) error {
	if w.fail[what] {
		return errDown
	}
	return nil
}

func (w *world) inV2(_ context.Context, sent bool) bool { return w.v2 || w.v2Late && sent }

func (w *world) Read(_ context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	w.read = append(w.read, names(refs))
	seen := map[string]decide.Seen{}
	for _, r := range refs {
		if s, ok := w.seen[name(r)]; ok {
			seen[r.ID] = s
		}
	}
	return seen, w.broken("Read")
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	for _, f := range u.Findings {
		if w.failNote != "" && name(f) == w.failNote {
			return errDown
		}
	}
	for _, f := range u.Findings {
		w.notes[name(f)] = u.Note
	}
	w.now = w.now.Add(w.lateBy)
	update := strings.TrimSpace("update " + names(u.Findings) + " " + u.Workflow)
	if u.OnlyV2 {
		update += " in V2"
	}
	w.done = append(w.done, update)
	return nil
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	w.done = append(w.done, "notify "+n.Subject())
	return nil
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	if err := w.broken("Load " + key); err != nil {
		return decide.Record{}, err
	}
	return w.memory.Load(ctx, key)
}

func (w *world) Archive(ctx context.Context, rec decide.Record, e decide.Ended) error {
	return w.memory.Archive(ctx, rec, e)
}

func (w *world) LoadAccount(ctx context.Context, id string) (decide.Account, error) {
	if err := w.broken("LoadAccount " + id); err != nil {
		return decide.Account{}, err
	}
	return w.memory.LoadAccount(ctx, id)
}

func (w *world) SaveAccount(ctx context.Context, a decide.Account) error {
	if err := w.broken("SaveAccount"); err != nil {
		return err
	}
	return w.memory.SaveAccount(ctx, a)
}

func (w *world) LoadBreaker(ctx context.Context, control string) (decide.Breaker, error) {
	if err := w.broken("LoadBreaker " + control); err != nil {
		return decide.Breaker{}, err
	}
	return w.memory.LoadBreaker(ctx, control)
}

func (w *world) SaveBreaker(ctx context.Context, b decide.Breaker) error {
	return w.memory.SaveBreaker(ctx, b)
}

func (w *world) Reserve(ctx context.Context, account, region string, now time.Time) (time.Time, error) {
	w.places = append(w.places, account+"/"+region)
	if err := w.broken("Reserve"); err != nil {
		return time.Time{}, err
	}
	return w.memory.Reserve(ctx, account, region, now)
}

func (w *world) Paused(context.Context) (bool, error) { return w.paused, w.broken("Paused") }

// Sleep lets the time pass at once.
func (w *world) Sleep(_ context.Context, d time.Duration) {
	if d > 0 {
		w.done = append(w.done, "sleep "+d.String())
		w.now = w.now.Add(d)
	}
}

// inTurn does one thing after the other, so that a test can say in which order.
func inTurn(ctx context.Context, n int, do func(context.Context, int)) {
	for i := range n {
		do(ctx, i)
	}
}

// slept is what Sleep writes down for so many start slots, and delayed what Delay does.
func slept(slots int) string { return "sleep " + (time.Duration(slots) * ledger.SlotSpacing).String() }

func delayed(message string, after time.Duration) string {
	return fmt.Sprintf("delay handle-%s %s", message, after)
}

func (w *world) Bury(_ context.Context, body, reason string) error {
	if err := w.broken("Bury"); err != nil {
		return err
	}
	w.buried = append(w.buried, body+": "+reason)
	return nil
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	w.saves++
	if w.saves == w.failSave {
		return decide.Record{}, errDown
	}
	if w.saves == w.forget {
		w.memory = ledger.Memory{}
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
		state := decide.State("nothing")
		if a := rec.Last(); a != nil {
			state = a.State
		}
		w.done = append(w.done, "save "+string(state))
	}
	return saved, err
}

func (w *world) Start(_ context.Context, t target.Target, a decide.Attempt) (string, error) {
	group := t.Resource[strings.LastIndex(t.Resource, "/")+1:]
	w.done = append(w.done,
		fmt.Sprintf("start %s %d %s", group, a.Number, strings.Join(a.Parameters["Ports"].Values, "+")))
	if w.startErr != nil {
		err := w.startErr
		if w.throttled--; w.throttled == 0 {
			w.startErr = nil
		}
		return "", err
	}
	w.started++
	return fmt.Sprint("exec-", w.started), nil
}

func (w *world) Plan(_ context.Context, t target.Target, p target.Parameters, _ string) (string, error) {
	group := t.Resource[strings.LastIndex(t.Resource, "/")+1:]
	w.done = append(w.done, fmt.Sprintf("plan %s %s", group, strings.Join(p["Ports"].Values, "+")))
	if w.startErr != nil {
		return "", w.startErr
	}
	w.started++
	return fmt.Sprint("exec-", w.started), nil
}

func (w *world) Current(context.Context) (policy.Version, error) {
	if w.policyErr != nil {
		return policy.Version{}, w.policyErr
	}
	return w.policy, w.broken("Current")
}

func (w *world) OUs(_ context.Context, account string) ([]string, error) {
	w.done = append(w.done, "read OUs of "+account)
	return w.ous, w.broken("OUs")
}

func (w *world) Tags(_ context.Context, t target.Target) (map[string]string, error) {
	w.done = append(w.done, "read tags of "+target.Name(t.Resource))
	return w.tags, w.broken("Tags")
}

func (w *world) Take(ctx context.Context, key string, limit int, expires time.Time) (bool, error) {
	if err := w.broken("Take"); err != nil {
		return false, err
	}
	return w.memory.Take(ctx, key, limit, expires)
}

func (w *world) Delay(_ context.Context, handle string, after time.Duration) error {
	w.done = append(w.done, delayed(strings.TrimPrefix(handle, "handle-"), after))
	return w.broken("Delay")
}

func newWorld() *world {
	return &world{notes: map[string]string{}, seen: map[string]decide.Seen{}, fail: map[string]bool{}, now: noon}
}

func (w *world) handler() *dispatch.Handler {
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	return &dispatch.Handler{
		Catalog: catalog.Embedded(),
		Effects: apply.Effects{Ledger: w, Findings: w, Notifier: w, Settings: decide.Defaults, Log: log},
		Slots:   w, Accounts: w, Switch: w, Starter: w, Queue: w, Home: "eu-central-1",
		Policy: w, Facts: w, Budgets: w, V2: w.inV2,
		Settings: decide.Defaults, Now: func() time.Time { return w.now }, Sleep: w.Sleep, Together: inTurn, Log: log,
		Nonce: func() string { w.nonces++; return fmt.Sprint("nonce-", w.nonces) },
	}
}

// handle returns the messages that come back.
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

// take returns what was done since the last time.
func (w *world) take() []string {
	done := w.done
	w.done = nil
	return done
}

// attempt returns the latest attempt of a security group, as the ledger has it.
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
	o := decide.Outcome{ExecutionID: rec.Attempts[len(rec.Attempts)-1].ExecutionID, Succeeded: succeeded,
		Change: "Closed.", Reason: "It is open."}
	d := decide.OnOutcome(rec, o, nil, w.now, decide.Defaults)
	if _, err := w.memory.Save(t.Context(), d.Record); err != nil || !d.Save {
		t.Fatalf("the attempt was not ended: %v", err)
	}
}

func targetOf(group string) target.Target {
	return target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:eu-west-1:222222222222:security-group/" + group}
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
		"Resources": []object{{"Type": "AwsEc2SecurityGroup",
			"Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/" + group}},
	}
	for _, e := range edits {
		maps.Copy(f, e)
	}
	return f
}

// imported is a message with an event for one finding; custom is one of a custom action.
func imported(id string, findings ...object) events.SQSMessage {
	return sqsMessage(id, object{"detail-type": "Security Hub Findings - Imported"}, findings)
}

func custom(id string, findings ...object) events.SQSMessage {
	return byAction(id, "CIS4142", findings...)
}

func byAction(id, action string, findings ...object) events.SQSMessage {
	return sqsMessage(id, object{
		"detail-type": "Security Hub Findings - Custom Action",
		"resources":   []string{"arn:aws:securityhub:eu-west-1:111111111111:action/custom/" + action},
	}, findings)
}

func sqsMessage(id string, edits object, findings []object) events.SQSMessage {
	e := object{"id": "event-" + id, "source": "aws.securityhub", "time": "2026-03-01T11:59:30Z",
		"detail": object{"findings": findings}}
	maps.Copy(e, edits)
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return raw(id, string(body))
}

func raw(id, body string) events.SQSMessage {
	return received(events.SQSMessage{MessageId: id, ReceiptHandle: "handle-" + id, Body: body}, "1")
}

// sender is who sends the messages.
const sender = "AIDAJXNJGGKNS7OSV23OI"

// received returns how often the queue has delivered a message.
func received(m events.SQSMessage, times string) events.SQSMessage {
	m.Attributes = map[string]string{"ApproximateReceiveCount": times, "SenderId": sender}
	return m
}

// at sets the time of an event, of which clock tells hours, minutes and seconds.
func at(clock string, m events.SQSMessage) events.SQSMessage {
	m.Body = strings.Replace(m.Body, "T11:59:30Z", "T"+clock+"Z", 1)
	return m
}

// followUpFor is a message of the sweep about a security group.
func followUpFor(id, group string) events.SQSMessage {
	return raw(id, messages.FollowUp{Key: targetOf(group).Key()}.Body())
}

// asks is how Security Hub has a finding that wants to be repaired; edits change that.
func asks(edits ...func(*decide.Seen)) decide.Seen {
	s := decide.Seen{Workflow: "NOTIFIED", Compliance: "FAILED", RecordState: "ACTIVE"}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

func passed(s *decide.Seen) { s.Compliance = "PASSED" }

// logged reports whether one line of the log holds all of the texts.
func (w *world) logged(texts ...string) bool {
	return slices.ContainsFunc(strings.Split(w.log.String(), "\n"), func(line string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
	})
}
