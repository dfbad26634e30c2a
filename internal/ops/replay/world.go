package replay

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/settle"
	"hubmend/internal/engine/sweep"
	"hubmend/internal/engine/target"
)

// world is what the functions see: Security Hub, Systems Manager, the ledger and the queues.
type world struct {
	clock
	ledger.Memory
	Options
	from time.Time
	hash string // of the policy
	log  *slog.Logger

	findings, outcomes *queue
	replayed           map[string]*replayed   // by id
	ofTarget           map[string][]*replayed // by key
	executions         map[string]execution   // by id
	due                map[string]time.Time   // of open records, by key
	attempts           map[string]*Suspended  // by key
	days               map[time.Time]*Day
	sent, nonces       int
}

type execution struct {
	id      string
	target  target.Target
	attempt decide.Attempt // zero of one that only plans
	runbook string
	began   time.Time
	plans   bool
}

func newWorld(o Options) *world {
	w := &world{Options: o, hash: o.Policy.Hash(), log: slog.New(slog.DiscardHandler), replayed: map[string]*replayed{},
		ofTarget: map[string][]*replayed{}, executions: map[string]execution{}, due: map[string]time.Time{},
		attempts: map[string]*Suspended{}, days: map[time.Time]*Day{}}
	w.Memory.Now = w.now
	w.findings = &queue{world: w, window: 2 * time.Second, handle: w.dispatch, known: map[string]*message{}}
	w.outcomes = &queue{world: w, handle: w.settle, known: map[string]*message{}}
	return w
}

func (w *world) effects() apply.Effects {
	return apply.Effects{Ledger: w, Findings: w, Notifier: w, Digests: &w.Memory, Now: w.now, Settings: w.Settings,
		Log: w.log}
}

func (w *world) dispatch(batch []events.SQSMessage) events.SQSEventResponse {
	h := &dispatch.Handler{Catalog: prepared.Embedded(), Effects: w.effects(), Slots: &w.Memory,
		Accounts: &w.Memory, Budgets: &w.Memory, Policy: w, Facts: w, Switch: w, Starter: w,
		Queue: w.findings, Home: w.Home, Settings: w.Settings, V2: noV2, Now: w.now, Nonce: w.nonce, Sleep: w.sleep,
		Together: w.together, Log: w.log}
	response, _ := h.Handle(context.Background(), events.SQSEvent{Records: batch}) // it gives no error
	return response
}

func (w *world) settle(batch []events.SQSMessage) events.SQSEventResponse {
	h := &settle.Handler{Trail: w, Errands: w, Effects: w.effects(), Executions: w, DeadLetters: w.outcomes,
		Home:     w.Home,
		Settings: w.Settings, Now: w.now, Sleep: w.sleep, Together: w.together, Log: w.log}
	response, _ := h.Handle(context.Background(), events.SQSEvent{Records: batch}) // it gives no error
	return response
}

// RevertedBy implements settle.Trail. An export does not say who changed a resource.
func (w *world) RevertedBy(context.Context, target.Target, time.Time, time.Time) (reverted.By, error) {
	return reverted.By{}, nil
}

// SendLater implements settle.Errands. An export has no records of CloudTrail, so there is nothing to follow up.
func (w *world) SendLater(context.Context, string, time.Duration) error { return nil }

// sweep runs the sweep again and again, when there is anything to do.
func (w *world) sweep() {
	w.plan(w.now().Add(decide.SweepEvery), w.sweep)
	keys, _ := w.Due(context.Background(), w.now()) // memory gives no errors
	digests, _ := w.DueDigests(context.Background(), w.now())
	if len(keys)+len(digests) == 0 {
		return
	}
	h := &sweep.Handler{Index: w, Effects: w.effects(), Policy: w, Swept: &w.Memory, Switch: w,
		Findings: w.findings, Outcomes: w.outcomes, Settings: w.Settings, Now: w.now, Sleep: w.sleep,
		Together: w.together, Log: w.log}
	_ = h.Handle(context.Background()) // the next sweep comes anyway
}

