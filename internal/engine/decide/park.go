package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
)

// Parked is a finding that asked for a repair which the policy does not let start now. When its time has come, or the
// policy says something else, the finding is set to NEW, and so asks again if its control group is still ENABLED.
type Parked struct {
	Request Request // as it asked last
	Cause   ParkCause
	// Rule is the name of the policy's rule, and Reason, Owner and Ticket are what it says.
	Rule, Reason, Owner, Ticket string
	// RuleEnds is when the rule ends; zero when it does not.
	RuleEnds time.Time
	// Until is when the sweep looks at the finding again.
	Until time.Time
	// Policy is the hash of the policy that decided; empty when none could be read.
	Policy string
	// Reminded is set when a notification said that the exemption ends soon.
	Reminded bool
	// ReturnedAt is when the finding was set to NEW; zero when it still waits. The entry is kept for a while,
	// because a delay counts from the first time that a finding asked.
	ReturnedAt time.Time
}

// ParkCause is why a finding is parked.
type ParkCause string

// The causes.
const (
	Exempted   ParkCause = "exempt"
	Asked      ParkCause = "ask"
	Delayed    ParkCause = "delay"
	Unreadable ParkCause = "policy unreadable" // the policy, or a fact that it depends on
)

const (
	// remindBefore is how long before the end of an exemption a notification announces it.
	remindBefore = 14 * 24 * time.Hour
	// parkedCheck is how often it is looked whether a parked finding still fails.
	parkedCheck = 7 * 24 * time.Hour
	// returnedFor is how long it is remembered when a finding first asked, after it was set to NEW.
	returnedFor = 24 * time.Hour
	// unreadableFor is when a policy or a fact is read again that could not be read.
	unreadableFor = 5 * time.Minute
	// mostParked limits a record, which DynamoDB takes up to 400 KB. Findings of a resource that exists once per
	// account come from every Region and standard. One that is dropped asks again at its next check.
	mostParked = 200
	ruleLimit  = 200 // characters that are kept of a rule's texts
)

// parked returns the entry of a finding, or nil.
func (r *Record) parked(id string) *Parked {
	if i := slices.IndexFunc(r.Parked, func(p Parked) bool { return p.Request.Ref.ID == id }); i >= 0 {
		return &r.Parked[i]
	}
	return nil
}

// unpark forgets findings.
func (r *Record) unpark(ids ...string) {
	r.Parked = slices.DeleteFunc(r.Parked, func(p Parked) bool { return slices.Contains(ids, p.Request.Ref.ID) })
}

// Waiting returns the findings that are parked for a cause, without those that were set to NEW.
func (r Record) Waiting(cause ParkCause) []Parked {
	var all []Parked
	for _, p := range r.Parked {
		if p.Cause == cause && p.ReturnedAt.IsZero() {
			all = append(all, p)
		}
	}
	return all
}

// WaitsAs reports whether another entry has the same finding wait for the same.
func (p Parked) WaitsAs(other Parked) bool {
	return other.Request.Ref.ID == p.Request.Ref.ID && other.ReturnedAt.IsZero() && other.Cause == p.Cause &&
		other.Rule == p.Rule && other.RuleEnds.Equal(p.RuleEnds)
}

// due is when the sweep should look at the entry.
func (p Parked) due() time.Time {
	if !p.ReturnedAt.IsZero() {
		return p.ReturnedAt.Add(returnedFor)
	}
	return p.Until
}

// ParkedToLookAt returns the findings that OnWake decides about again, so that somebody can look how they are now.
func (r Record) ParkedToLookAt(hash string, now time.Time) []Ref {
	var refs []Ref
	if x := r.Proposal; x.State != "" && !now.Before(x.ExpiresAt) {
		refs = r.Asked()
	}
	for _, p := range r.Parked {
		if p.needsLook(hash, now) {
			refs = append(refs, p.Request.Ref)
		}
	}
	return refs
}

// Asked returns the findings that wait for a person's answer.
func (r Record) Asked() []Ref { return refsOf(r.Waiting(Asked)) }

// DecidedByOther reports whether a finding is parked by another policy than that with a hash. One that waits
// because the policy or a fact cannot be read is looked at every few minutes anyway.
func (r Record) DecidedByOther(hash string) bool {
	return slices.ContainsFunc(r.Parked, func(p Parked) bool {
		return p.ReturnedAt.IsZero() && p.Cause != Unreadable && p.Policy != hash
	})
}

// dueParked reports whether there is something to do about a parked finding.
func (r Record) dueParked(hash string, now time.Time) bool {
	return slices.ContainsFunc(r.Parked, func(p Parked) bool { return p.needsLook(hash, now) })
}

// needsLook reports whether the entry's time has come, or another policy is in force. An empty hash stands for one that
// is not known.
func (p Parked) needsLook(hash string, now time.Time) bool {
	return !now.Before(p.due()) || p.ReturnedAt.IsZero() && hash != "" && p.Policy != hash
}

