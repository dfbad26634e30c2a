package decide

import (
	"cmp"
	"time"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
)

// Request is a finding that asks for the repair of a record's target.
type Request struct {
	Ref     Ref
	Control string
	Trigger finding.Trigger
	By      string // who requested it on the command line
	Sender  string // see Attempt
	// At is when the event was sent.
	At time.Time
	// AsOf is when the check that failed was made, or when the person asked.
	AsOf time.Time
	// Since is since when the checks have failed, with none between that passed; zero when it is unknown.
	Since time.Time
	// EvidenceLag is how old the data of the control's checks may be.
	EvidenceLag time.Duration
	Parameters  target.Parameters
	// AccountName is what the finding calls its account; it may be empty.
	AccountName string
	Severity    string // of the finding; it may be empty
	ConfigRule  string // that made the check; empty when it is not known
	// FromV2 is set when the new Security Hub sent the finding: what it sends may be old, so only the present counts.
	FromV2 bool
	V2ID   string // of the finding in the new Security Hub; empty when it is not known
	// AskedAt is when the finding first asked for the repair, as far as the record knows.
	AskedAt time.Time
	// Despite is why a person requests the repair although the policy exempts it; empty when nobody said so.
	Despite string
	// Approved is who approved the repair, when a person was asked.
	Approved string
}

// OnFindings decides about requests for one target that arrived together.
//
// They are decided in order and share one attempt where one execution repairs them all.
// seen returns how findings are now that were asked about some time ago; it may lack any.
func OnFindings(rec Record, requests []Request, seen map[string]Seen, g Gate, now time.Time, s Settings) Decision {
	d := newDecider(EventFinding, rec, seen, g, now, s)
	d.releaseClaim()
	for i, r := range requests {
		d.Record.AccountName = cmp.Or(r.AccountName, d.Record.AccountName)
		d.Log = append(d.Log, d.decideRequest(i, d.first(r)))
	}
	d.answerStopped(requests)
	return d.finish()
}

// OnWake goes on with a target that was left waiting. It is called by the sweep, by way of
// the findings queue, so that everything is started in one place.
func OnWake(rec Record, seen map[string]Seen, g Gate, now time.Time, s Settings) Decision {
	d := newDecider(EventFollowUp, rec, seen, g, now, s)
	d.releaseClaim()
	d.Log = []string{"wake"}
	d.lookAtParked()
	d.expireProposal()
	return d.finish()
}

// needsMore asks for what the decision needs.
func (d *decider) needsMore() Decision {
	u := Decision{NeedsSlot: d.NeedsSlot, NeedsProbe: d.NeedsProbe, NeedsFact: d.NeedsFact, NeedsBudget: d.NeedsBudget}
	if d.NeedsProbe {
		u.Record = d.Record // whose attempt it is
	}
	return u
}

func (d *decider) needsAnything() bool {
	return d.NeedsSlot || d.NeedsProbe || d.NeedsFact != "" || d.NeedsBudget != ""
}

// decider makes one decision.
type decider struct {
	Decision
	seen     map[string]Seen
	gate     Gate
	now      time.Time
	settings Settings

	asked []Ref // findings that ask for the queued attempt
	held  bool  // the queued attempt waits for something else than before
	// reason is what an account lacks that is not ready.
	reason string
	// waiting are the requests, by index, that bring a paced attempt back when its slot has come.
	waiting []int
	// stopped are the requests, by index, that only the guard or the hold stands against.
	stopped []int
}

func newDecider(e Event, rec Record, seen map[string]Seen, g Gate, now time.Time, s Settings) *decider {
	return &decider{Decision: Decision{Event: e, Record: rec.Clone()}, seen: seen, gate: g, now: now, settings: s}
}

// releaseClaim takes the last attempt back from a function that claimed it and died. That function may have started
// it. Starting it again with the same client token is harmless.
func (d *decider) releaseClaim() {
	if a := d.Record.Last(); a != nil && a.leaseOver(d.now, d.settings) {
		a.requeue(Busy, d.now, true)
		d.Save = true
	}
}

// finish starts the last attempt, or says why it waits.
func (d *decider) finish() Decision {
	d.startIfDue()
	d.endEmptyProposal()
	d.planIfDue()
	if d.needsAnything() {
		return d.needsMore()
	}
	d.explainWait()
	d.resumeAtSlot()
	return d.Decision
}

