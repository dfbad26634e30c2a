package decide

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	iam "hubmend/internal/aws/policy"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// Proposal is a repair that people are asked to approve. An execution in planning mode reads the resource and
// finds out what the repair would do. People approve that plan: the repair is started with its digest, and
// refuses when it reads anything else.
type Proposal struct {
	// Round counts the proposals of a target. An answer names the round that it is about.
	Round      int
	State      ProposalState // empty when nothing is proposed
	Control    string        // of the finding that asked first
	Rule       string        // of the policy that asks; empty when Hubmend's catalog does
	Reason     string        // why a person has to approve
	Parameters target.Parameters
	Approvers  []string // patterns of ARNs; none: everybody who may send requests

	AskedAt               time.Time
	AskedBy, AskedSender  string // the person who requested it; empty when it is automatic
	ExpiresAt             time.Time
	Nonce                 string    // the random part of the planning execution's client token
	StartAt               time.Time // of the planning execution, or of the next try
	StartedAt, PlannedAt  time.Time
	ExecutionID           string // of the planning execution
	Plan, Digest, Problem string // Problem says why the latest planning failed
}

// ProposalState is where a proposal stands.
type ProposalState string

// The states.
const (
	Wanted   ProposalState = "wanted"   // the planning execution is to be started
	Planning ProposalState = "planning" // it runs
	Open     ProposalState = "open"     // people can approve or reject it
)

// ProposalEnd is how a proposal ended, and who answered it.
type ProposalEnd struct {
	Result             ProposalResult // empty when it goes on, or nothing is left to answer
	By, Sender, Reason string         // of the answer, see Answer
}

// ProposalResult is what came of asking people.
type ProposalResult string

// The results.
const (
	Approved ProposalResult = "approved"
	Rejected ProposalResult = "rejected"
	Expired  ProposalResult = "expired"
)

// ProposalID names the proposal of a record for people: the beginning of the target's key, and the round.
func (r Record) ProposalID() string {
	if r.Proposal.State == "" {
		return ""
	}
	return ProposalID(r.Target.Key(), r.Proposal.Round)
}

// ProposalID names a round of the proposals of the target with a key.
func ProposalID(key string, round int) string {
	digest := strings.TrimPrefix(key, naming.Mark)
	return digest[:min(len(digest), proposalDigits)] + "-" + strconv.Itoa(round)
}

const proposalDigits = 10

// ClientToken makes starting the planning execution idempotent, as Attempt.ClientToken does for attempts.
func (p Proposal) ClientToken(t target.Target) string {
	return uuid.NewSHA1(tokenSpace, []byte(t.Key()+"/plan/"+strconv.Itoa(p.Round)+"/"+p.Nonce)).String()
}

const (
	// planAgain is when a planning execution is started again that could not be started or failed.
	planAgain = 30 * time.Minute
	planLost  = 2 * time.Minute // later than this, the function that was to start it has died
)

// due is when the sweep should look at a proposal.
func (p Proposal) due(s Settings) time.Time {
	switch p.State {
	case Wanted:
		return p.StartAt
	case Planning:
		return p.StartedAt.Add(s.RunTime)
	case Open:
		return p.ExpiresAt
	}
	return time.Time{}
}

// wakes reports whether dispatch has something to do about the proposal.
func (p Proposal) wakes(now time.Time) bool {
	return p.State == Wanted && !now.Before(p.StartAt) || p.State != "" && !now.Before(p.ExpiresAt)
}