// park keeps a finding that may not start, and answers it, unless it has the same answer already.
func (d *decider) park(r Request, p Parked) {
	was := d.Record.parked(r.Ref.ID)
	if was != nil {
		r.AskedAt = earlier(r.AskedAt, was.Request.AskedAt)
		p.Reminded = was.Reminded && was.Rule == p.Rule && was.RuleEnds.Equal(p.RuleEnds)
	}
	r.AccountName = ""
	p.Request = r
	same := was != nil && p.WaitsAs(*was) && was.Request.Ref == r.Ref
	news := was == nil || was.Cause != p.Cause || was.Rule != p.Rule
	d.Record.unpark(r.Ref.ID)
	d.Record.Parked = append(d.Record.Parked, p)
	if extra := len(d.Record.Parked) - mostParked; extra > 0 {
		d.Record.Parked = slices.Delete(d.Record.Parked, 0, extra)
	}
	d.Save = true
	if p.Cause == Asked {
		d.propose(r, p)
	}
	if !same {
		u := notify([]Ref{r.Ref}, Clip(d.parkedText(p), noteLimit))
		if r.Trigger.ByPerson() {
			u.Workflow = "" // it may be RESOLVED, and nothing has come of the request
		}
		d.Announce = append(d.Announce, u)
	}
	if news {
		d.notifyParked(p)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// waitsForPolicy reports whether a finding is parked.
func (r Record) waitsForPolicy() bool {
	return slices.ContainsFunc(r.Parked, func(p Parked) bool { return p.ReturnedAt.IsZero() })
}

// notifyParked tells people of what has begun to wait and may need them. An exemption is what they wanted.
func (d *decider) notifyParked(p Parked) {
	kind, told := map[ParkCause]Kind{Delayed: RepairDelayed, Unreadable: PolicyUnreadable}[p.Cause]
	if told {
		d.Notifications = append(d.Notifications, d.parkedNotification(kind, p))
	}
	if p.Cause == Unreadable {
		d.Metrics = append(d.Metrics, MetricPolicyUnreadable)
	}
}

func (d *decider) parkedNotification(kind Kind, p Parked) Notification {
	return Notification{Kind: kind, Record: d.Record, Parked: p, Findings: []Ref{p.Request.Ref},
		Attempt: Attempt{Control: p.Request.Control, Trigger: p.Request.Trigger, By: p.Request.By,
			Reason: p.Reason, QueuedAt: p.Request.AskedAt, NotBefore: p.Until}}
}

// lookAtParked goes through the parked findings whose time has come.
func (d *decider) lookAtParked() {
	hash := d.gate.Policy.Hash
	for _, p := range slices.Clone(d.Record.Parked) {
		if p.needsLook(hash, d.now) && d.NeedsFact == "" {
			d.lookAt(p)
		}
	}
}

// lookAt decides again about a parked finding.
func (d *decider) lookAt(p Parked) {
	id := p.Request.Ref.ID
	seen, looked := d.seen[id]
	a := d.Record.Last()
	switch {
	case !p.ReturnedAt.IsZero() || a != nil && !a.ended() && a.hasFinding(p.Request.Ref):
		d.forget(id)
		return
	case looked && (seen.Workflow != finding.Notified || !seen.needsRepair(finding.Automatic)):
		d.forget(id) // it passed, or a person has it in hand
		return
	case !looked:
		return // another function looks now, or the next sweep does
	}
	now := d.consult(p.Request)
	if now.needs {
		return
	}
	switch {
	case now.cause == Unreadable:
		p.Until, d.Save = d.now.Add(unreadableFor), true
		*d.Record.parked(id) = p
	case now.cause == p.Cause && now.parked.Rule == p.Rule:
		d.goOnWaiting(p, now.parked)
	default:
		d.returnParked(p, seen)
	}
}

// returnParked sets a finding to NEW, so that it asks again. One that a repair of the target has answered meanwhile,
// whose check may not know of it, is RESOLVED.
func (d *decider) returnParked(p Parked, seen Seen) {
	r := p.Request
	r.Trigger, r.At, r.AsOf, r.Since = finding.Automatic, time.Time{}, seen.ObservedAt, seen.Since
	if repair, verified := d.Record.repairOf(r.Parameters); verified && d.checkedOldData(r, d.Record.Attempts[repair]) {
		d.keepResolved(r, &d.Record.Attempts[repair])
		d.forget(r.Ref.ID)
		return
	}
	if d.Record.Held() {
		d.answer(notify([]Ref{r.Ref}, heldNote(d.Record)))
		d.forget(r.Ref.ID)
		return
	}
	p.ReturnedAt, d.Save = d.now, true
	*d.Record.parked(r.Ref.ID) = p
	// Before the record is saved: without it nobody would ask again.
	d.answer(Update{Findings: []Ref{r.Ref}, Workflow: finding.New, Note: returnedNote(p)})
}

func (d *decider) forget(id string) {
	d.Record.unpark(id)
	d.Save = true
}

// goOnWaiting keeps a finding parked by the same rule, which may have changed, and tells people before an exemption
// ends.
func (d *decider) goOnWaiting(p, now Parked) {
	now.Request, now.Reminded = p.Request, p.Reminded && p.RuleEnds.Equal(now.RuleEnds)
	if ends := now.RuleEnds; now.Cause == Exempted && !ends.IsZero() && ends.Sub(d.now) <= remindBefore &&
		!now.Reminded {
		now.Reminded = true
		d.Notifications = append(d.Notifications, d.parkedNotification(ExemptionEnds, now))
	}
	if now.Cause == Exempted {
		now.Until = exemptUntil(now, d.now)
	}
	*d.Record.parked(p.Request.Ref.ID) = now
	d.Save = true
}

// exemptUntil is when an exempt finding is looked at again: when its end is to be announced, at the end, or to
// see whether it still fails.
func exemptUntil(p Parked, now time.Time) time.Time {
	until := now.Add(parkedCheck)
	if p.RuleEnds.IsZero() {
		return until
	}
	if remind := p.RuleEnds.Add(-remindBefore); !p.Reminded && remind.After(now) {
		return earlier(until, remind)
	}
	return earlier(until, p.RuleEnds)
}

// ruleTexts returns what an entry keeps of a rule.
func ruleTexts(r policy.Rule) Parked {
	return Parked{Rule: Line(r.Name, ruleLimit), Reason: Line(r.Reason, ruleLimit), Owner: Line(r.Owner, ruleLimit),
		Ticket: Line(r.Ticket, ruleLimit), RuleEnds: r.Until}
}