func (d *decider) decideRequest(i int, r Request) string {
	a := d.Record.Last()
	asked := r.AsOf
	now, looked := d.seen[r.Ref.ID]
	if looked && now.ObservedAt.After(r.AsOf) {
		r.AsOf, r.Since = now.ObservedAt, now.Since // a later check says the same
	}
	waits := a != nil && !a.ended() && a.hasFinding(r.Ref)
	switch {
	case looked && (!waits || r.FromV2) && !now.needsRepair(r.Trigger), !waits && d.isOver(r):
		return "does not ask for it any more"
	case !waits && d.clickedBefore(r):
		return "answered already"
	}
	if old := d.mayBeOld(r); !waits && old > 0 {
		d.Later = append(d.Later, Later{Request: i, After: old, Exact: true})
		return "wait"
	}
	if r.Trigger.ByPerson() {
		d.Event = EventRequest
	}
	switch phase := d.Record.Phase(); {
	case phase.undoing():
		return d.returnLater(i, d.settings.Wait) // the outcome of the undo decides
	case phase.inFlight():
		return d.joinInFlight(i, r, a)
	case waits && r.FromV2 && phase.waiting():
		return d.joinAgain(i, r, a)
	case phase.waiting():
		if waits {
			return d.joinQueued(i, r, a)
		}
		if log, stopped := d.stops(r); stopped {
			return log
		}
		return d.joinQueued(i, r, a)
	}
	return d.answerOrQueue(i, r, asked)
}

// answerOrQueue decides about a request of a target for which nothing is queued or in flight.
func (d *decider) answerOrQueue(i int, r Request, asked time.Time) string {
	a := d.Record.Last()
	repair, verified := d.Record.repairOf(r.Parameters)
	switch {
	case a != nil && (a.hasEvent(r.Ref) || answeredBy(r, a)):
		return d.repeatAnswer(r, a)
	case verified && d.checkedOldData(r, d.Record.Attempts[repair]):
		return d.keepResolved(r, &d.Record.Attempts[repair])
	}
	if log, stopped := d.stops(r); stopped {
		return log
	}
	switch {
	case d.approvedBy(r):
		return d.approveByRequest(i, r)
	case d.NeedsFact != "":
		return "" // it is decided again when the fact is known
	case d.Record.holdsBack(r, asked):
		d.stopped = append(d.stopped, i)
		return "held"
	case !r.Trigger.ByPerson() && d.attemptsUsedUp():
		d.stopped = append(d.stopped, i)
		return "suspended"
	default:
		d.Record.queue(Attempt{Control: r.Control, Trigger: r.Trigger, By: r.By, Sender: r.Sender,
			Parameters: r.Parameters, QueuedAt: d.now, NotBefore: d.now})
		d.addFinding(i, r, d.Record.Last())
		d.Record.unpark(r.Ref.ID)
		return "start"
	}
}

// answeredBy reports whether the attempt answers the request: the check that failed was made,
// or the person asked, before the attempt ended, and so without knowing its result. An
// attempt that was only unlucky answers nobody. A finding that had its answer and asks again
// was set to NEW by a person, who wants another attempt. An undo answers nobody.
func answeredBy(r Request, a *Attempt) bool {
	if a.Undo != "" {
		return false
	}
	again := a.hasFinding(r.Ref) && r.At.After(a.EndedAt)
	return !failure.FateOf(a.Class).Passes() && !again && !r.AsOf.After(a.EndedAt) && a.Parameters.Covers(r.Parameters)
}

// attemptsUsedUp reports whether automatic repair has used up its attempts.
func (d *decider) attemptsUsedUp() bool {
	return d.Record.attemptsSince(d.now.Add(-d.settings.Window)) >= d.settings.MaxAttempts
}

// joinQueued adds a request to an attempt that is queued. A person who asks takes it over, so
// that what only holds back automatic repair no longer does.
func (d *decider) joinQueued(i int, r Request, a *Attempt) string {
	if a.hasFinding(r.Ref) && a.hasEvent(r.Ref) && a.Parameters.Covers(r.Parameters) {
		if now, looked := d.seen[r.Ref.ID]; !looked || now.needsRepair(r.Trigger) {
			d.asked = append(d.asked, r.Ref) // its note may have been lost when it came first
		}
		d.waiting = append(d.waiting, i)
		return "queued already"
	}
	joined, ok := a.Parameters.Join(r.Parameters)
	// One that may have been started was started under a token that stands for its parameters, and what a
	// person approved is not changed.
	if !ok || (a.Phase() == PhaseUnknown || a.Expected != "") && !a.Parameters.Covers(r.Parameters) {
		return d.returnLater(i, d.settings.Wait)
	}
	a.Parameters = joined
	if r.Trigger.ByPerson() && (!a.Trigger.ByPerson() || a.WaitsAs() == PhaseNotReady) {
		a.Trigger = r.Trigger
		a.By = r.By
		a.Sender = r.Sender
		a.startNow(d.now)
	}
	d.addFinding(i, r, a)
	d.Record.unpark(r.Ref.ID)
	return "share"
}