// propose has people asked about a request. It joins a proposal that would do the same, and else becomes a
// part of a new one, because what is approved must be what is done. One that cannot be joined asks again
// after the answer.
func (d *decider) propose(r Request, p Parked) {
	x := &d.Record.Proposal
	parameters := r.Parameters
	if x.State != "" {
		joined, ok := x.Parameters.Join(r.Parameters)
		if !ok || x.Parameters.Covers(r.Parameters) {
			return
		}
		parameters = joined
	}
	v := d.gate.Policy.Policy.Decide(d.subject(r), d.gate.Policy.Facts, d.now)
	next := Proposal{Round: x.Round + 1, State: Wanted, Control: r.Control, Rule: p.Rule, Reason: p.Reason,
		Parameters: parameters.Clone(),
		Approvers:  v.Rule.Approvers, AskedAt: d.now, AskedBy: r.By, AskedSender: r.Sender,
		ExpiresAt: d.now.Add(d.gate.Policy.Policy.Proposals.ExpireAfter()), Nonce: d.gate.Nonce, StartAt: d.now}
	if x.State != "" {
		next.Control, next.AskedAt, next.AskedBy, next.AskedSender = x.Control, x.AskedAt, x.AskedBy, x.AskedSender
	}
	*x = next
}

// proposeAgain asks people again about a repair that they approved, because the resource has changed since it was
// planned.
func (d *Decision) proposeAgain(asks []Request, refs []Ref, now time.Time) {
	if len(refs) == 0 {
		return
	}
	a, x := d.Record.Last(), &d.Record.Proposal
	parameters := a.Parameters.Clone()
	if x.State != "" { // something else was proposed meanwhile
		if joined, ok := x.Parameters.Join(parameters); ok {
			parameters = joined.Clone()
		}
	}
	expire := x.ExpiresAt.Sub(x.AskedAt)
	if expire <= 0 {
		expire = policy.ExpireDefault
	}
	*x = Proposal{Round: x.Round + 1, State: Wanted, Control: a.Control, Rule: x.Rule, Reason: x.Reason,
		Approvers: x.Approvers, Parameters: parameters, AskedAt: now, AskedBy: a.AskedBy, AskedSender: x.AskedSender,
		ExpiresAt: now.Add(expire), Nonce: a.Nonce, StartAt: now}
	for _, r := range asks {
		r.Approved, r.Trigger = "", finding.Automatic
		d.Record.unpark(r.Ref.ID)
		d.Record.Parked = append(d.Record.Parked, Parked{Request: r, Cause: Asked, Rule: x.Rule, Reason: x.Reason,
			Until: x.ExpiresAt})
	}
	d.answer(notify(refs, changedNote(*a)))
}

// planIfDue has the planning execution started.
func (d *decider) planIfDue() {
	x, last := &d.Record.Proposal, d.Record.Last()
	if x.State != Wanted || d.now.Before(x.StartAt) || d.gate.Paused || last != nil && !last.ended() ||
		d.needsAnything() {
		return
	}
	t := d.Record.Target
	obstacle := d.gate.Accounts[t.Account].obstacle(t, d.Record.Starting(), d.now, d.settings)
	switch {
	case obstacle.cause != "":
		x.StartAt, d.Save = obstacle.until, true
	case obstacle.probe:
		d.NeedsProbe = true
	case d.gate.Slot.IsZero():
		d.NeedsSlot = true
	case d.gate.Slot.Sub(d.now) > d.settings.ShortWait:
		x.StartAt, d.Save = d.gate.Slot, true
	default:
		x.StartAt, d.Save = d.now.Add(planLost), true
		d.Plan, d.PlanAt = true, d.gate.Slot
	}
}

// Starting returns what is to be started for a target: its last attempt, or what stands for the planning
// execution of its proposal, which needs of the account what a repair needs.
func (r Record) Starting() Attempt {
	a := r.Last()
	switch {
	case r.Proposal.State == Wanted && (a == nil || a.ended()):
		return Attempt{Control: r.Proposal.Control, Trigger: finding.Automatic, Findings: r.Asked()}
	case a == nil:
		return Attempt{}
	}
	return *a
}

// OnPlanStarted records the planning execution of a proposal.
func OnPlanStarted(rec Record, round int, executionID string, now time.Time) Decision {
	d := Decision{Event: EventPlanStarted, Record: rec.Clone()}
	if x := &d.Record.Proposal; x.State == Wanted && x.Round == round {
		x.State, x.ExecutionID, x.StartedAt = Planning, executionID, now
		d.Save = true
	}
	return d
}