func (w *world) nonce() string {
	w.nonces++
	return fmt.Sprint("nonce-", w.nonces)
}

// Save implements ledger.Ledger. It keeps an index of what is open, because most records soon are not.
func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	saved, err := w.Memory.Save(ctx, rec)
	if err != nil {
		return saved, err
	}
	key := rec.Target.Key()
	delete(w.due, key)
	if saved.Open() {
		w.due[key] = saved.Due(w.Settings).Truncate(time.Second)
	}
	if s := w.attemptsOf(rec.Target, ""); saved.Suspended() && saved.SuspendedAt.After(s.at) {
		s.at = saved.SuspendedAt
		s.Times++
		w.day().Suspended++
	}
	return saved, nil
}

// Due implements ledger.Index.
func (w *world) Due(_ context.Context, at time.Time) ([]string, error) { return dueAt(w.due, at), nil }

// Paused implements dispatch.Switch.
func (w *world) Paused(context.Context) (bool, error) { return false, nil }

// Read implements apply.Findings.
func (w *world) Read(_ context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	seen := map[string]decide.Seen{}
	for _, r := range refs {
		if f := w.replayed[r.ID]; f != nil {
			seen[r.ID] = f.seen
		}
	}
	return seen, nil
}

// Update implements apply.Findings.
func (w *world) Update(_ context.Context, u decide.Update) error {
	for _, r := range u.Findings {
		f := w.replayed[r.ID]
		if f == nil || u.Workflow == "" {
			continue
		}
		if u.Workflow == finding.Resolved && f.seen.Workflow != finding.Resolved {
			w.day().Resolved++
		}
		f.seen.Workflow = u.Workflow
		if u.Workflow == finding.New && f.seen.Compliance == finding.Failed { // every update is an event
			w.findings.send(w.event(f))
		}
	}
	return nil
}

// Notify implements apply.Notifier.
func (w *world) Notify(_ context.Context, n decide.Notification) error {
	d := w.day()
	d.Emails++
	d.EmailsBy[string(n.Kind)]++
	return nil
}

// Start implements dispatch.Starter.
func (w *world) Start(_ context.Context, t target.Target, a decide.Attempt) (string, error) {
	w.day().Attempts++
	w.attemptsOf(t, a.Control).Attempts++
	e := execution{id: w.nextID(), target: t, attempt: a, runbook: a.Runbook(t), began: w.now()}
	w.begin(e)
	return e.id, nil
}

// begin begins an execution.
func (w *world) begin(e execution) {
	w.executions[e.id] = e
	w.day().USD += w.USD
	w.plan(w.now().Add(w.RunTime), func() { w.end(e) })
}

// end ends an execution, which repairs what it was started for.
func (w *world) end(e execution) {
	for _, f := range w.ofTarget[e.target.Key()] {
		if !e.plans && e.attempt.Parameters.Covers(f.parameters) {
			w.setFails(f, false, w.now().Add(max(recheckAfter, f.lag+time.Minute)))
		}
	}
	region := e.target.Region
	if region == target.Global {
		region = w.Home
	}
	w.outcomes.send(fmt.Sprintf(`{"source":"aws.ssm","account":%q,"region":%q,"detail":{"ExecutionId":%q,`+
		`"Status":"Success","Definition":%q,"ExecutedBy":"arn:aws:sts::%s:assumed-role/%s/%s"}}`, e.target.Account,
		region, e.id, naming.Document(e.runbook), e.target.Account, naming.DispatchRole,
		e.target.Key()))
}

// Outcome implements settle.Executions.
func (w *world) Outcome(_ context.Context, _, _, id string) (decide.Outcome, error) {
	e := w.executions[id]
	o := decide.Outcome{ExecutionID: id, StartedAt: e.began, Succeeded: true, Change: "Repaired.", Planning: e.plans}
	if e.plans {
		o.Digest = id
	}
	return o, nil
}

func noV2(context.Context, bool) bool { return false }