// addFinding puts the finding of a request among those of a queued attempt.
func (d *decider) addFinding(i int, r Request, a *Attempt) {
	d.Save = true
	d.asked = append(d.asked, r.Ref)
	a.Despite = cmp.Or(r.Despite, a.Despite)
	a.keepAsk(r)
	a.add(r)
	if a.Findings[0] == r.Ref {
		d.waiting = append(d.waiting, i)
	}
}

func (d *decider) joinInFlight(i int, r Request, a *Attempt) string {
	switch {
	case a.hasEvent(r.Ref) && a.State == Claimed:
		// Its claimer may be about to start it, or may have died: the lease will tell.
		d.Later = append(d.Later,
			Later{Request: i, After: max(d.settings.ClaimLease-d.now.Sub(a.ClaimedAt), time.Second), Exact: true})
		return "wait"
	case a.hasFinding(r.Ref):
		return "already in flight"
	case !a.Parameters.Covers(r.Parameters):
		return d.returnLater(i, d.settings.Wait)
	}
	a.add(r)
	d.Updates = append(d.Updates, notify([]Ref{r.Ref}, startNote(d.Record.Target, *a)))
	d.Save = true
	return "join"
}

// repeatAnswer gives a finding the answer of an attempt that is over. A message that comes twice
// was answered when the attempt ended, and tells nothing of what happened since.
func (d *decider) repeatAnswer(r Request, a *Attempt) string {
	log := "answer from attempt " + string(a.State)
	switch {
	case a.State == Succeeded:
		return d.resolve(r, a, answer(d.Record.Target, *a, nil).Note, log)
	case a.hasEvent(r.Ref):
		return "answered already"
	}
	a.Findings, d.Save = addRefs(a.Findings, []Ref{r.Ref}), true
	d.Updates = append(d.Updates, answer(d.Record.Target, *a, []Ref{r.Ref}))
	return log
}

// answerStopped answers the requests that were stopped. They share the attempt that a person requested at the same
// time. Otherwise their findings get a note, and people one notification.
func (d *decider) answerStopped(requests []Request) {
	if len(d.stopped) == 0 {
		return
	}
	if a := d.Record.Last(); a != nil && a.State == Queued {
		for _, i := range d.stopped {
			d.Log[i] = d.joinQueued(i, requests[i], a)
		}
		return
	}
	var refs []Ref
	for _, i := range d.stopped {
		refs = append(refs, requests[i].Ref)
	}
	if d.Record.Held() {
		d.Updates = append(d.Updates, notify(refs, heldNote(d.Record)))
		return
	}
	note := RevertNote(SuspendNote(d.settings), d.Record, requests[d.stopped[0]].Control,
		reverted.Manager(nil, d.Record.LastWriter()))
	d.Updates = append(d.Updates, notify(refs, note))
	if !d.Record.Suspended() {
		d.Record.SuspendedAt, d.Save = d.now, true
		d.Notifications = append(d.Notifications, d.suspendedNotification(requests[d.stopped[0]].Control, refs))
		d.Metrics = append(d.Metrics, MetricSuspended)
	}
}

// suspendedNotification notifies people that the guard has stopped automatic repair. The control is the one that
// needsRepair now; there may be no attempt yet.
func (d *decider) suspendedNotification(control string, refs []Ref) Notification {
	n := Notification{Kind: Exhausted, Record: d.Record, Findings: refs}
	if a := d.Record.Last(); a != nil {
		n.Attempt = *a
	}
	n.Attempt.Control = control
	return n
}

// startIfDue starts the last attempt if it is queued and due now or soon: a
// slot is waited for in the function.
func (d *decider) startIfDue() {
	a := d.Record.Last()
	if a == nil || a.State != Queued {
		return
	}
	from := a.NotBefore
	if a.WaitsAs() == PhasePaced {
		from = from.Add(-d.settings.ShortWait)
	}
	if !d.now.Before(from) {
		d.startOrHold()
	}
}

// resumeAtSlot keeps the message that brought a paced attempt, until its slot has come: the sweep
// would come minutes later.
func (d *decider) resumeAtSlot() {
	a := d.Record.Last()
	if a == nil || a.WaitsAs() != PhasePaced {
		return
	}
	d.Resume = max(a.NotBefore.Sub(d.now)-d.settings.SlotLead, time.Second)
	for _, i := range d.waiting {
		d.Later = append(d.Later, Later{Request: i, After: d.Resume, Exact: true})
	}
}

func (d *decider) returnLater(i int, after time.Duration) string {
	d.Later = append(d.Later, Later{Request: i, After: max(after, time.Second)})
	return "wait"
}

func (d *decider) announce(refs []Ref, note string) {
	if len(refs) > 0 {
		d.Announce = append(d.Announce, notify(refs, note))
	}
}

// notify is the update of findings that are not answered yet.
func notify(refs []Ref, note string) Update {
	return Update{Findings: refs, Workflow: finding.Notified, Note: note}
}