// OnPlanRefused records that a planning execution could not be started. It is tried again later, and not before a time
// that may be zero.
func OnPlanRefused(rec Record, round int, reason string, notBefore, now time.Time) Decision {
	d := Decision{Event: EventPlanFailed, Record: rec.Clone()}
	if x := &d.Record.Proposal; x.State == Wanted && x.Round == round {
		d.planFailed(reason, now)
		x.StartAt = later(x.StartAt, notBefore)
	}
	return d
}

// PlansWith reports whether the planning execution of the proposal may be the one with an id. While it is
// being started, it may be any that is not of an attempt.
func (r Record) PlansWith(executionID string) bool {
	switch r.Proposal.State {
	case Planning:
		return r.Proposal.ExecutionID == executionID
	case Wanted:
		return !slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.ExecutionID == executionID })
	}
	return false
}

// OnPlanned records what a planning execution found out, and asks people. seen tells how the findings are now; it may
// lack any.
func OnPlanned(rec Record, o Outcome, seen map[string]Seen, now time.Time) Decision {
	d := Decision{Event: EventPlanned, Record: rec.Clone()}
	if !rec.PlansWith(o.ExecutionID) || rec.Proposal.State == Wanted && !o.Planning {
		d.Log = []string{"no proposal waits for this plan"}
		return d
	}
	x := &d.Record.Proposal
	asked := d.Record.asked(seen)
	switch {
	case !o.Succeeded && (o.Class == failure.Refused || o.Class == failure.Gone):
		// The repair itself would end like this, so there is nothing to ask.
		d.dropProposal(notify(asked, planRefusedNote(o.Reason)))
	case !o.Succeeded || o.Digest == "":
		d.Event = EventPlanFailed
		d.planFailed(cmp.Or(o.Reason, "the plan says nothing of what it read, so its runbook may be too old."), now)
	case strings.HasPrefix(o.Change, nothingToChange):
		d.dropProposal(notify(asked, planCompliantNote(o.Change)))
	default:
		x.State, x.ExecutionID, x.PlannedAt, x.Digest, x.Problem = Open, o.ExecutionID, now, o.Digest, ""
		x.Plan = Clip(o.Change, reasonLimit)
		d.Save = true
		d.answer(notify(asked, proposalNote(d.Record)))
		d.Notifications = []Notification{proposalNotification(d.Record, asked)}
	}
	return d
}

// planFailed keeps a proposal whose plan failed for a reason that may pass. One notification is sent.
func (d *Decision) planFailed(reason string, now time.Time) {
	x := &d.Record.Proposal
	known := x.Problem != ""
	x.State, x.StartAt, x.ExecutionID, x.Problem = Wanted, now.Add(planAgain), "", Clip(Line(reason, storedLimit),
		reasonLimit)
	x.Nonce += "+" // another execution
	d.Save = true
	if !known {
		d.Notifications = []Notification{proposalNotification(d.Record, d.Record.Asked())}
	}
}

// asked returns the findings that wait for an answer and are as they were, as far as anybody looked.
func (r Record) asked(seen map[string]Seen) []Ref {
	return slices.DeleteFunc(r.Asked(), func(ref Ref) bool {
		now, looked := seen[ref.ID]
		return looked && (now.Workflow != finding.Notified && now.Workflow != finding.New ||
			!now.needsRepair(finding.CustomAction))
	})
}

func refsOf(parked []Parked) []Ref {
	var refs []Ref
	for _, p := range parked {
		refs = append(refs, p.Request.Ref)
	}
	return refs
}

func proposalNotification(rec Record, asked []Ref) Notification {
	x := rec.Proposal
	n := Notification{Kind: RepairProposed, Record: rec, Findings: asked,
		Attempt: Attempt{Control: x.Control, Reason: x.Problem, Change: x.Plan, QueuedAt: x.AskedAt}}
	if waiting := rec.Waiting(Asked); len(waiting) > 0 {
		n.Parked = waiting[0]
	}
	return n
}

// dropProposal ends a proposal with an answer for its findings. Findings that could not join it ask again.
func (d *Decision) dropProposal(u Update) {
	x := d.Record.Proposal
	var again []Ref
	for _, p := range d.Record.Waiting(Asked) {
		d.Record.unpark(p.Request.Ref.ID)
		if i := slices.Index(u.Findings, p.Request.Ref); i >= 0 && !x.Parameters.Covers(p.Request.Parameters) {
			u.Findings = slices.Delete(u.Findings, i, i+1)
			again = append(again, p.Request.Ref)
		}
	}
	d.answer(u)
	d.answer(Update{Findings: again, Workflow: finding.New, Note: askAgainNote})
	d.Record.Proposal = Proposal{Round: x.Round}
	d.Save = true
}

// expireProposal takes silence for no.
func (d *decider) expireProposal() {
	if x := d.Record.Proposal; x.State != "" && !d.now.Before(x.ExpiresAt) {
		d.dropProposal(notify(d.Record.asked(d.seen), expiredNote(x)))
		d.ProposalEnd = ProposalEnd{Result: Expired}
		d.Log = append(d.Log, "proposal expired")
	}
}

// endEmptyProposal ends a proposal whose findings need no repair any longer, or were repaired otherwise.
func (d *decider) endEmptyProposal() {
	if d.Record.Proposal.State != "" && len(d.Record.Waiting(Asked)) == 0 {
		d.Record.Proposal, d.Save = Proposal{Round: d.Record.Proposal.Round}, true
	}
}

// Answer is a person's answer to a proposal.
type Answer struct {
	ID      string // of the message, so that one that comes twice is answered once
	Round   int
	Approve bool
	By      string // who answers
	Sender  string // see Attempt
	Reason  string // why, of a rejection; it may be empty
	At      time.Time
}

// OnAnswer decides about an answer to a record's proposal. It begins an attempt, ends the proposal, or refuses the
// answer and records why.
func OnAnswer(rec Record, answer Answer, seen map[string]Seen, g Gate, now time.Time, s Settings) Decision {
	d := newDecider(EventAnswer, rec, seen, g, now, s)
	d.releaseClaim()
	switch reason := d.answerProblem(answer); {
	case d.NeedsFact != "":
		return d.needsMore()
	case d.Record.knowsAnswer(answer.ID):
		d.Log = []string{"answered already"}
	case reason != "":
		d.Record.Refused = UndoRefusal{Request: answer.ID, By: answer.By, Sender: answer.Sender, At: now,
			Reason: Clip(reason, storedLimit)}
		d.Save, d.Log = true, []string{"answer refused: " + reason}
		return d.Decision
	case !answer.Approve:
		d.Record.LastAnswer = answer.ID
		d.dropProposal(notify(d.Record.asked(d.seen), rejectedNote(answer)))
		d.ProposalEnd = ProposalEnd{Rejected, answer.By, answer.Sender, answer.Reason}
		d.Log = []string{"rejected"}
	default:
		d.Record.LastAnswer = answer.ID
		d.approve(answer.By, answer.Sender, finding.CommandLine, answer.ID)
		d.Log = []string{"approved"}
	}
	return d.finish()
}

func (r Record) knowsAnswer(id string) bool {
	return r.LastAnswer == id || r.Refused.Request == id ||
		slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.Request == id })
}

// answerProblem returns why an answer cannot be taken, or "".
func (d *decider) answerProblem(answer Answer) string {
	x, last := d.Record.Proposal, d.Record.Last()
	switch {
	case x.State == "" || x.Round != answer.Round:
		return "This proposal is over, or another one has replaced it. `hubmend proposals` lists those that are open."
	case !d.now.Before(x.ExpiresAt):
		return fmt.Sprintf("This proposal expired at %s.", Clock(x.ExpiresAt))
	case !answer.Approve:
		return ""
	case x.State != Open:
		return "This proposal is being planned. Answer it when its plan is there."
	case last != nil && !last.ended():
		return fmt.Sprintf("Attempt %d of this resource is %s. Answer again when it has ended.", last.Number,
			last.State)
	}
	return d.approverProblem(answer.By, answer.Sender)
}

// approvers returns the patterns of the ARNs of those who may approve the proposal, a list for each rule of
// the policy in force that asks about one of its findings and names them.
func (d *decider) approvers() [][]string {
	var lists [][]string
	for _, p := range d.Record.Waiting(Asked) {
		v := d.gate.Policy.Policy.Decide(d.subject(p.Request), d.gate.Policy.Facts, d.now)
		if v.Needs != "" && d.gate.Policy.FactsProblem == "" {
			d.NeedsFact = v.Needs
		}
		if len(v.Rule.Approvers) > 0 {
			lists = append(lists, v.Rule.Approvers)
		}
	}
	return lists
}

// approverProblem returns why a person may not approve the proposal, or "". The sender that a message names
// is believed only if SQS confirms it.
func (d *decider) approverProblem(by, sender string) string {
	lists, second := d.approvers(), d.gate.Policy.Policy.Proposals.SecondPerson
	switch {
	case len(lists) == 0 && !second:
		return ""
	case by == "" || finding.Doubtful(sender, by) != "":
		return "It is not confirmed who approves. Approve it with `hubmend approve`, as a session of a role."
	case second && d.Record.Proposal.AskedBy == by:
		return "The person who requested the repair must not approve it."
	}
	for _, patterns := range lists {
		if !slices.ContainsFunc(patterns, func(p string) bool { return iam.Match(p, by) }) {
			return fmt.Sprintf("The policy lets only these approve: %s.", strings.Join(patterns, ", "))
		}
	}
	return ""
}

// approvedBy reports whether a person's request approves the proposal: a custom action on one of its findings does,
// unless the policy says who may approve.
func (d *decider) approvedBy(r Request) bool {
	x := d.Record.Proposal
	return x.State == Open && r.Trigger.ByPerson() && r.Despite == "" && x.Parameters.Covers(r.Parameters) &&
		!d.gate.Policy.Policy.Proposals.SecondPerson && len(d.approvers()) == 0
}

// approveByRequest approves the proposal in the name of a person who used the custom action on one of its findings.
func (d *decider) approveByRequest(i int, r Request) string {
	r.Approved = approver(r.By)
	d.approve(r.By, r.Sender, r.Trigger, "")
	d.addFinding(i, r, d.Record.Last())
	return "approved"
}

// approver is who approved, when that is not known by name.
func approver(by string) string {
	if by == "" {
		return "a person who used the custom action"
	}
	return by
}

// approve queues the repair that was proposed, bound to its plan.
func (d *decider) approve(by, sender string, trigger finding.Trigger, request string) {
	x := d.Record.Proposal
	a := Attempt{Control: x.Control, Trigger: trigger, By: by, Sender: sender, Request: request, Proposal: x.Round,
		AskedBy: x.AskedBy, ApprovedBy: approver(by), Parameters: x.Parameters, Expected: x.Digest,
		QueuedAt: d.now, NotBefore: d.now}
	for _, p := range d.Record.Waiting(Asked) {
		if x.Parameters.Covers(p.Request.Parameters) {
			r := p.Request
			r.Approved, r.Trigger = approver(by), trigger
			a.add(r)
			a.keepAsk(r)
			d.Record.unpark(r.Ref.ID)
		}
	}
	d.dropProposal(Update{})
	// Its rule is kept, because the repair is proposed again if the resource has changed.
	d.Record.Proposal = Proposal{Round: x.Round, Rule: x.Rule, Reason: x.Reason, Approvers: x.Approvers,
		AskedAt: x.AskedAt, AskedBy: x.AskedBy, AskedSender: x.AskedSender, ExpiresAt: x.ExpiresAt}
	d.ProposalEnd = ProposalEnd{Result: Approved, By: a.ApprovedBy, Sender: sender}
	d.Record.queue(a)
	d.Save = true
}
